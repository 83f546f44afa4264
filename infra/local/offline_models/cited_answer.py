"""Answers in a JSON schema: `answer` and `citations` are quoted, the rest is filled by rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.local.offline_models.extractive import Quote
from infra.local.offline_models.json_schema import Filler, Schema, fill


def in_schema(schema: Schema, question: str, answer: str, quotes: Sequence[Quote]) -> Any:
    """`answer` comes first, so that a client can show it while the rest is still streaming."""
    filled = fill(schema, question)
    citation = _citation(schema)
    if citation is None:
        return filled
    rest = {name: part for name, part in filled.items() if name not in ("answer", "citations")}
    filler = Filler(schema, question)
    citations = [{**filler.value(citation), **_cited(quote)} for quote in quotes]
    return {"answer": answer, **rest, "citations": citations}


def cited(answer: str, quotes: Sequence[Quote]) -> dict[str, Any]:
    """The same where the prompt alone asks for JSON."""
    return {"answer": answer, "citations": [_cited(quote) for quote in quotes]}


def _cited(quote: Quote) -> dict[str, str]:
    return {"passage_id": quote.passage_id, "quote": quote.text}


def _citation(schema: Schema) -> Schema | None:
    """The schema of one citation, if `schema` asks for an answer with citations at all."""
    filler = Filler(schema, "")
    parts = filler.resolved(schema).get("properties", {})
    answer, citations = (filler.resolved(parts.get(name, {})) for name in ("answer", "citations"))
    if answer.get("type") != "string" or citations.get("type") != "array":
        return None
    citation = filler.resolved(citations.get("items", {}))
    fields = citation.get("properties", {})
    strings = [filler.resolved(fields.get(name, {})).get("type") for name in ("passage_id", "quote")]
    return citation if strings == ["string", "string"] else None
