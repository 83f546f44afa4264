"""Sockets on the deployed functions: who gets in, what they may listen to, and that tickets leave no trace."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection as Socket

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.waiting import WITHIN, eventually

Connection = psycopg.Connection[tuple[Any, ...]]


def new_ticket(user: Phone) -> dict[str, Any]:
    answer = user.call("POST", "/v1/realtime/tickets")
    assert answer.status == 201
    return answer.body


@contextmanager
def opened(user: Phone) -> Iterator[Socket]:
    """A socket opened as a browser does it, by a ticket in the URL."""
    ticket = new_ticket(user)
    with connect(f"{ticket['url']}?ticket={ticket['ticket']}", open_timeout=WITHIN) as socket:
        yield socket


def ask(socket: Socket, **frame: Any) -> dict[str, Any]:
    socket.send(json.dumps(frame))
    answer: dict[str, Any] = json.loads(socket.recv(timeout=WITHIN))
    return answer


def test_a_ticket_opens_the_socket_it_names(cloud: Cloud, user: Phone) -> None:
    assert new_ticket(user)["url"] == cloud.ws_url
    with opened(user) as socket:
        assert ask(socket, type="ping") == {"v": 1, "type": "pong"}


def test_a_spent_ticket_is_refused(cloud: Cloud, user: Phone) -> None:
    url = f"{cloud.ws_url}?ticket={new_ticket(user)['ticket']}"
    with connect(url, open_timeout=WITHIN):
        pass
    with pytest.raises(InvalidStatus), connect(url, open_timeout=WITHIN):
        pass


@pytest.mark.parametrize("query", ["ticket=made-up", "ticket=", "token={token}", "ticket={token}"])
def test_neither_a_made_up_ticket_nor_a_token_in_the_url_opens_a_socket(cloud: Cloud, user: Phone, query: str) -> None:
    url = f"{cloud.ws_url}?{query.format(token=user.token)}"
    with pytest.raises(InvalidStatus), connect(url, open_timeout=WITHIN):
        pass


def test_one_listens_to_ones_own_streams_and_to_no_strangers(user: Phone, stranger: Phone, session: str) -> None:
    def refused(stream: str) -> dict[str, object]:
        told = {"type": "error", "code": "stream_not_found", "detail": "There is no such stream."}
        return {"v": 1, **told, "stream": stream, "id": "7"}

    theirs = f"user:{stranger.user_id}"
    with opened(user) as socket:
        for stream in (f"session:{session}", f"user:{user.user_id}"):
            confirmed = ask(socket, type="subscribe", stream=stream)
            assert confirmed == {"v": 1, "type": "subscribed", "stream": stream, "as_of": 0}
        assert ask(socket, type="subscribe", stream=theirs, id="7") == refused(theirs)
    with opened(stranger) as socket:
        assert ask(socket, type="subscribe", stream=f"session:{session}", id="7") == refused(f"session:{session}")


def test_a_mistake_does_not_end_the_socket(user: Phone) -> None:
    with opened(user) as socket:
        socket.send("not json")
        assert json.loads(socket.recv(timeout=WITHIN))["code"] == "malformed_json"
        assert ask(socket, type="dance")["code"] == "unknown_type"
        assert ask(socket, type="ping")["type"] == "pong"


def test_a_closed_socket_is_forgotten_with_its_subscriptions(user: Phone, session: str, database: Connection) -> None:
    query = "select count(*) from websocket_subscriptions where user_id = %s"

    def subscriptions() -> int:
        row = database.execute(query, (user.user_id,)).fetchone()
        assert row is not None
        return int(row[0])

    with opened(user) as socket:
        ask(socket, type="subscribe", stream=f"session:{session}")
        assert subscriptions() == 1
    eventually(lambda: subscriptions() == 0)


def test_what_a_turn_did_is_replayed_and_no_stranger_reads_it(user: Phone, stranger: Phone, session: str) -> None:
    events = f"/v1/chat/sessions/{session}/events"
    message = user.ask(session, "How deep should I squat?").body["message"]

    replayed = user.call("GET", f"{events}?after=0").body
    kinds = [event["type"] for event in replayed["items"]]
    assert kinds == ["turn.started", "message.completed", "turn.completed"]
    told = replayed["items"][1]["data"]["message"]
    assert (told["id"], told["content"], told["metadata"]) == (message["id"], message["content"], message["metadata"])
    assert (replayed["as_of"], replayed["gap"]) == (3, False)
    assert user.call("GET", f"{events}?after=3").body["items"] == []
    assert [event["type"] for event in user.call("GET", "/v1/events").body["items"]] == ["usage.updated"]
    assert stranger.call("GET", events).body["code"] == "session_not_found"
    assert stranger.call("GET", "/v1/events").body["items"] == []


def test_events_need_a_token(cloud: Cloud, session: str) -> None:
    for path in (f"/v1/chat/sessions/{session}/events", "/v1/events"):
        assert httpx.get(f"{cloud.api_url}{path}", timeout=WITHIN).status_code == 401


def test_no_ticket_is_logged(cloud: Cloud, user: Phone) -> None:
    ticket = new_ticket(user)["ticket"]
    with connect(f"{cloud.ws_url}?ticket={ticket}", open_timeout=WITHIN):
        pass
    logs = client("logs", cloud.aws_endpoint_url)
    pages = logs.get_paginator("describe_log_groups").paginate()
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]

    texts = [event["message"] for name in groups for event in logs.filter_log_events(logGroupName=name)["events"]]
    assert texts
    assert not [text for text in texts if ticket in text]
