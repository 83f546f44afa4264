"""Builds the prompts of a room's agents. What users and documents say is escaped, so that it stays inside its tag."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from shared.knowledge.queries import Passage
from shared.llm import tokens
from shared.llm.request import Message
from shared.rooms.schemas import ROLES, Role
from shared.rooms.work import AgentFile, TaskWork

PLAN_TOKENS = 4000  # eight briefs of some 300; what is thought before has room of its own
ANSWER_TOKENS = 6000  # a file of some 4,000 words comes as one call
REVIEW_TOKENS = 3000
FILE_TOKENS = 6000  # of one file, as an agent or the reviewer reads it
REVIEWED_TOKENS = 24_000  # of all files together
TEMPLATES = Path(__file__).with_name("templates")

PLAN_CUT = "It was cut off before its end: fewer tasks, shorter briefs."
REVIEW_AGAIN = "Your review was cut off or is no JSON of the given schema. Give it again, with reasons of a few words."
SHORTER = "Your answer was too long and was cut off; nothing of it was done. Do less in one call."

_REMINDER = "These deliverables are not written yet:"
_CUT_OFF = "\n[cut off]"


def _object(**properties: Message) -> Message:
    """A strict schema: every property is required, no others are allowed."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Message) -> Message:
    return {"type": "array", "items": items}


_TEXT = {"type": "string"}
_ROLE = {"type": "string", "enum": list(ROLES)}
PLAN_SCHEMA = _object(
    criteria=_list(_TEXT),
    tasks=_list(_object(key=_TEXT, role=_ROLE, brief=_TEXT, deliverables=_list(_TEXT), depends_on=_list(_TEXT))),
)
REVIEW_SCHEMA = _object(
    criteria=_list(_object(criterion=_TEXT, met={"type": "boolean"}, reason=_TEXT)),
    repairs=_list(_object(role=_ROLE, brief=_TEXT, deliverables=_list(_TEXT))),
)


@functools.cache
def text_of(part: str) -> str:
    """One of the templates."""
    return (TEMPLATES / f"{part}.md").read_text(encoding="utf-8")


@functools.cache
def prompt_hash() -> str:
    """Changes whenever a template or a schema does."""
    parts = ("orchestrator", "agent", "researcher", "writer", "coder", "reviewer")
    material = "".join(map(text_of, parts)) + json.dumps([PLAN_SCHEMA, REVIEW_SCHEMA], sort_keys=True)
    return hashlib.sha256(material.encode()).hexdigest()[:16]


def planning(request: str, roles: Sequence[Role], types: Sequence[str], files: Sequence[AgentFile]) -> list[Message]:
    return [
        _system(text_of("orchestrator")),
        user(
            tag("roles", ", ".join(roles)),
            tag("types", ", ".join(types)),
            file_list(files),
            tag("request", request),
        ),
    ]


def faults_of_plan(said: str, faults: Sequence[str]) -> list[Message]:
    """What an invalid plan is answered with, behind the plan itself."""
    text = "This plan is not valid. Answer with a corrected one.\n" + _lines(faults)
    return [{"role": "assistant", "content": said}, user(text)]


def working(work: TaskWork) -> list[Message]:
    task = work.task
    return [
        _system(f"{text_of('agent')}\n{text_of(task.role)}"),
        user(
            tag("request", work.room.task_prompt),
            file_list([file for file in work.files if file.status == "published"]),
            *(tag("instructions", text) for text in work.steer),
            tag("deliverables", "\n".join(task.deliverables)),
            tag("brief", task.brief),
        ),
    ]


def reviewing(
    request: str, criteria: Sequence[str], contents: Mapping[str, str], problems: Sequence[str]
) -> list[Message]:
    """`contents` are the texts of the files by their names; what does not fit is named without its text."""
    shown: list[str] = []
    left = REVIEWED_TOKENS
    for name, text in contents.items():
        part = file_text(name, text if left > 0 else "(not shown: too much altogether)")
        left -= tokens.count(part)
        shown.append(part)
    return [
        _system(text_of("reviewer")),
        user(
            "<files>\n{}\n</files>".format("\n".join(shown)),
            tag("problems", _lines(problems)),
            tag("criteria", _lines(criteria)),
            tag("request", request),
        ),
    ]


def missing(names: Sequence[str]) -> Message:
    """Said once to an agent that thinks it is done."""
    text = f"{_REMINDER} {', '.join(names)}. Write them now, or say why that is impossible."
    return user(text)


def is_reminder(message: Message) -> bool:
    return message["role"] == "user" and str(message["content"]).startswith(_REMINDER)


def cut_off(text: str) -> Message:
    """What is kept of an answer that reached its limit."""
    return {"role": "assistant", "content": text + _CUT_OFF}


def is_cut_off(message: Message) -> bool:
    return str(message["content"] or "").endswith(_CUT_OFF)


def instruct(texts: Sequence[str]) -> Message:
    """The owner's words, in the middle of the work."""
    return user(*(tag("instructions", text) for text in texts))


def count_instructions(message: Message) -> int:
    """How many of the owner's words are in it."""
    return str(message["content"]).count("<instructions>") if message["role"] == "user" else 0


def file_list(files: Sequence[AgentFile]) -> str:
    rows = [f"{file.filename} ({file.size} bytes): {file.description or ''}" for file in files]
    return tag("files", "\n".join(rows))


def file_text(name: str, text: str) -> str:
    shown = tokens.truncate(text, FILE_TOKENS)
    cut = ' cut="true"' if len(shown) < len(text) else ""
    return f'<file name="{escape(name)}"{cut}>\n{escape(shown, quote=False)}\n</file>'


def passages(found: Sequence[Passage]) -> str:
    shown = [
        f'<passage title="{escape(each.title)}" heading="{escape(each.heading or "")}">\n'
        f"{escape(each.content, quote=False)}\n</passage>"
        for each in found
    ]
    return "<passages>\n{}\n</passages>".format("\n".join(shown))


def tag(name: str, text: str) -> str:
    """Escaped, so that no text can close the tag it stands in and pose as another part."""
    return f"<{name}>\n{escape(text, quote=False)}\n</{name}>"


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _system(text: str) -> Message:
    return {"role": "system", "content": text}


def user(*parts: str) -> Message:
    return {"role": "user", "content": "\n".join(part for part in parts if part)}
