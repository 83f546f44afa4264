"""Which tools the model calls of its own accord (`tool_choice: auto`), and with what: by its script, never by guess."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from infra.local.offline_models.conversation import Json, Message, Request, Tool
from infra.local.offline_models.pretend import script
from infra.local.offline_models.pretend.prompts import Prompt
from infra.local.offline_models.pretend.schema_filling import fill

_SENTENCE = re.compile(r"(?:[^.!?;\n]|[.!?;](?=\S))+")
_POLITE = re.compile(
    r"\A\W*(?:(?:please|and|then|also|now|so|but|ok|okay|hey|hi|hello|coach|just|can you|could you|"
    r"i'd like (?:you )?to)[\s,]+)*",
    re.IGNORECASE,
)
_INJECTED = re.compile(r"\bCALL (\w+) (?=\{)")


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
        scripted = _scripted([named], prompt)
        return scripted if scripted.calls else _filled(named, prompt)
    choice = Choice() if prompt.results else _scripted(request.tools, prompt)
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


def _filled(tool: Tool, prompt: Prompt) -> Choice:
    return Choice(((tool.name, fill(tool.parameters, prompt.question)),))


def _scripted(tools: Sequence[Tool], prompt: Prompt) -> Choice:
    """At most one call of each tool. What follows a room's task belongs to the task."""
    schemas = {tool.name: tool.parameters for tool in tools}
    calls: dict[str, Json] = {}
    needs: dict[str, str] = {}
    for text in _requests(prompt.question):
        asked = script.wanted(text)
        if asked and asked.tool in schemas and asked.tool not in calls:
            try:
                calls[asked.tool] = asked.arguments(prompt, schemas[asked.tool])
            except script.MissingError:
                needs[asked.tool] = asked.needs
        if asked and asked.tool == "open_room":
            break
    return Choice(tuple(calls.items()), tuple(text for name, text in needs.items() if text and name not in calls))


def _requests(question: str) -> Iterator[str]:
    """The question from each sentence on: a request begins one, so who asks how or denies makes none."""
    for sentence in _SENTENCE.finditer(question):
        yield _POLITE.sub("", question[sentence.start() :], count=1)
