"""When the model calls a tool of its own accord (`tool_choice: auto`), and with what: by rule, never by guess."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from infra.local.offline_models.conversation import Json, Message, Request, Tool
from infra.local.offline_models.pretend import arguments
from infra.local.offline_models.pretend.arguments import Read
from infra.local.offline_models.pretend.instructions import instructions
from infra.local.offline_models.pretend.prompts import Prompt
from infra.local.offline_models.pretend.schema_filling import fill

_FIELDS = r"(?:profile|goals?|experience|level|equipment|gear|time|availability|schedule|injur\w+)\b"
_KIND = r"(?:(?!meal|diet|nutrition|eating|food)[\w'-]+\s+){0,9}?"
_INJECTED = re.compile(r"\bCALL (\w+) (?=\{)")


@dataclass(frozen=True)
class _Rule:
    """How an instruction for a tool begins, what reads its arguments, what the user is told if they are not there."""

    begins: str
    read: Read
    needs: str = ""


# In this order they are tried on an instruction: a room to plan a meal is a room.
_RULES = {
    "open_room": _Rule(
        arguments.ROOM,
        arguments.room,
        'To open a room I need its task, such as "open a room to compare three running plans".',
    ),
    "webhook": _Rule(r"(?:send|post|push|notify|ping|trigger|call|tell)\b", arguments.webhook),
    "update_profile": _Rule(
        rf"(?:set|change|update|make|replace|edit) (?:my|the) (?:training |workout |weekly |main |new )?{_FIELDS}|"
        rf"(?:add|remove|clear|empty|note|record|save|put|log|mark) .{{0,60}}?\b{_FIELDS}",
        arguments.profile,
        'To change your profile I need the field and what it should say, such as "set my goal to a first pull-up".',
    ),
    "log_workout": _Rule(
        r"(?:log|record|track|save)\b|(?:write|note|put|jot)\b.{0,40}\bdown\b|"
        r"add (?:it|this|that|my workout|these) to my (?:log|diary|journal)\b",
        arguments.workout,
        'To log a workout I need its exercises, such as "squat 3x5 at 60 kg, 45 minutes".',
    ),
    "create_workout_plan": _Rule(
        r"(?:(?:make|create|write|build|design|give|propose|prepare|draft|generate|set up|put together)\s+|"
        rf"i(?:'d| would)? (?:need|want|like)\s+){_KIND}(?:plan|program(?:me)?|routine)\b",
        arguments.plan,
    ),
    "change_workout_plan": _Rule(
        r"(?:increase|raise|lower|reduce|decrease|bump|change|set|put)\s.+\d|"
        r"(?:remove|drop|delete|take)\s|add\s.+\b(?:to|in)\b",
        arguments.plan_changes,
        'I found nothing in your plan to change by that. Name an exercise of it, such as "add a set to my squats".',
    ),
}


@dataclass(frozen=True)
class Choice:
    """The calls to make, each a tool's name with its arguments; `needs` says what was missing for others."""

    calls: tuple[tuple[str, Json], ...] = ()
    needs: tuple[str, ...] = ()


def chosen_calls(request: Request, prompt: Prompt) -> Choice:
    """The calls that the question asks for, or that the request demands.

    Only the question is read for instructions. Once the calls of a turn are answered, the model makes no others.
    """
    if not request.tools or request.tool_choice == "none":
        return Choice()
    if request.named_tool:
        named = next(tool for tool in request.tools if tool.name == request.named_tool)
        ruled = _ruled([named], prompt)
        return ruled if ruled.calls else _filled(named, prompt)
    choice = Choice() if prompt.results else _ruled(request.tools, prompt)
    if request.tool_choice == "required" and not choice.calls:
        return _filled(request.tools[0], prompt)
    return choice


def injected_calls(messages: Sequence[Message]) -> Iterator[tuple[str, Json]]:
    """Every `CALL tool {json}` that stands in the messages and was not made yet: a gullible model obeys any text."""
    made = {(call.name, _canonical(call.arguments)) for message in messages for call in message.calls}
    for text in (unescape(message.text) for message in messages):
        for found in _INJECTED.finditer(text):
            try:
                given, _ = json.JSONDecoder().raw_decode(text, found.end())
            except ValueError:
                continue
            if (found[1], json.dumps(given, sort_keys=True)) not in made:
                yield found[1], given


def _canonical(given: str) -> str:
    try:
        return json.dumps(json.loads(given), sort_keys=True)
    except ValueError:
        return given


def _ruled(tools: Sequence[Tool], prompt: Prompt) -> Choice:
    """At most one call of each tool, made of all instructions for it."""
    schemas = {tool.name: tool.parameters for tool in tools}
    verbs = {name: re.compile(rule.begins, re.IGNORECASE) for name, rule in _RULES.items() if name in schemas}
    asked = instructions(prompt.question, verbs, last="open_room")
    calls: list[tuple[str, Json]] = []
    needs: list[str] = []
    for name in verbs:
        if own := [instruction for instruction in asked if instruction.tool == name]:
            given = _RULES[name].read(own, prompt, schemas[name])
            calls += [(name, given)] if given is not None else []
            needs += [_RULES[name].needs] if given is None and _RULES[name].needs else []
    return Choice(tuple(calls), tuple(needs))


def _filled(tool: Tool, prompt: Prompt) -> Choice:
    return Choice(((tool.name, fill(tool.parameters, prompt.question)),))
