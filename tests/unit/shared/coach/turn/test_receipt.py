from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.coach.turn import prompt
from shared.coach.turn.model_loop import ModelLoop
from shared.coach.turn.receipt import receipt
from shared.llm.answer import ToolCall
from shared.platform.deadline import Deadline
from shared.realtime.push import Pusher
from tests.support.coach import FakeDatabase, Said, answer_of, message, passage, work
from tests.unit.shared.coach.conftest import Scripted

RECEIVED = datetime(2026, 11, 29, 12, 0, 0, 250_000, tzinfo=UTC)


def test_a_receipt_says_what_an_answer_was_made_from_and_what_it_cost(database: FakeDatabase, model: Scripted) -> None:
    model(Said(calls=[ToolCall("a", "fly", "{}")]), Said(answer_of("Rest."), finish="length"))
    found = passage("Rest well.").model_copy(update={"score": 0.123456})
    said = [message("user", "How?", UUID(int=9)), message("assistant", "So.", UUID(int=9))]
    athlete: dict[str, Any] = {"profile": {"goals": ["run"], "injuries": ""}, "plan": None, "workouts": []}
    asked = work(passages=[found], history=said, history_total=7, athlete=athlete, received_at=RECEIVED)
    loop = ModelLoop(database, asked, Deadline.after(60), Pusher(asked.stream, []))
    loop.run()

    made = receipt(loop, loop.bill)
    first, last = made.pop("calls")
    assert first["first_token_ms"] is None  # it said nothing, but called
    assert last == {
        "provider": "OpenAI",
        "model": "gpt-6-luna",
        "started_at": last["started_at"],
        "milliseconds": last["milliseconds"],
        "first_token_ms": loop.answer.first_token_ms,
        "prompt_tokens": 100,
        "cached_tokens": 0,
        "completion_tokens": 20,
        "finish_reason": "length",
    }
    assert first["started_at"] <= last["started_at"] <= datetime.now(UTC).isoformat(timespec="milliseconds")
    assert last["milliseconds"] >= (last["first_token_ms"] or 0)
    assert made == {
        "provider": "OpenAI",
        "model": "gpt-6-luna",
        "model_calls": 2,
        "prompt_version": prompt.VERSION,
        "prompt_hash": prompt.prompt_hash(),
        "profile_fields": ["goals"],
        "chunks": [{"chunk_id": str(found.chunk_id), "version": 3, "score": 0.1235}],
        "searched": True,
        "memories": 0,
        "lookups": [],
        "summary_until": None,
        "history_messages": 2,
        "history_left_out": 5,
        "prompt_tokens": 200,
        "cached_tokens": 0,
        "completion_tokens": 40,
        "embedding_tokens": 6,
        "tokens": 246,
        "estimated": False,
        "cost": float(loop.bill.cost.dollars),
        "cost_complete": loop.bill.cost.complete,
        "first_token_ms": loop.answer.first_token_ms,
        "finish_reason": "length",
        "received_at": "2026-11-29T12:00:00.250+00:00",
    }
