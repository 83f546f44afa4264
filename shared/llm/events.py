"""Reads the events of a streamed answer, or the one body of a server that does not stream.

openai's own reader takes whatever it is told for JSON; servers also send comments, pings, a byte order mark, and JSON
under the name of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

import json
from collections.abc import Iterator
from typing import Any

from shared.llm.errors import ModelError

MOST_BODY = 8 * 1024 * 1024  # bytes of an answer that does not stream
_DONE = "[DONE]"


def events_of(response: Any) -> Iterator[Any]:
    """Each event as its JSON. Raises ModelError (model_malformed), and ValueError for JSON that breaks off."""
    lines = response.iter_lines()
    for line in lines:
        text = line.lstrip("\ufeff")
        if text.lstrip().startswith(("{", "[")):
            yield _body(text, lines)
            return
        name, _, data = text.partition(":")
        data = data.strip()
        if name == "data" and data.startswith(_DONE):
            return
        # A ping has a word for its data, or nothing.
        if name == "data" and data.startswith(("{", "[")):
            yield json.loads(data)
        elif text.lstrip().startswith("<"):
            raise ModelError(code="model_malformed")


def _body(first: str, lines: Iterator[str]) -> Any:
    parts, size = [first], len(first)
    for line in lines:
        parts.append(line)
        size += len(line)
        if size > MOST_BODY:
            raise ModelError(code="model_malformed")
    said = json.loads("\n".join(parts))
    if not isinstance(said, dict):
        raise ModelError(code="model_malformed")
    return said
