"""Builds the coach's prompt: the stable part first, so that providers cache it; then profile, history, question."""

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from shared.llm import tokens

VERSION = "coach-1"
# Token budgets of the parts; with the answer's they bound what a turn can cost, and so what it must reserve.
SYSTEM_TOKENS = 600
PROFILE_TOKENS = 1500
HISTORY_TOKENS = 3000
PASSAGES_TOKENS = 4000
FRAMING_TOKENS = 300  # tags, roles, the schema
ANSWER_TOKENS = 1500

ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "answer": {"type": "string"},
        "citations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"passage_id": {"type": "string"}, "quote": {"type": "string"}},
                "required": ["passage_id", "quote"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["answer", "citations"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Prompt:
    """The messages for the model, and what went into them."""

    messages: list[dict[str, str]]
    profile_fields: list[str]
    passages: dict[str, dict[str, Any]]  # by the short id under which the model knows them
    history_used: int


@functools.cache
def system_text() -> str:
    return Path(__file__).with_name("coach.md").read_text(encoding="utf-8")


@functools.cache
def prompt_hash() -> str:
    """Changes whenever the template or the answer's schema does."""
    material = system_text() + json.dumps(ANSWER_SCHEMA, sort_keys=True)
    return hashlib.sha256(material.encode()).hexdigest()[:16]


def reserve_tokens(question: str) -> int:
    """The most tokens a turn can use: every part at its budget, the question both as told and as embedded."""
    fixed = SYSTEM_TOKENS + PROFILE_TOKENS + HISTORY_TOKENS + PASSAGES_TOKENS + FRAMING_TOKENS + ANSWER_TOKENS
    return fixed + tokens.count(escape(question, quote=False)) + tokens.count(question)


def build(
    question: str,
    profile: dict[str, Any] | None,
    history: Sequence[dict[str, Any]],
    passages: Sequence[dict[str, Any]],
) -> Prompt:
    """Put the parts into order, each within its budget: older turns and lower-ranked passages give way."""
    known = {name: value for name, value in (profile or {}).items() if value}
    turns = _newest_turns(history)
    chosen = _best_passages(passages)
    messages = [{"role": "system", "content": system_text()}]
    if known:
        rendered = tokens.truncate(escape(json.dumps(known, ensure_ascii=False), quote=False), PROFILE_TOKENS)
        messages.append({"role": "system", "content": f"<profile>\n{rendered}\n</profile>"})
    messages += [{"role": message["role"], "content": message["content"]} for message in turns]
    messages.append({"role": "user", "content": _question_text(question, chosen)})
    return Prompt(messages, sorted(known), chosen, len(turns))


def _newest_turns(history: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whole turns only: an answer without its question, or the reverse, misleads a model."""
    turns = [list(messages) for _, messages in groupby(history, key=lambda message: message["turn_id"])]
    kept: list[dict[str, Any]] = []
    left = HISTORY_TOKENS
    for turn in reversed(turns):
        left -= sum(message["token_count"] for message in turn)
        if left < 0 or turn[0]["role"] != "user":
            break
        kept = turn + kept
    return kept


def _best_passages(passages: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    chosen: dict[str, dict[str, Any]] = {}
    left = PASSAGES_TOKENS
    for passage in passages:
        key = f"p{len(chosen) + 1}"
        left -= tokens.count(_shown(key, passage))
        if left < 0:
            break
        chosen[key] = passage
    return chosen


def _shown(key: str, passage: dict[str, Any]) -> str:
    """Escaped, so that no text can close the tag it stands in and pose as another part."""
    title, heading = escape(passage["title"]), escape(passage["heading"] or "")
    content = escape(passage["content"], quote=False)
    return f'<passage id="{key}" title="{title}" heading="{heading}">\n{content}\n</passage>'


def _question_text(question: str, passages: dict[str, dict[str, Any]]) -> str:
    shown = "\n".join(_shown(key, passage) for key, passage in passages.items())
    return f"<passages>\n{shown}\n</passages>\n<question>\n{escape(question, quote=False)}\n</question>"
