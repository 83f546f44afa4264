"""When the model calls a tool of its own accord (`tool_choice: auto`): by rule, never by guess."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from itertools import chain
from typing import Any

from infra.local.offline_models.conversation import Message, Request, Tool
from infra.local.offline_models.instructions import instructions
from infra.local.offline_models.json_schema import fill
from infra.local.offline_models.prompt_reading import Prompt
from infra.local.offline_models.tool_arguments import (
    change_workout_plan,
    create_workout_plan,
    get_weather,
    log_workout,
    open_room,
    update_profile,
    webhook,
)
from infra.local.offline_models.tool_rule import Arguments, ToolRule

# In this order they are tried on an instruction: a room to plan a meal is a room.
TOOL_RULES: tuple[ToolRule, ...] = (
    get_weather.RULE,
    open_room.RULE,
    webhook.RULE,
    update_profile.RULE,
    log_workout.RULE,
    create_workout_plan.RULE,
    change_workout_plan.RULE,
)
_INJECTED = re.compile(r"\bCALL (\w+) (?=\{)")


@dataclass(frozen=True)
class Choice:
    """The calls to make, each a tool's name with its arguments; `needs` says what was missing for others."""

    calls: tuple[tuple[str, Arguments], ...] = ()
    needs: tuple[str, ...] = ()


def chosen_calls(asked: Request, prompt: Prompt, rules: Sequence[ToolRule] = TOOL_RULES) -> Choice:
    """The calls that the question asks for, or that the request demands.

    Only the question is read for instructions. Once the calls of a turn are answered, the model makes no others.
    """
    if not asked.tools or asked.tool_choice == "none":
        return Choice()
    if asked.named_tool:
        named = next(tool for tool in asked.tools if tool.name == asked.named_tool)
        ruled = _ruled([named], prompt, rules)
        return ruled if ruled.calls else _filled(named, prompt)
    choice = Choice() if prompt.results else _ruled(asked.tools, prompt, rules)
    if asked.tool_choice == "required" and not choice.calls:
        return _filled(asked.tools[0], prompt)
    return choice


def injected_calls(messages: Sequence[Message]) -> Choice:
    """Every `CALL tool {json}` that is found in the messages: what a model calls that does as any text says.

    Not those that it has made already.
    """
    made = [(call.name, _parsed(call.arguments)) for each in messages for call in each.calls]
    found = chain.from_iterable(_injected(unescape(message.text)) for message in messages)
    return Choice(tuple(call for call in found if call not in made))


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _injected(text: str) -> list[tuple[str, Arguments]]:
    calls: list[tuple[str, Arguments]] = []
    for match in _INJECTED.finditer(text):
        try:
            calls.append((match[1], json.JSONDecoder().raw_decode(text, match.end())[0]))
        except ValueError:
            continue
    return calls


def _ruled(tools: Sequence[Tool], prompt: Prompt, rules: Sequence[ToolRule]) -> Choice:
    """At most one call of each tool, made of all instructions for it."""
    schemas = {tool.name: tool.parameters for tool in tools}
    patterns = {rule.tool: rule.pattern for rule in rules if rule.tool in schemas}
    asked = instructions(prompt.question, patterns, {rule.tool for rule in rules if rule.takes_rest})
    calls: list[tuple[str, Arguments]] = []
    needs: list[str] = []
    for rule in (rule for rule in rules if rule.tool in schemas):
        if own := [instruction for instruction in asked if instruction.tool == rule.tool]:
            arguments = rule.arguments(own, prompt, schemas[rule.tool])
            if arguments is not None:
                calls.append((rule.tool, arguments))
            elif rule.needs:
                needs.append(rule.needs)
    return Choice(tuple(calls), tuple(needs))


def _filled(tool: Tool, prompt: Prompt) -> Choice:
    return Choice(((tool.name, fill(tool.parameters, prompt.question)),))
