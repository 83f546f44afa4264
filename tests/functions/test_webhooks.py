"""The one effect outside of the database: begun once, and honest about how it ended."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from shared.platform import settings
from shared.platform.process import forget
from tests.support.functions.invocations import Answer, User, request, run
from tests.support.functions.proposals import propose
from tests.support.stub_server import Request, Response, StubServer, stub_server

Connection = psycopg.Connection[tuple[Any, ...]]


def endpoints(url: str) -> str:
    """Two that take the same events."""
    gym = {"url": url, "events": ["plan.shared", "membership.upgraded"]}
    return json.dumps({"gym": gym, "app": gym})


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    """The endpoint `gym`, on this laptop."""
    with stub_server() as server:
        monkeypatch.setenv("STAGE", "local")
        monkeypatch.setenv("WEBHOOK_ENDPOINTS", endpoints(f"{server.url}/hooks"))
        yield server


@pytest.fixture
def action(user: User, database: Connection, receiver: StubServer) -> str:
    return propose(database, user, "webhook")


def approve(user: User, action: str, **body: Any) -> Answer:
    """In a thread of any kind: Mangum needs an event loop there."""
    asyncio.set_event_loop(loop := asyncio.new_event_loop())
    try:
        return request("approve_action", "POST", f"/v1/actions/{action}/approve", user.token, {"version": 1} | body)
    finally:
        loop.close()


def test_nothing_is_sent_before_the_user_approves_and_then_once(user: User, action: str, receiver: StubServer) -> None:
    assert not receiver.asked
    first, again = approve(user, action), approve(user, action)

    assert (first.status, first.body["status"], first.body["result"]) == (200, "executed", {"status": 200})
    assert first.body["undo_until"] is None
    assert again.body == first.body
    assert [asked.headers["webhook-id"] for asked in receiver.asked] == [action]


def test_an_edited_payload_is_what_is_sent(user: User, action: str, receiver: StubServer) -> None:
    edited = {"endpoint": "gym", "event": "plan.shared", "data": [{"name": "weeks", "value": "12"}]}

    assert approve(user, action, edited_payload=edited).body["payload"] == edited
    assert b'"data":{"weeks":"12"}' in receiver.asked[0].body


def test_whose_it_is_stands_outside_of_what_the_user_can_write(user: User, action: str, receiver: StubServer) -> None:
    forged = {"endpoint": "gym", "event": "plan.shared", "data": [{"name": "user_id", "value": "somebody else"}]}
    approve(user, action, edited_payload=forged)

    sent = json.loads(receiver.asked[0].body)
    assert (sent["user_id"], sent["action_id"], sent["data"]) == (user.id, action, {"user_id": "somebody else"})


@pytest.mark.parametrize("fields", [{"event": "membership.upgraded"}, {"endpoint": "app"}])
def test_neither_endpoint_nor_event_can_be_edited(
    user: User, action: str, receiver: StubServer, fields: dict[str, str]
) -> None:
    answer = approve(user, action, edited_payload={"endpoint": "gym", "event": "plan.shared", "data": []} | fields)

    assert (answer.status, answer.body["code"]) == (422, "invalid_payload")
    assert answer.body["errors"] == [{"field": f"edited_payload.{next(iter(fields))}", "message": "cannot be changed"}]
    assert not receiver.asked
    assert approve(user, action).body["status"] == "executed"


def test_while_one_approval_sends_the_others_wait_for_its_result(user: User, action: str, receiver: StubServer) -> None:
    arrived, may_answer = threading.Event(), threading.Event()

    def reply(asked: Request) -> Response:
        arrived.set()
        may_answer.wait(4)
        return Response(status=202)

    receiver.reply = reply
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(approve, user, action)
        assert arrived.wait(30)
        others = [pool.submit(approve, user, action) for _ in range(3)]
        may_answer.set()
        bodies = [answer.result().body for answer in (first, *others)]

    assert [body["result"] for body in bodies] == [{"status": 202}] * 4
    assert len(receiver.asked) == 1


@pytest.mark.parametrize(
    ("status", "words"), [(500, "The outcome is unknown"), (404, "did not accept"), (302, "did not accept")]
)
def test_a_failure_is_told_in_words_for_users_and_not_repeated(
    user: User, action: str, receiver: StubServer, status: int, words: str
) -> None:
    receiver.says(b"Traceback", status)
    first = approve(user, action)
    receiver.says(b"")

    assert (first.status, first.body["status"], first.body["result"]) == (200, "failed", None)
    assert words in first.body["error_message"]
    assert approve(user, action).body == first.body
    assert len(receiver.asked) == 1


def test_a_receiver_that_is_down_is_told_as_such(
    user: User, database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stub_server() as down:
        monkeypatch.setenv("STAGE", "local")
        monkeypatch.setenv("WEBHOOK_ENDPOINTS", endpoints(down.url))
    answer = approve(user, propose(database, user, "webhook"))

    assert (answer.status, answer.body["status"]) == (200, "failed")
    assert "Nothing was done" in answer.body["error_message"]


def test_an_endpoint_taken_off_the_list_gets_nothing(
    user: User, action: str, receiver: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_ENDPOINTS", "")
    forget(settings.load)
    answer = approve(user, action)

    assert (answer.status, answer.body["code"]) == (409, "stale_proposal")
    assert not receiver.asked


def test_a_worker_that_died_while_sending_leaves_an_unknown_outcome_and_is_not_replaced(
    user: User, action: str, receiver: StubServer, database: Connection
) -> None:
    database.execute(
        "update ai_action_requests set status = 'approved', decision = 'approved', decided_at = now(), "
        "dispatched_at = now() - interval '1 hour' where id = %s",
        (action,),
    )

    assert run("sweep", {})["actions_lost"] >= 1
    answer = approve(user, action)
    assert (answer.status, answer.body["status"]) == (200, "failed")
    assert "The outcome is unknown" in answer.body["error_message"]
    assert not receiver.asked
