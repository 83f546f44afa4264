"""Asking the model's rules for a call, as the coach's tools are offered to a real one."""

from datetime import date
from typing import Any

from infra.local.offline_models.conversation import Message, Request, Tool
from infra.local.offline_models.prompt_reading import Prompt
from infra.local.offline_models.protocol import chat_requests
from infra.local.offline_models.tool_rules import Choice, chosen_calls
from shared.actions import tools
from shared.actions.registry import TYPES
from tests.unit.offline_models.prompts import PLAN, PROFILE, TODAY

OFFERED = [chat_requests.plain_tool(chat_requests.Tool.model_validate(tools._tool(name)).function) for name in TYPES]  # noqa: SLF001 - whatever a deployment offers


def chosen(question: str, offered: list[Tool] = OFFERED, **known: Any) -> Choice:
    context = {"profile": PROFILE, "plan": PLAN, "today": date.fromisoformat(TODAY), **known}
    asked = Request("m", (Message("user", question),), tuple(offered))
    return chosen_calls(asked, Prompt(question, **context))


def payload(tool: str, question: str, **known: Any) -> dict[str, Any]:
    """The arguments of the one call, every property of the strict schema given, as the application reads them."""
    ((name, arguments),) = chosen(question, **known).calls
    assert name == tool
    schema = next(each.parameters for each in OFFERED if each.name == tool)
    assert set(arguments) == set(schema["required"])
    read: dict[str, Any] = TYPES[tool].payload.model_validate(arguments).model_dump(mode="json")
    return read
