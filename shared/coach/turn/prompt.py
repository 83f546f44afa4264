"""Builds the coach's prompt: the stable part first, so that providers cache it; then athlete, history, question."""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from shared.actions.action import Action
from shared.actions.training import as_data, today_text, training_text
from shared.coach.turn.history import newest_turns
from shared.coach.turn.work import HistoryMessage, TurnWork
from shared.knowledge.passages import PASSAGES_TOKENS, best, passages_text
from shared.knowledge.queries import Passage
from shared.llm import tokens
from shared.llm.request import Message
from shared.llm.strict_schema import TEXT, strict_object
from shared.platform.text import JsonObject
from shared.safety.situation import StoredAthlete
from shared.safety.verdict import VERDICT_SCHEMA

VERSION = "coach-7"
MAX_ROUNDS = (
    4  # calls of the model in one turn: three that may look up and propose, one that answers; one may mend that
)
# Token budgets of the parts; with the answers they bound what a turn can cost, and so what it must reserve. The tests
# measure that the fixed ones are enough; of the others so much is worth reading for one answer.
SYSTEM_TOKENS = 1500
TOOLS_TOKENS = 4000
PROFILE_TOKENS = 1500  # 6,000 characters, three pages about oneself
TRAINING_TOKENS = 1500  # twelve weeks in a digest
PLAN_TOKENS = 1300  # six sessions of seven exercises
PROPOSALS_TOKENS = 800  # ten decisions, the most that there are, without previews
MEMORIES_TOKENS = 1500  # some sixty facts; of more the newest
SUMMARY_TOKENS = 800  # 400 words in any language
FRAMING_TOKENS = 300  # tags, roles, the schema
MEND_TOKENS = 800  # of what the model is told about statements that may not be shown: six or so
LOOKUP_TOKENS = 8000  # of all that a turn looks up: four results
RESULT_TOKENS = 500  # of what the model is told about one of its calls: a preview of some 20 lines
# Of the budgets of what is looked up, where a model could not read the whole: 2,250 tokens beside 6,000 of fixed parts.
REDUCED_SHARE = 0.25
PROPOSED = ("action_type", "status", "decision", "decision_reason", "undone_at", "error_message", "preview")
NOTHING_FOUND = "none: the knowledge base has nothing on this question"
CITATION_SCHEMA = strict_object(passage_id=TEXT, quote=TEXT)
ANSWER_SCHEMA = strict_object(
    urgent=VERDICT_SCHEMA,  # first, so that nothing is shown before it is known
    answer=TEXT,
    citations={"type": "array", "items": CITATION_SCHEMA},
)


@dataclass(frozen=True)
class Prompt:
    """The messages for the model, and what went into them."""

    messages: list[Message]
    profile_fields: list[str]
    passages: dict[str, Passage]  # by the short id under which the model knows them
    history_used: int

    def origin(self, work: TurnWork, model: str) -> JsonObject:
        """Where proposals made from it come from: a user must be able to see whether a document was in play."""
        shown = {"chunk_id", "source", "title", "version", "content"}
        return {
            "question_id": str(work.question_id),
            "turn_id": str(work.turn.id),
            "model": model,
            "prompt_version": VERSION,
            "prompt_hash": prompt_hash(),
            "passages": [passage.model_dump(mode="json", include=shown) for passage in self.passages.values()],
        }


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


def max_turn_tokens(question: str, answer_tokens: int, history_tokens: int) -> TokenBudget:
    """Every part at its budget, in every round; a later round also reads what was said in the ones before.

    `history_tokens` are those of the conversation so far that a prompt takes up.

    `answer_tokens` are the most that a model may write in one round, thoughts included. The last answer may have to be
    mended: that call reads it, the question and the rules of the house alone.
    """
    asked = tokens.count(escape(question, quote=False))
    fixed = SYSTEM_TOKENS + TOOLS_TOKENS + PROFILE_TOKENS + TRAINING_TOKENS + PLAN_TOKENS + PROPOSALS_TOKENS
    fixed += MEMORIES_TOKENS + SUMMARY_TOKENS + history_tokens + PASSAGES_TOKENS + FRAMING_TOKENS + asked
    said_before = sum(range(MAX_ROUNDS)) * (answer_tokens + 3 * RESULT_TOKENS) + (MAX_ROUNDS - 1) * LOOKUP_TOKENS
    mending = SYSTEM_TOKENS + FRAMING_TOKENS + asked + answer_tokens + MEND_TOKENS
    return TokenBudget(MAX_ROUNDS * fixed + said_before + mending, (MAX_ROUNDS + 1) * answer_tokens)


