"""Sends something to an endpoint that the operator allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.prompt_reading import Prompt
from infra.local.offline_models.tool_rule import Arguments, ToolRule

_NAME = r"(?<![\w.-])[\"']?((?!(?:to|the|my|an?|your|that|about|of|this)\b)[a-z](?:[\w.-]*\w)?)[\"']?"
_ASKED = re.compile(r"(?:send|post|push|notify|ping|trigger|call|tell)\b", re.IGNORECASE)
# Without a list of endpoints in the schema, a name counts only where it is called a webhook or an endpoint.
_NAMED = re.compile(rf"\b(?:webhook|endpoint) {_NAME}|{_NAME} (?:webhook|endpoint)\b", re.IGNORECASE)
_EVENT = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b")
_CONTENT = re.compile(r"(?:send|post|push)\s+(.+?)\s+to\b|\b(?:that|about|of|:)\s+(.+)", re.IGNORECASE | re.DOTALL)


def _arguments(asked: Sequence[Instruction], _prompt: Prompt, schema: Schema) -> Arguments | None:
    text = asked[0].text
    endpoint = _endpoint(text, schema)
    if endpoint is None:
        return None
    event = next((name for name in _EVENT.findall(text) if name != endpoint), "coach.message")
    content = _CONTENT.search(text)
    value = (content[1] or content[2] if content else text).strip(" .!")
    return {"endpoint": endpoint, "event": event, "data": [{"name": "text", "value": value[:500]}]}


def _endpoint(text: str, schema: Schema) -> str | None:
    names = list(_names(schema))
    if names:
        return next((name for name in names if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)), None)
    found = _NAMED.search(text)
    return next((name for name in found.groups() if name), None) if found else None


def _names(schema: Schema) -> Iterator[Any]:
    """The endpoints that the schema allows, where it lists them."""
    endpoint = schema.get("properties", {}).get("endpoint", {})
    definition = schema.get("$defs", {}).get(endpoint.get("$ref", "").rpartition("/")[2], endpoint)
    yield from definition.get("enum", [definition["const"]] if "const" in definition else [])


RULE = ToolRule("webhook", _ASKED, _arguments)
