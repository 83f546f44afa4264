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

from pydantic import JsonValue

from shared.actions.action import Action
from shared.coach.schemas import Message as ChatMessage
from shared.coach.turn.queries import TurnWork
from shared.knowledge.queries import Passage
from shared.llm import tokens
from shared.llm.request import Message
from shared.platform.text import JsonObject
from shared.safety.situation import StoredAthlete

VERSION = "coach-3"
MAX_ROUNDS = 3  # calls of the model in one turn: two that may propose, one that answers
# Token budgets of the parts; with the answers they bound what a turn can cost, and so what it must reserve. The tests
# measure that the fixed ones are enough; of the others so much is worth reading for one answer.
SYSTEM_TOKENS = 900
TOOLS_TOKENS = 2500
PROFILE_TOKENS = 1500  # 6,000 characters, three pages about oneself
TRAINING_TOKENS = 2000  # a plan, and some ten workouts
PROPOSALS_TOKENS = 800  # ten decisions, the most that there are, without previews
HISTORY_TOKENS = 3000  # ten questions with answers of 250 tokens
PASSAGES_TOKENS = 4000  # six chunks of the knowledge base
FRAMING_TOKENS = 300  # tags, roles, the schema
RESULT_TOKENS = 500  # of what the model is told about one of its calls: a preview of some 20 lines
# Of the budgets of what is looked up, where a model could not read the whole: 2,250 tokens beside 6,000 of fixed parts.
REDUCED_SHARE = 0.25
PROPOSED = ("action_type", "status", "decision", "decision_reason", "undone_at", "error_message", "preview")
TEXT: Message = {"type": "string"}


def strict_object(**properties: Message) -> Message:
    """The JSON schema of an object as strict mode wants it: all of these, and no others."""
    schema: Message = {"type": "object", "properties": properties, "required": list(properties)}
    return schema | {"additionalProperties": False}


CITATION_SCHEMA = strict_object(passage_id=TEXT, quote=TEXT)
ANSWER_SCHEMA = strict_object(answer=TEXT, citations={"type": "array", "items": CITATION_SCHEMA})


@dataclass(frozen=True)
class Prompt:
    """The messages for the model, and what went into them."""

    messages: list[Message]
    profile_fields: list[str]
    passages: dict[str, Passage]  # by the short id under which the model knows them
    history_used: int


@functools.cache
def system_text() -> str:
    return Path(__file__).with_name("prompt.md").read_text(encoding="utf-8")


