"""What of a conversation a model reads again: its newest turns, and a summary of what came before them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.coach.turn.work import HistoryMessage, TurnWork
from shared.llm import tokens
from shared.llm.providers import candidates

MOST_TOKENS = 20_000  # fifty messages of 400: a long evening's conversation, for two cents in a thousand turns
SHARE_OF_CONTEXT = 6  # a model with less room for all reads that part of it
# When a summary is due: what is not in it yet comes near to what a prompt holds of it.
DUE_MESSAGES, DUE_TOKENS = 40, 17_000


@dataclass(frozen=True)
class History:
    """Whole turns, oldest first."""

    messages: list[HistoryMessage]
    is_cut: bool = False  # the newest turn was longer than the budget


def token_budget() -> int:
    """For the messages of a conversation, so that each model that may be asked can read them."""
    contexts = [model.figures.context for model in candidates("coach")]
    return min(MOST_TOKENS, min(contexts, default=MOST_TOKENS) // SHARE_OF_CONTEXT)


def newest_turns(history: Sequence[HistoryMessage], budget: int) -> History:
    """Whole turns only: an answer without its question, or the reverse, misleads a model.

    The newest one is never left out, as "make that shorter" is about it: it is cut where it is too long.
    """
    turns = list(_turns(history))
    kept: list[HistoryMessage] = []
    left = budget
    for turn in reversed(turns):
        left -= sum(message.token_count for message in turn)
        if turn[0].role == "assistant" or (left < 0 and kept):
            break
        if left < 0:
            return History(_cut(turn, budget), is_cut=True)
        kept = turn + kept
    return History(kept)


def _turns(history: Sequence[HistoryMessage]) -> Iterator[list[HistoryMessage]]:
    """Each with the results of rooms that came before the next one; those before the first by themselves."""
    turn: list[HistoryMessage] = []
    results: list[HistoryMessage] = []
    for message in history:
        if message.role == "system":
            results.append(message)
            continue
        if (turn and message.turn_id != turn[0].turn_id) or (results and not turn):
            yield turn + results
            turn, results = [], []
        turn.append(message)
    if turn or results:
        yield turn + results


def is_summary_due(work: TurnWork) -> bool:
    """Whether so much was said since the last summary that soon a prompt will not hold it."""
    since = [each for each in work.history if work.summary_until is None or each.created_at > work.summary_until]
    return len(since) >= DUE_MESSAGES or sum(message.token_count for message in since) >= DUE_TOKENS


def _cut(turn: Sequence[HistoryMessage], budget: int) -> list[HistoryMessage]:
    """The shortest message first: what it does not need is for the longer ones."""
    cut = {}
    for left, message in zip(range(len(turn), 0, -1), sorted(turn, key=lambda each: each.token_count), strict=True):
        text = tokens.truncate(message.content, budget // left)
        cut[message.id] = message.model_copy(update={"content": text})
        budget -= min(message.token_count, budget // left)
    return [cut[message.id] for message in turn]
