"""Builds the coach's prompt: the stable part first, so that providers cache it; then athlete, history, question."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from shared.llm import tokens

VERSION = "coach-3"
ROUNDS = 3  # calls of the model in one turn: two that may propose, one that answers
# Token budgets of the parts; with the answers they bound what a turn can cost, and so what it must reserve.
SYSTEM_TOKENS = 900
TOOLS_TOKENS = 2500
PROFILE_TOKENS = 1500
TRAINING_TOKENS = 2000
PROPOSALS_TOKENS = 800
HISTORY_TOKENS = 3000
PASSAGES_TOKENS = 4000
FRAMING_TOKENS = 300  # tags, roles, the schema
TOLD_TOKENS = 500  # of what the model is told about one of its calls
LESS = 0.25  # of the budgets of what is looked up, where a model could not read the whole
PROPOSED = ("action_type", "status", "decision", "decision_reason", "undone_at", "error_message", "preview")

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

    messages: list[dict[str, Any]]
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


@dataclass(frozen=True)
class Most:
    """The most tokens that a turn can use."""

    prompt: int
    answers: int


def most_tokens(question: str, answer_tokens: int) -> Most:
    """Every part at its budget, in every round; a later round also reads what was said in the ones before.

    `answer_tokens` are the most that a model may write in one round, thoughts included.
    """
    fixed = SYSTEM_TOKENS + TOOLS_TOKENS + PROFILE_TOKENS + TRAINING_TOKENS + PROPOSALS_TOKENS
    fixed += HISTORY_TOKENS + PASSAGES_TOKENS + FRAMING_TOKENS + tokens.count(escape(question, quote=False))
    said_before = sum(range(ROUNDS)) * (answer_tokens + 3 * TOLD_TOKENS)
    return Most(ROUNDS * fixed + said_before, ROUNDS * answer_tokens)


def build(
    question: str,
    athlete: Mapping[str, Any],
    actions: Sequence[dict[str, Any]],
    history: Sequence[dict[str, Any]],
    passages: Sequence[dict[str, Any]],
    share: float = 1.0,
) -> Prompt:
    """Put the parts into order, each within its budget: older turns and lower-ranked passages give way.

    `share` of the budgets of training, history and passages, for a model that cannot read all.
    `athlete` is profile, plan and workouts, `actions` the earlier proposals of the session, as the database gives them.
    """
    known = {name: value for name, value in (athlete["profile"] or {}).items() if value}
    turns = _newest_turns(history, int(HISTORY_TOKENS * share))
    chosen = _best_passages(passages, int(PASSAGES_TOKENS * share))
    messages = [
        {"role": "system", "content": system_text()},
        {"role": "system", "content": _athlete_text(known, athlete, int(TRAINING_TOKENS * share))},
        *({"role": message["role"], "content": message["content"]} for message in turns),
        {"role": "user", "content": _proposals_text(actions) + _question_text(question, chosen)},
    ]
    return Prompt(messages, sorted(known), chosen, len(turns))


def told(result: Mapping[str, Any]) -> str:
    """What the model is told about a call, as JSON within its budget: a preview that is too long is left out."""
    whole = json.dumps(result, ensure_ascii=False)
    if tokens.count(whole) <= TOLD_TOKENS:
        return whole
    return tokens.truncate(json.dumps(_without_preview(result), ensure_ascii=False), TOLD_TOKENS)


def shorter(cut: str) -> list[dict[str, Any]]:
    """What an answer that reached its limit is answered with, behind what there was of it."""
    told = (
        "Your answer did not fit and was cut off. Give the whole answer again, in the same JSON, in half as many words."
        if cut
        else "There was no room left for an answer. Answer now, in the JSON that was asked for, in few words."
    )
    said = [{"role": "assistant", "content": cut}] if cut else []
    return [*said, {"role": "user", "content": told}]


def _athlete_text(profile: dict[str, Any], athlete: Mapping[str, Any], training_tokens: int) -> str:
    workouts = list(athlete["workouts"])
    while workouts and tokens.count(_json({"plan": athlete["plan"], "workouts": workouts})) > training_tokens:
        workouts.pop()  # the oldest
    training = _json({"plan": athlete["plan"], "workouts": workouts})
    return "\n".join(
        [
            f"<profile>\n{tokens.truncate(_json(profile), PROFILE_TOKENS)}\n</profile>",
            f"<training>\n{tokens.truncate(training, training_tokens)}\n</training>",
            f"<today>{datetime.now(UTC).date()}</today>",
        ]
    )


def _proposals_text(actions: Sequence[dict[str, Any]]) -> str:
    """What became of earlier proposals, the newest ones where not all fit."""
    shown = [{name: action[name] for name in PROPOSED if action[name] is not None} for action in actions]
    if tokens.count(_json(shown)) > PROPOSALS_TOKENS:
        shown = [_without_preview(action) for action in shown]
    while shown and tokens.count(_json(shown)) > PROPOSALS_TOKENS:
        shown.pop(0)
    return f"<proposals>\n{_json(shown)}\n</proposals>\n" if shown else ""


def _without_preview(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in document.items() if name != "preview"}


def _json(value: Any) -> str:
    """Escaped, so that no text can close the tag it stands in and pose as another part."""
    return escape(json.dumps(value, ensure_ascii=False), quote=False)


def _newest_turns(history: Sequence[dict[str, Any]], left: int) -> list[dict[str, Any]]:
    """Whole turns only: an answer without its question, or the reverse, misleads a model."""
    turns = [list(messages) for _, messages in groupby(history, key=lambda message: message["turn_id"])]
    kept: list[dict[str, Any]] = []
    for turn in reversed(turns):
        left -= sum(message["token_count"] for message in turn)
        if left < 0 or turn[0]["role"] != "user":
            break
        kept = turn + kept
    return kept


def _best_passages(passages: Sequence[dict[str, Any]], left: int) -> dict[str, dict[str, Any]]:
    chosen: dict[str, dict[str, Any]] = {}
    for passage in passages:
        key = f"p{len(chosen) + 1}"
        left -= tokens.count(_shown(key, passage))
        if left < 0:
            break
        chosen[key] = passage
    return chosen


def _shown(key: str, passage: dict[str, Any]) -> str:
    title, heading = escape(passage["title"]), escape(passage["heading"] or "")
    content = escape(passage["content"], quote=False)
    return f'<passage id="{key}" title="{title}" heading="{heading}">\n{content}\n</passage>'


def _question_text(question: str, passages: dict[str, dict[str, Any]]) -> str:
    shown = "\n".join(_shown(key, passage) for key, passage in passages.items())
    return f"<passages>\n{shown}\n</passages>\n<question>\n{escape(question, quote=False)}\n</question>"
