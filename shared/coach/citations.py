"""Reads the model's answer, and keeps only citations that can be checked."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

FEWEST_WORDS = 2  # in a quote; a single word stands in every text and proves nothing
CITED = ("source", "title", "chunk_id", "version", "heading", "score")
# Some models put their JSON into a block of Markdown.
_FENCE = re.compile(r"^\s*```(?:json)?\s*|\s*```\s*$")


@dataclass(frozen=True)
class CoachAnswer:
    text: str
    citations: list[dict[str, Any]]
    dropped: int  # citations of the model that named no passage it had, or quoted what is not there


def read_answer(raw: str, passages: dict[str, dict[str, Any]]) -> CoachAnswer:
    """The answer in the model's (possibly cut) JSON. Servers without JSON schemas answer in plain text: so be it."""
    document = _parse(raw)
    if document is None:
        return CoachAnswer(_clean(raw), [], 0)
    answer = document.get("answer")
    claimed = document.get("citations")
    claimed = claimed if isinstance(claimed, list) else []
    checked = [checked for item in claimed if (checked := _check(item, passages))]
    return CoachAnswer(_clean(answer) if isinstance(answer, str) else "", checked, len(claimed) - len(checked))


def visible_text(raw: str) -> str:
    """What a user may see of an answer that is still coming."""
    if not raw.lstrip().startswith(("{", "`")):
        return _clean(raw)
    document = _parse(raw) or {}
    answer = document.get("answer")
    return _clean(answer) if isinstance(answer, str) else ""


def _clean(text: str) -> str:
    """Without the one character that PostgreSQL cannot hold."""
    return text.replace("\x00", "").strip()


def _parse(raw: str) -> dict[str, Any] | None:
    from jiter import from_json  # comes with openai

    try:
        document = from_json(_FENCE.sub("", raw).encode(), partial_mode="trailing-strings")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _check(item: Any, passages: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    passage = passages.get(str(item.get("passage_id")))
    quote = _folded(unescape(str(item.get("quote") or "")))
    if passage is None or len(quote.split()) < FEWEST_WORDS or quote not in _folded(passage["content"]):
        return None
    return {name: passage[name] for name in CITED} | {"quote": quote}


def _folded(text: str) -> str:
    return " ".join(text.split())
