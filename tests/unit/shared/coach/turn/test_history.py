"""Which messages of a conversation a model reads again."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.coach.schemas import Role
from shared.coach.turn import history
from shared.coach.turn.history import is_summary_due, newest_turns
from shared.coach.turn.work import HistoryMessage
from shared.llm import tokens
from tests.support.coach import NOW, message, work


def words(count: int) -> str:
    return "word " * (count - 1) + "word"


def turns(*sizes: int) -> list[HistoryMessage]:
    """Of these sizes in tokens, half of which are the answer."""
    roles: tuple[Role, ...] = ("user", "assistant")
    return [message(role, words(size // 2), UUID(int=n)) for n, size in enumerate(sizes) for role in roles]


def test_a_long_answer_is_there_for_make_that_shorter() -> None:
    asked = [message("user", words(700)), message("assistant", words(2400))]
    assert newest_turns(asked, history.MOST_TOKENS).messages == asked


def test_fifty_messages_of_an_evening_are_all_told() -> None:
    said = turns(*[800] * 25)
    assert newest_turns(said, history.MOST_TOKENS).messages == said


@given(st.lists(st.integers(2, 400), min_size=1, max_size=12), st.integers(40, 900))
def test_what_is_told_are_the_newest_whole_turns_within_the_budget(sizes: list[int], budget: int) -> None:
    said = turns(*sizes)
    told = newest_turns(said, budget)
    assert sum(tokens.count(each.content) for each in told.messages) <= budget
    assert len(told.messages) % 2 == 0
    assert len(told.messages) >= 2
    assert [each.id for each in told.messages] == [each.id for each in said[-len(told.messages) :]]
    assert told.is_cut or told.messages == said[-len(told.messages) :]


def test_of_a_turn_that_is_too_long_the_question_stays_whole_and_the_answer_begins() -> None:
    told = newest_turns([message("user", words(20)), message("assistant", words(500))], 100)
    assert [tokens.count(each.content) for each in told.messages] == [20, 80]
    assert told.is_cut


# ----------------------------------------------------------------------------------------------------- results of rooms
def result(content: str = "Plan my week") -> HistoryMessage:
    return message("system", content).model_copy(update={"turn_id": None})


def test_what_a_room_has_made_is_told_where_it_was_made() -> None:
    first, second = turns(20, 20)[:2], turns(20, 20)[2:]
    said = [*first, result(), *second]
    assert newest_turns(said, history.MOST_TOKENS).messages == said


def test_a_result_in_the_middle_of_a_turn_comes_behind_it() -> None:
    question, answer = turns(20)
    assert newest_turns([question, result(), answer], history.MOST_TOKENS).messages == [question, answer, result()]


def test_a_result_before_all_questions_is_told_too() -> None:
    said = [result(), *turns(20, 20)]
    assert newest_turns(said, history.MOST_TOKENS).messages == said
    assert newest_turns([result()], history.MOST_TOKENS).messages == [result()]


def test_a_result_goes_with_the_turn_before_it_where_not_all_fits() -> None:
    first, second = turns(20, 20)[:2], turns(20, 20)[2:]
    assert newest_turns([*first, result(), *second], 25).messages == second


@pytest.mark.parametrize(
    ("model", "budget"),
    [("openai:gpt-6-luna", history.MOST_TOKENS), ("openai:nobody-knows-it", 8192 // history.SHARE_OF_CONTEXT)],
)
def test_a_model_that_reads_little_is_told_less(monkeypatch: pytest.MonkeyPatch, model: str, budget: int) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("COACH_MODEL", model)
    assert history.token_budget() == budget


@pytest.mark.parametrize(
    ("sizes", "seen", "due"),
    [
        ([20] * 19, 0, False),
        ([20] * 20, 0, True),
        ([2000] * 9, 0, True),
        ([2000] * 8, 0, False),
        ([20] * 24, 10, False),
    ],
)
def test_a_summary_is_due_before_a_prompt_cannot_hold_what_it_lacks(sizes: list[int], seen: int, due: bool) -> None:
    said = [
        each.model_copy(update={"created_at": NOW + timedelta(minutes=place)})
        for place, each in enumerate(turns(*sizes))
    ]
    until = said[seen - 1].created_at if seen else None
    assert is_summary_due(work(history=said, summary="So far." if seen else None, summary_until=until)) is due
