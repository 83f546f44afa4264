import re
from typing import Any

import pytest

from infra.local.offline_models.schemas import ChatRequest
from infra.local.offline_models.tool_rules import ToolRule, chosen_tool

RULES = [ToolRule("open_room", re.compile(r"\bopen a room\b", re.IGNORECASE))]


def request(*tools: str, **fields: Any) -> ChatRequest:
    offered = [{"type": "function", "function": {"name": name}} for name in tools]
    messages = [{"role": "user", "content": "hi"}]
    return ChatRequest.model_validate({"model": "m", "messages": messages, "tools": offered, **fields})


@pytest.mark.parametrize(
    ("question", "tools", "choice", "called"),
    [
        ("Open a room for my diet", ("log_workout", "open_room"), "auto", "open_room"),
        ("Open a room for my diet", ("log_workout",), "auto", None),
        ("Open a room for my diet", ("open_room",), "none", None),
        ("Open a room for my diet", ("log_workout", "open_room"), "required", "open_room"),
        ("How deep should I squat?", ("log_workout", "open_room"), "auto", None),
        ("How deep should I squat?", ("log_workout", "open_room"), "required", "log_workout"),
    ],
)
def test_a_rule_calls_a_tool_that_is_offered_and_allowed(
    question: str, tools: tuple[str, ...], choice: str, called: str | None
) -> None:
    tool = chosen_tool(request(*tools, tool_choice=choice), question, RULES)
    assert (tool.function.name if tool else None) == called
