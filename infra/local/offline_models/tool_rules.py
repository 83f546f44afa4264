"""When the model calls a tool of its own accord (`tool_choice: auto`): by rule, never by guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.offline_models.schemas import ChatRequest, NamedTool, Tool


@dataclass(frozen=True)
class ToolRule:
    """A question in which `pattern` is found calls the tool named `tool`, if the request offers it."""

    tool: str
    pattern: re.Pattern[str]


TOOL_RULES: tuple[ToolRule, ...] = ()


def chosen_tool(request: ChatRequest, question: str, rules: Sequence[ToolRule] = TOOL_RULES) -> Tool | None:
    """The tool to call: the one demanded, one that a rule asks for, or the first when one is required."""
    if not request.tools or request.tool_choice == "none":
        return None
    if isinstance(request.tool_choice, NamedTool):
        return request.tool_named(request.tool_choice.function.name)
    wanted = {rule.tool for rule in rules if rule.pattern.search(question)}
    asked_for = (tool for tool in request.tools if tool.function.name in wanted)
    return next(asked_for, request.tools[0] if request.tool_choice == "required" else None)
