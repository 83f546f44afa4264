"""A turn, a room and a document, as a collector is told of them by the sweep."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from tests.support.collector import Collector, attributes, running_collector
from tests.support.functions.invocations import Context, User, request, run
from tests.support.stub_server import Response

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch, database: Connection) -> Iterator[Collector]:
    """One that has been told of nothing yet, also not of what other tests did."""
    database.execute("delete from private.span_cursors")
    with running_collector() as running:
        monkeypatch.setenv("OTLP_ENDPOINT", running.server.url)
        yield running


def ask(user: User, session: str, question: str) -> dict[str, Any]:
    path = f"/v1/chat/sessions/{session}/messages"
    answer: dict[str, Any] = request("send_message", "POST", path, user.token, {"content": question}).body
    return answer


def sweep_later(database: Connection, turn: str) -> int:
    """How many spans the sweep tells, as if the turn had ended two minutes ago."""
    earlier = "set started_at = started_at - interval '2 minutes', ended_at = ended_at - interval '2 minutes'"
    database.execute(f"update ai_chat_turns {earlier} where id = %s", (turn,))
    swept: dict[str, int] = run("sweep", {}, Context(seconds_left=120))
    return swept["spans_exported"]


def test_a_turn_is_told_once_with_its_models_and_without_a_word_of_it(
    collector: Collector, user: User, session: str, database: Connection, models: RunningModels, mark: str
) -> None:
    models.behave(mark, "script", content=json.dumps({"answer": f"Rest well, {mark}.", "citations": []}))
    answered = ask(user, session, f"My neighbour Berta has {mark}, how deep should she squat?")
    turn = answered["turn"]["id"]

    assert sweep_later(database, turn) == len(collector.spans)
    own = [span for span in collector.spans if span["traceId"] == UUID(turn).hex]
    assert [span["name"] for span in own] == ["turn", "chat hercules-extractive-1", "begin", "finish"]
    whole, asked, begun, _ = own
    assert whole["startTimeUnixNano"] == begun["startTimeUnixNano"] < asked["startTimeUnixNano"]
    assert begun["endTimeUnixNano"] == asked["startTimeUnixNano"]
    assert attributes(whole)["hercules.status"] == "completed"
    assert asked["parentSpanId"] == whole["spanId"]
    receipt = answered["message"]["metadata"]["receipt"]
    assert attributes(asked)["gen_ai.usage.input_tokens"] == str(receipt["prompt_tokens"])
    for hidden in (mark, "Berta", "Rest well", user.id, user.token):
        assert hidden not in str(collector.texts)
    run("sweep", {}, Context(seconds_left=120))
    assert len([span for span in collector.spans if span["traceId"] == UUID(turn).hex]) == len(own)


def test_a_collector_that_is_down_fails_no_sweep_and_is_told_by_the_next(
    collector: Collector, user: User, session: str, database: Connection
) -> None:
    collector.answer = lambda _: Response(b"", 503)
    turn = ask(user, session, "How deep should I squat?")["turn"]["id"]

    assert sweep_later(database, turn) == 0
    assert len(collector.server.asked) == 1  # it is asked once in a run
    collector.answer = lambda _: None
    run("sweep", {}, Context(seconds_left=120))
    assert UUID(turn).hex in {span["traceId"] for span in collector.spans}