@functools.cache
def prompt_hash() -> str:
    """Changes whenever the template or the answer's schema does."""
    material = system_text() + json.dumps(ANSWER_SCHEMA, sort_keys=True)
    return hashlib.sha256(material.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class TokenBudget:
    """The most tokens that a turn can use."""

    prompt: int
    answers: int


def max_turn_tokens(question: str, answer_tokens: int) -> TokenBudget:
    """Every part at its budget, in every round; a later round also reads what was said in the ones before.

    `answer_tokens` are the most that a model may write in one round, thoughts included.
    """
    fixed = SYSTEM_TOKENS + TOOLS_TOKENS + PROFILE_TOKENS + TRAINING_TOKENS + PROPOSALS_TOKENS
    fixed += HISTORY_TOKENS + PASSAGES_TOKENS + FRAMING_TOKENS + tokens.count(escape(question, quote=False))
    said_before = sum(range(MAX_ROUNDS)) * (answer_tokens + 3 * RESULT_TOKENS)
    return TokenBudget(MAX_ROUNDS * fixed + said_before, MAX_ROUNDS * answer_tokens)


def build_prompt(work: TurnWork, share: float = 1.0) -> Prompt:
    """Put the parts into order, each within its budget: older turns and lower-ranked passages give way.

    `share` of the budgets of training, history and passages, for a model that cannot read all.
    """
    profile = {name: value for name, value in (work.athlete.profile or {}).items() if value}
    history = _newest_turns(work.history, int(HISTORY_TOKENS * share))
    passages = _best_passages(work.passages, int(PASSAGES_TOKENS * share))
    messages: list[Message] = [
        {"role": "system", "content": system_text()},
        {"role": "system", "content": _athlete_text(profile, work.athlete, int(TRAINING_TOKENS * share))},
        *({"role": message.role, "content": message.content} for message in history),
        {"role": "user", "content": _proposals_text(work.actions) + _question_text(work.question, passages)},
    ]
    return Prompt(messages, sorted(profile), passages, len(history))


def tool_result(result: JsonObject) -> str:
    """What became of a call, as JSON within its budget: a preview that is too long is left out."""
    whole = json.dumps(result, ensure_ascii=False)
    if tokens.count(whole) <= RESULT_TOKENS:
        return whole
    return tokens.truncate(json.dumps(_without_preview(result), ensure_ascii=False), RESULT_TOKENS)


def ask_shorter(cut: str) -> list[Message]:
    """What an answer that reached its limit is answered with, behind what there was of it."""
    request = (
        "Your answer did not fit and was cut off. Give the whole answer again, in the same JSON, in half as many words."
        if cut
        else "There was no room left for an answer. Answer now, in the JSON that was asked for, in few words."
    )
    said = [{"role": "assistant", "content": cut}] if cut else []
    return [*said, {"role": "user", "content": request}]


def _athlete_text(profile: JsonObject, athlete: StoredAthlete, training_tokens: int) -> str:
    workouts = list(athlete.workouts)
    while workouts and tokens.count(_training(athlete.plan, workouts)) > training_tokens:
        workouts.pop()  # the oldest
    return "\n".join(
        [
            f"<profile>\n{tokens.truncate(_json(profile), PROFILE_TOKENS)}\n</profile>",
            f"<training>\n{tokens.truncate(_training(athlete.plan, workouts), training_tokens)}\n</training>",
            f"<today>{datetime.now(UTC).date()}</today>",
        ]
    )


def _training(plan: JsonValue, workouts: Sequence[JsonValue]) -> str:
    return _json({"plan": plan, "workouts": workouts})


def _proposals_text(proposals: Sequence[Action]) -> str:
    """What became of earlier proposals, the newest ones where not all fit."""
    dumped = [proposal.model_dump(mode="json", include=set(PROPOSED)) for proposal in proposals]
    shown: list[JsonObject] = [{name: each[name] for name in PROPOSED if each[name] is not None} for each in dumped]
    if tokens.count(_json(shown)) > PROPOSALS_TOKENS:
        shown = [_without_preview(proposal) for proposal in shown]
    while shown and tokens.count(_json(shown)) > PROPOSALS_TOKENS:
        shown.pop(0)
    return f"<proposals>\n{_json(shown)}\n</proposals>\n" if shown else ""


def _without_preview(document: JsonObject) -> JsonObject:
    return {name: part for name, part in document.items() if name != "preview"}


def _json(value: object) -> str:
    """Escaped, so that no text can close the tag it stands in and pose as another part."""
    return escape(json.dumps(value, ensure_ascii=False), quote=False)


def _newest_turns(history: Sequence[ChatMessage], left: int) -> list[ChatMessage]:
    """Whole turns only: an answer without its question, or the reverse, misleads a model."""
    turns = [list(messages) for _, messages in groupby(history, key=lambda message: message.turn_id)]
    kept: list[ChatMessage] = []
    for turn in reversed(turns):
        left -= sum(message.token_count for message in turn)
        if left < 0 or turn[0].role != "user":
            break
        kept = turn + kept
    return kept


def _best_passages(passages: Sequence[Passage], left: int) -> dict[str, Passage]:
    chosen: dict[str, Passage] = {}
    for passage in passages:
        key = f"p{len(chosen) + 1}"
        left -= tokens.count(_passage_text(key, passage))
        if left < 0:
            break
        chosen[key] = passage
    return chosen


def _passage_text(key: str, passage: Passage) -> str:
    title, heading = escape(passage.title), escape(passage.heading or "")
    content = escape(passage.content, quote=False)
    return f'<passage id="{key}" title="{title}" heading="{heading}">\n{content}\n</passage>'


def _question_text(question: str, passages: Mapping[str, Passage]) -> str:
    shown = "\n".join(_passage_text(key, passage) for key, passage in passages.items())
    return f"<passages>\n{shown}\n</passages>\n<question>\n{escape(question, quote=False)}\n</question>"
