"""What has ended, as the spans that a collector is told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.platform.otlp import Span
from shared.upkeep.span_queries import EndedWork
from shared.upkeep.spans import spans

BEGAN = datetime(2026, 11, 29, 12, tzinfo=UTC)
TURN, ROOM, TASK, OTHER = (UUID(int=number) for number in (1, 2, 3, 4))


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def told(**ended: dict[str, Any]) -> dict[str, Span]:
    """The spans of one thing of each kind, by their names."""
    kinds: dict[str, list[Any]] = {"turns": [], "rooms": [], "tasks": [], "documents": []}
    found = spans(EndedWork.model_validate(kinds | {kind: [each] for kind, each in ended.items()}))
    assert len({span.id for span in found}) == len(found)
    return {span.name: span for span in found}


def seconds(span: Span) -> tuple[float, float]:
    """From when to when, since the beginning of all."""
    return (span.started_at - BEGAN).total_seconds(), (span.ended_at - BEGAN).total_seconds()


def call(model: str, begun: float, milliseconds: int, first: int | None) -> dict[str, Any]:
    asked = {"provider": "OpenAI", "model": model, "started_at": at(begun), "milliseconds": milliseconds}
    return asked | {"first_token_ms": first, "prompt_tokens": 900, "completion_tokens": 40, "finish_reason": "stop"}


def turn(**more: Any) -> dict[str, Any]:
    row = {"id": str(TURN), "status": "completed", "error_code": None, "started_at": at(0), "ended_at": at(5)}
    stages = [{"stage": "started", "at": at(0)}, {"stage": "settled", "at": at(5)}]
    return row | {"stages": stages, "receipt": None} | more


def test_a_turn_is_a_trace_of_its_own_id_in_which_each_model_that_was_asked_has_its_place() -> None:
    receipt = {"calls": [call("a", 0.5, 1000, None), call("b", 2, 2500, 300)], "tokens": 1880, "cost": 0.002}
    receipt |= {"received_at": at(-0.2)}  # its question was embedded before there was a turn
    found = told(turns=turn(receipt=receipt | {"prompt_version": "coach-6", "chunks": [{}, {}]}))

    assert {span.trace for span in found.values()} == {TURN.hex}
    assert {name: seconds(span) for name, span in found.items()} == {
        "turn": (-0.2, 5), "begin": (-0.2, 0.5), "chat a": (0.5, 1.5), "chat b": (2, 4.5), "finish": (4.5, 5),
    }  # fmt: skip
    whole = found.pop("turn")
    assert whole.parent == ""
    assert {span.parent for span in found.values()} == {whole.id}
    assert whole.attributes["hercules.passages"] == 2
    assert [event.name for event in whole.events] == ["started", "settled"]
    assert found["chat b"].attributes == {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "b",
        "gen_ai.usage.input_tokens": 900, "gen_ai.usage.output_tokens": 40, "hercules.cached_tokens": 0,
        "hercules.finish_reason": "stop",
    }  # fmt: skip
    assert [(event.name, event.at) for event in found["chat b"].events] == [
        ("first token", BEGAN + timedelta(seconds=2.3))
    ]


def test_a_turn_that_failed_is_its_own_span_with_the_code() -> None:
    found = told(turns=turn(status="failed", error_code="model_timeout"))

    assert {name: span.error for name, span in found.items()} == {"turn": "model_timeout"}


def test_a_turn_that_was_answered_in_the_background_is_told_from_its_own_beginning_on() -> None:
    found = told(turns=turn(receipt={"received_at": None, "calls": [call("a", 3, 1000, None)]}))

    assert (seconds(found["turn"]), seconds(found["begin"])) == ((0, 5), (0, 3))


def test_an_answer_of_before_there_were_calls_in_receipts_is_told_without_them() -> None:
    assert set(told(turns=turn(receipt={"model": "a", "tokens": 7, "first_token_ms": 200}))) == {"turn"}


def test_the_same_turn_told_twice_is_the_same_spans() -> None:
    receipt = {"calls": [call("a", 1, 1000, 10)]}

    assert told(turns=turn(receipt=receipt)) == told(turns=turn(receipt=receipt))


def step(number: int, ended: float, milliseconds: int | None) -> dict[str, Any]:
    known = {"id": str(UUID(int=100 + number)), "model": f"m{number}", "provider": "Gemini", "tokens": 12}
    return known | {"milliseconds": milliseconds, "ended_at": at(ended)}


def run(**more: Any) -> dict[str, Any]:
    row = {"id": str(ROOM), "run": 2, "status": "completed", "status_reason": None, "tokens": 5000, "cost": 0.01}
    return row | {"started_at": at(0), "ended_at": at(60), "calls": [step(1, 3, 2000)]} | more


def task(**more: Any) -> dict[str, Any]:
    row = {"id": str(TASK), "room_id": str(ROOM), "run": 2, "role": "writer", "round": 0, "status": "done"}
    row |= {"error_code": None, "attempts": 1, "tokens": 100, "cost": 0.001, "started_at": at(5), "ended_at": at(50)}
    return row | {"calls": [step(2, 9, 1000)], "waits": []} | more


def test_a_room_is_a_trace_of_its_own_id_whose_tasks_hang_on_their_run_and_steps_on_what_they_are_for() -> None:
    wait = {"id": str(OTHER), "kind": "question", "answered": True, "started_at": at(10), "ended_at": at(40)}
    found = told(rooms=run(), tasks=task(waits=[wait]))

    assert {span.trace for span in found.values()} == {ROOM.hex}
    assert {name: seconds(span) for name, span in found.items()} == {
        "room": (0, 60), "chat m1": (1, 3), "task writer": (5, 50), "chat m2": (8, 9), "wait for owner": (10, 40),
    }  # fmt: skip
    parents = {name: span.parent for name, span in found.items()}
    assert parents["chat m1"] == parents["task writer"] == found["room"].id
    assert parents["chat m2"] == parents["wait for owner"] == found["task writer"].id


def test_each_run_of_a_room_has_a_span_of_its_own() -> None:
    assert told(rooms=run(run=1))["room"].id != told(rooms=run(run=2))["room"].id
    assert told(tasks=task(run=1))["task writer"].parent == told(rooms=run(run=1))["room"].id


def test_a_room_and_a_task_say_why_they_failed() -> None:
    failed = told(rooms=run(status="failed", status_reason="task_failed"), tasks=task(error_code="stuck"))

    assert (failed["room"].error, failed["task writer"].error) == ("task_failed", "stuck")
    assert told(rooms=run(status_reason="completed_with_issues"))["room"].error is None


def test_a_task_that_was_never_begun_is_not_told() -> None:
    assert told(tasks=task(status="skipped", started_at=None, calls=[])) == {}


def test_a_step_whose_time_was_not_measured_has_no_length() -> None:
    assert seconds(told(rooms=run(calls=[step(1, 3, None)]))["chat m1"]) == (3, 3)


def test_an_attempt_at_a_document_is_a_trace_of_its_own() -> None:
    row = {"id": str(OTHER), "status": "failed", "error_code": "no_text", "format": "pdf", "bytes": 9, "chunks": 0}
    first = told(documents=row | {"version": 0, "started_at": at(0), "ended_at": at(2)})["ingest"]
    second = told(documents=row | {"version": 0, "started_at": at(9), "ended_at": at(11)})["ingest"]

    assert (seconds(first), first.error) == ((0, 2), "no_text")
    assert first.attributes["hercules.document"] == str(OTHER)
    assert first.trace != second.trace
