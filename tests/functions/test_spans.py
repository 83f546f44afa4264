"""A turn, a room and a document, as a collector is told of them by the sweep."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from tests.support.collector import Collector, attributes, running_collector
from tests.support.functions.invocations import Context, User, request, run
from tests.support.functions.operator import embed
from tests.support.functions.rooms_cloud import RoomsCloud, Workflow
from tests.support.functions.rooms_script import DONE, calls, create, plans, task, works, writes
from tests.support.gateway import Served
from tests.support.stub_server import Response

Connection = psycopg.Connection[tuple[Any, ...]]
# Of each table what knows the thing, and its times.
ENDED = (
    ("ai_chat_turns", "id", ("started_at", "ended_at")),
    ("rooms", "id", ("opened_at", "ended_at")),
    ("room_tasks", "room_id", ("started_at", "ended_at")),
    ("ai_messages", "room_id", ('"timestamp"',)),
    ("ai_kb_sources", "id", ("claimed_at", "settled_at")),
)


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


def sweep_later(database: Connection, *ids: str) -> int:
    """How many spans the sweep tells, as if what has these ids had begun and ended two minutes earlier."""
    for table, column, times in ENDED:
        earlier = ", ".join(f"{time} = {time} - interval '2 minutes'" for time in times)
        database.execute(f"update {table} set {earlier} where {column} = any(%s::uuid[])", (list(ids),))
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


def test_a_room_and_a_document_are_told_with_all_that_was_done_in_them(
    collector: Collector, user: User, database: Connection, models: RunningModels, cloud: RoomsCloud, supabase: Served
) -> None:
    assert cloud.objects == {}
    room = create(user, "A plan for Berta")
    mark = room["id"]
    plans(models, mark, task("t1", mark, deliverables=["berta.md"]), request="A plan for Berta")
    works(models, "t1", mark, calls(writes("berta.md")), DONE)
    assert Workflow(mark).whole() == "completed"
    stored = embed(supabase, f"berta-{mark}.md", "# Berta\n\nRest.").body
    sweep_later(database, mark, stored["id"])

    own = [span for span in collector.spans if span["traceId"] == UUID(mark).hex]
    names = Counter(span["name"] for span in own)
    assert names == {"room": 1, "task writer": 1, "chat hercules-extractive-1": 4}  # plan, two steps, review
    parents = Counter(span.get("parentSpanId", "") for span in own)
    ids = {span["name"]: span["spanId"] for span in own}
    assert parents == {"": 1, ids["room"]: 3, ids["task writer"]: 2}
    assert all(int(span["startTimeUnixNano"]) < int(span["endTimeUnixNano"]) for span in own)
    [ingested] = [span for span in collector.named("ingest") if attributes(span)["hercules.document"] == stored["id"]]
    assert attributes(ingested)["hercules.status"] == "ready"
    told = str([*own, ingested]).lower()
    assert "berta" not in told
    assert user.id not in told
