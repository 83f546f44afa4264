"""Asking the model's rules for a call, as the coach's tools are offered to a real one."""

from typing import Any

from infra.local.offline_models.conversation import Message, Request, Tool
from infra.local.offline_models.pretend.prompts import Prompt
from infra.local.offline_models.pretend.proposals import Choice, chosen_calls
from infra.local.offline_models.protocol import chat_requests
from shared.actions import tools
from shared.actions.registry import TYPES
from tests.unit.offline_models.pretend.stage import PLAN, PROFILE, known

OFFERED = [chat_requests.Tool.model_validate(tools._tool(name)).function.plain() for name in TYPES]  # noqa: SLF001 - whatever a deployment offers


def chosen(question: str, offered: list[Tool] = OFFERED, **other: Any) -> Choice:
    context: dict[str, Any] = {"profile": PROFILE, "plan": PLAN} | other
    text = str(known(context["profile"], context["plan"])["content"])
    messages = (Message("system", text), Message("user", question))
    return chosen_calls(Request("m", messages, tuple(offered)), Prompt(messages))


def payload(tool: str, question: str, **known: Any) -> dict[str, Any]:
    """The arguments of the one call, every property of the strict schema given, as the application reads them."""
    ((name, arguments),) = chosen(question, **known).calls
    assert name == tool
    schema = next(each.parameters for each in OFFERED if each.name == tool)
    assert set(arguments) == set(schema["required"])
    read: dict[str, Any] = TYPES[tool].payload.model_validate(arguments).model_dump(mode="json")
    return read
