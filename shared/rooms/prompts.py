"""Builds the prompts of a room's agents. What users and documents say is escaped, so that it stays inside its tag."""

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shared.actions.training import today_text, training_text
from shared.llm import tokens
from shared.llm.request import Message
from shared.llm.strict_schema import TEXT, strict_object
from shared.rooms.prompt_parts import file_list, file_text, tag
from shared.rooms.schemas import ROLES, Role
from shared.rooms.work import AgentFile, Said, TaskWork
from shared.safety.situation import StoredAthlete
from shared.safety.verdict import VERDICT_SCHEMA

PLAN_TOKENS = 4000  # eight briefs of some 300; what is thought before has room of its own
ANSWER_TOKENS = 6000  # a file of some 4,000 words comes as one call
REVIEW_TOKENS = 3000
PROFILE_TOKENS = 1500  # 6,000 characters, as a coach reads of it
MEMORIES_TOKENS = 500  # some twenty facts
FOLLOWED_TOKENS = 800  # of the athlete's plan, and of the log: less than a coach reads, an agent can look up the rest
LOG_TOKENS = 800
CONVERSATION_TOKENS = 400  # of the words that led to a room: a question and its answer, and what was said before them
REVIEWED_TOKENS = 24_000  # of all files together
TEMPLATES = Path(__file__).with_name("templates")

PLAN_CUT = "It was cut off before its end: fewer tasks, shorter briefs."
REVIEW_AGAIN = "Your review was cut off or is no JSON of the given schema. Give it again, with reasons of a few words."
SHORTER = "Your answer was too long and was cut off; nothing of it was done. Do less in one call."

NOTHING_NEW = (
    "Your last calls brought nothing new. Do not make them again: write down what you have, say in the file what was "
    "not found, and end."
)
SPEAKERS = {"user": "User", "assistant": "Coach"}
_MEND = "Written without what is not safe, to be mended or confirmed: "
_REMINDER = "These deliverables are not written yet:"
_CUT_OFF = "\n[cut off]"


def _list(items: Message) -> Message:
    return {"type": "array", "items": items}


_ROLE = {"type": "string", "enum": list(ROLES)}
PLAN_SCHEMA = strict_object(
    urgent=VERDICT_SCHEMA,
    criteria=_list(TEXT),
    tasks=_list(strict_object(key=TEXT, role=_ROLE, brief=TEXT, deliverables=_list(TEXT), depends_on=_list(TEXT))),
)
REVIEW_SCHEMA = strict_object(
    criteria=_list(strict_object(criterion=TEXT, met={"type": "boolean"}, reason=TEXT, file=TEXT)),
    repairs=_list(strict_object(role=_ROLE, brief=TEXT, deliverables=_list(TEXT))),
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


def planning(
    asked: Sequence[str],
    roles: Sequence[Role],
    types: Sequence[str],
    files: Sequence[AgentFile],
    owner: StoredAthlete,
    said: Sequence[Said] = (),
) -> list[Message]:
    return [
        _system(text_of("orchestrator")),
        user(
            tag("roles", ", ".join(roles)),
            tag("types", ", ".join(types)),
            athlete(owner),
            conversation(said),
            file_list(files),
            *_asked(asked),
        ),
    ]


def conversation(said: Sequence[Said]) -> str:
    """The words that led to the room, the newest where not all fit."""
    lines = [f"{SPEAKERS[each.role]}: {each.content}" for each in said]
    while len(lines) > 1 and tokens.count("\n".join(lines)) > CONVERSATION_TOKENS:
        lines.pop(0)
    return tag("conversation", tokens.truncate("\n".join(lines), CONVERSATION_TOKENS)) if lines else ""


def _asked(texts: Sequence[str]) -> Iterator[str]:
    """The request, and what its owner asks for now that it has been done."""
    yield tag("request", texts[0])
    yield from (tag("follow_up", text) for text in texts[1:])


def athlete(owner: StoredAthlete) -> str:
    """Whom the work is for: profile, what is remembered of them, plan and log, and what day it is for them."""
    known = {name: value for name, value in (owner.profile or {}).items() if value not in (None, "", [], {})}
    parts = [tokens.truncate(json.dumps(known, ensure_ascii=False), PROFILE_TOKENS)] if known else []
    if owner.memories:
        parts.append(_lines(tokens.truncate("\n".join(owner.memories), MEMORIES_TOKENS).splitlines()))
    told = tag("athlete", "\n".join(parts)) if parts else ""
    if owner.plan or owner.workouts:
        told += f"\n<training>\n{training_text(owner, FOLLOWED_TOKENS, LOG_TOKENS)}\n</training>"
    return f"{told}\n<today>{today_text(owner)}</today>".strip()


def faults_of_plan(said: str, faults: Sequence[str]) -> list[Message]:
    """What an invalid plan is answered with, behind the plan itself."""
    text = "This plan is not valid. Answer with a corrected one.\n" + _lines(faults)
    return [{"role": "assistant", "content": said}, user(text)]


def working(work: TaskWork) -> list[Message]:
    task = work.task
    return [
        _system(f"{text_of('agent')}\n{text_of(task.role)}"),
        user(
            athlete(work.athlete),
            conversation(work.room.conversation),
            *_asked(work.room.asked),
            file_list([file for file in work.files if file.status == "published"]),
            *(tag("instructions", text) for text in work.steer),
            tag("deliverables", "\n".join(task.deliverables)),
            tag("brief", task.brief),
        ),
    ]


def reviewing(
    asked: Sequence[str], criteria: Sequence[str], contents: Mapping[str, str], problems: Sequence[str]
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
            *_asked(asked),
        ),
    ]


def nothing_new() -> Message:
    """Said to an agent that goes in circles, before it is given up."""
    return user(NOTHING_NEW)


def is_nothing_new(message: Message) -> bool:
    return message["role"] == "user" and str(message["content"]) == NOTHING_NEW


def missing(names: Sequence[str]) -> Message:
    """Said once to an agent that thinks it is done."""
    text = f"{_REMINDER} {', '.join(names)}. Write them now, or say why that is impossible."
    return user(text)


def is_reminder(message: Message) -> bool:
    return message["role"] == "user" and str(message["content"]).startswith(_REMINDER)


def mend(name: str, request: str) -> str:
    """What is said of a file of which something was left out, or is suspected."""
    return f"{_MEND}{name}\n{request}"


def asked_to_mend(messages: Sequence[Message]) -> set[str]:
    """The files of which that was said."""
    told = (str(message["content"]) for message in messages if message["role"] == "tool")
    return {text.removeprefix(_MEND).partition("\n")[0] for text in told if text.startswith(_MEND)}


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


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _system(text: str) -> Message:
    return {"role": "system", "content": text}


def user(*parts: str) -> Message:
    return {"role": "user", "content": "\n".join(part for part in parts if part)}
