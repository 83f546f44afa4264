"""Every kind of request that the product makes, as the JSON that each model of the catalogue is sent.

`python -m tests.unit.shared.llm.request_bodies` writes them to bodies/, one file a model.
"""

import json
import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.actions.tools import tools
from shared.coach import titles
from shared.coach.turn import prompt
from shared.llm.call import DIALECTS
from shared.llm.catalogue import catalogue
from shared.llm.providers import Model
from shared.llm.request import Request
from shared.platform.process import forget
from shared.platform.secrets import known_secrets
from shared.rooms import prompts as room_prompts
from shared.rooms.tools import tools_for
from tests.support.room_work import athlete, task_work

FOLDER = Path(__file__).with_name("bodies")
USER = UUID("8f14e45f-ceea-467f-a0e6-1d3a5e0f4c11")
ENVIRONMENT = {"OPENAI_API_KEY_PARAMETER": "/openai-key", "WEBHOOK_ENDPOINTS": ""}  # as deployed by default
ASKED: list[dict[str, Any]] = [
    {"role": "system", "content": "You are the fitness coach."},
    {"role": "user", "content": "Log my run."},
]
PLANNED = room_prompts.planning(["Write a plan."], ["writer"], [".md"], [], athlete())


def chat_models() -> list[str]:
    return [name for name, figures in catalogue().items() if figures.most_output > 0]


def model_of(name: str) -> Model:
    return Model("Gemini" if name.startswith("gemini") else "OpenAI", name)


def requests_of(model: Model) -> dict[str, Request]:
    """By what is asked for; a small tool stands for all, so that the files can be read."""
    known = [tool for tool in tools() if tool["function"]["name"] == "update_profile"]
    return {
        "coach": Request(ASKED, 2500, USER, known, prompt.ANSWER_SCHEMA),
        "coach_after_a_call": Request([*ASKED, *_called(model)], 2500, USER, known, prompt.ANSWER_SCHEMA),
        "coach_last_round": Request([*ASKED, *_called(model)], 2500, USER, (), prompt.ANSWER_SCHEMA),
        "coach_shorter": Request([*ASKED, *prompt.ask_shorter("{")], 2500, USER, (), prompt.ANSWER_SCHEMA, "none"),
        "title": Request(titles.title_prompt("Why?"), titles.MAX_TOKENS, USER, (), titles.SCHEMA, "none"),
        "plan": Request(PLANNED, room_prompts.PLAN_TOKENS, USER, (), room_prompts.PLAN_SCHEMA),
        "agent": Request(
            [*ASKED, *_called(model)], room_prompts.ANSWER_TOKENS, USER, tools_for(task_work(), has_files=True)[1:2]
        ),
    }


def all_tools(model: Model) -> dict[str, Request]:
    """The same with every tool that there is, too long for a file."""
    return {
        "coach": Request(ASKED, 2500, USER, tools(), prompt.ANSWER_SCHEMA),
        "agent": Request(
            [*ASKED, *_called(model)], room_prompts.ANSWER_TOKENS, USER, tools_for(task_work(), has_files=True)
        ),
        "review": Request(ASKED, room_prompts.REVIEW_TOKENS, USER, (), room_prompts.REVIEW_SCHEMA),
    }


def body_of(model: Model, request: Request) -> dict[str, Any]:
    body: dict[str, Any] = DIALECTS[model.dialect].body(model, request)
    return body


def _called(model: Model) -> list[dict[str, Any]]:
    """What a model of the provider said with a call in it, as a transcript keeps it, and what came of that."""
    call: dict[str, Any] = {"id": "call_1", "type": "function", "function": {"name": "list_files", "arguments": "{"}}
    said: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [call]}
    if model.provider == "Gemini":
        call["extra_content"] = {"google": {"thought_signature": "c2lnbmVk"}}
    return [said, {"role": "tool", "tool_call_id": "call_1", "content": ""}]


def text_of(name: str) -> str:
    model = model_of(name)
    bodies = {kind: body_of(model, request) for kind, request in requests_of(model).items()}
    return json.dumps(bodies, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> None:
    os.environ |= ENVIRONMENT
    forget()
    known_secrets()["/openai-key"] = (time.monotonic(), "sk-for-tests-only")
    FOLDER.mkdir(exist_ok=True)
    for name in chat_models():
        (FOLDER / f"{name}.json").write_text(text_of(name))


if __name__ == "__main__":
    main()
