"""Reads what a model server sent, in either dialect, as it came: what the product made of it is compared with this."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Envelope:
    """One answer. `is_cut`: it ended at a limit, the request's or the context's."""

    text: str = ""
    calls: dict[str, str] = field(default_factory=dict)  # arguments, as they came, by the call's place or id
    is_cut: bool = False

    @property
    def has_whole_answer(self) -> bool:
        """Whether the JSON that was asked for came to its end, whatever was cut behind it."""
        try:
            document, _ = json.JSONDecoder().raw_decode(self.text.lstrip())
        except ValueError:
            return False
        return isinstance(document, dict) and "answer" in document

    @property
    def broken_calls(self) -> int:
        """Calls whose arguments are no JSON object."""
        return sum(not _is_object(arguments) for arguments in self.calls.values())


def read_envelope(asked: Json, answered: bytes, context: int) -> Envelope:
    """`asked` is the request, `answered` the whole body; `context` the tokens that prompt and answer have together."""
    documents = list(_documents(answered))
    return _read_items(asked, documents, context) if "input" in asked else _read_chunks(documents)


def _documents(answered: bytes) -> Iterator[Json]:
    """Of a stream each event's data; of another answer the whole."""
    lines = answered.decode(errors="replace").splitlines()
    streamed = [line.removeprefix("data:") for line in lines if line.startswith("data:")]
    for text in streamed or ["\n".join(lines)]:
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict):
            yield document


def _read_chunks(documents: list[Json]) -> Envelope:
    text, calls, finish = "", dict[str, str](), ""
    for choice in (choice for document in documents for choice in document.get("choices") or ()):
        said = choice.get("delta") or choice.get("message") or {}
        text += said.get("content") or ""
        for place, piece in enumerate(said.get("tool_calls") or ()):
            key = str(piece.get("index", place))
            calls[key] = calls.get(key, "") + (piece["function"].get("arguments") or "")
        finish = choice.get("finish_reason") or finish
    return Envelope(text, calls, finish == "length")


def _read_items(asked: Json, documents: list[Json], context: int) -> Envelope:
    """By the last event, which has the whole: a server may call a cut answer complete, its count tells."""
    ended = documents[-1].get("response", documents[-1]) if documents else {}
    output, usage = ended.get("output") or [], ended.get("usage") or {}
    parts = [part for item in output for part in item.get("content") or ()]
    calls = {str(n): item["arguments"] for n, item in enumerate(output) if item.get("type") == "function_call"}
    limited = usage.get("output_tokens", 0) >= asked.get("max_output_tokens", context)
    full = usage.get("total_tokens", 0) >= context
    text = "".join(str(part.get("text") or "") for part in parts)
    return Envelope(text, calls, ended.get("status") == "incomplete" or limited or full)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