def build_prompt(work: TurnWork, history_tokens: int, share: float = 1.0) -> Prompt:
    """Put the parts into order, each within its budget: older turns and lower-ranked passages give way.

    `share` of the budgets of training, history and passages, for a model that cannot read all.
    """
    profile = {name: value for name, value in (work.athlete.profile or {}).items() if value}
    history = newest_turns(work.history, int(min(history_tokens, _tokens_of(work.history)) * share)).messages
    passages = best(work.passages, int(PASSAGES_TOKENS * share))
    asked = _signs_text(work.suspicion) + _question_text(work.question)
    found = _passages_text(passages, searched=work.searched)
    messages: list[Message] = [
        {"role": "system", "content": system_text()},
        {"role": "system", "content": _athlete_text(profile, work.athlete, share)},
        *_summary_messages(work.summary),
        *map(_said, history),
        {"role": "user", "content": _proposals_text(work.actions) + found + asked},
    ]
    return Prompt(messages, sorted(profile), passages, len(history))


def _tokens_of(history: Sequence[HistoryMessage]) -> int:
    return sum(message.token_count for message in history)


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


def ask_mend(question: str, answer: str, request: str) -> list[Message]:
    """All that a model needs for putting its own answer right: `request` says what is wrong with it."""
    told = f"Answer in the same JSON, with the citations of what stays.\n{request}"
    return [
        {"role": "system", "content": system_text()},
        {"role": "user", "content": _question_text(question)},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": tokens.truncate(told, MEND_TOKENS)},
    ]


def _athlete_text(profile: JsonObject, athlete: StoredAthlete, share: float) -> str:
    training = training_text(athlete, int(PLAN_TOKENS * share), int(TRAINING_TOKENS * share))
    return "\n".join(
        [
            f"<profile>\n{tokens.truncate(as_data(profile), PROFILE_TOKENS)}\n</profile>",
            f"<memories>\n{_newest_memories(athlete.memories)}\n</memories>",
            f"<training>\n{training}\n</training>",
            f"<today>{today_text(athlete)}</today>",
        ]
    )


def _newest_memories(memories: Sequence[str]) -> str:
    """As a list in JSON, within its budget."""
    kept = list(memories)
    while tokens.count(as_data(kept)) > MEMORIES_TOKENS:
        kept = kept[len(kept) // 8 + 1 :]
    return as_data(kept)


def _summary_messages(summary: str | None) -> list[Message]:
    """Nothing where nothing came before the history."""
    return [{"role": "system", "content": f"<summary>\n{escape(summary, quote=False)}\n</summary>"}] if summary else []


def _said(message: HistoryMessage) -> Message:
    """As it was said; what a room has made is data, since models wrote its names and its issues."""
    if message.role == "system":
        return {"role": "system", "content": f"<room>\n{escape(message.content, quote=False)}\n</room>"}
    return {"role": message.role, "content": message.content}


def _proposals_text(proposals: Sequence[Action]) -> str:
    """What became of earlier proposals, the newest ones where not all fit."""
    dumped = [proposal.model_dump(mode="json", include=set(PROPOSED)) for proposal in proposals]
    shown: list[JsonObject] = [{name: each[name] for name in PROPOSED if each[name] is not None} for each in dumped]
    if tokens.count(as_data(shown)) > PROPOSALS_TOKENS:
        shown = [_without_preview(proposal) for proposal in shown]
    while shown and tokens.count(as_data(shown)) > PROPOSALS_TOKENS:
        shown.pop(0)
    return f"<proposals>\n{as_data(shown)}\n</proposals>\n" if shown else ""


def _without_preview(document: JsonObject) -> JsonObject:
    return {name: part for name, part in document.items() if name != "preview"}


def _passages_text(passages: Mapping[str, Passage], *, searched: bool) -> str:
    """Not there where nothing was searched for; and where nothing was found, in so many words."""
    if not searched:
        return ""
    return f"<passages>\n{passages_text(passages) or NOTHING_FOUND}\n</passages>\n"


def _signs_text(kind: str | None) -> str:
    """What a classifier suspects, which errs and does not decide: the model's verdict has to look at it."""
    if not kind:
        return ""
    said = f'The app\'s classifier, which often errs, finds signs of {kind} in the question. Judge them for "urgent".'
    return f"<signs>\n{said}\n</signs>\n"


def _question_text(question: str) -> str:
    return f"<question>\n{escape(question, quote=False)}\n</question>"
