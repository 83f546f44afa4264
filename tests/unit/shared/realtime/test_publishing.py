"""What a change of the database made known reaches the sockets that it names."""

import json
from typing import Any

from shared.database.client import Database
from shared.realtime.publishing import Change, publish
from tests.support.stub_server import StubServer
from tests.unit.shared.realtime.conftest import STREAM, Sockets

OWN_STREAM = "user:0f8fad5b-d9cb-469f-a165-70867728950e"


def event(stream: str, seq: int) -> dict[str, Any]:
    return {"v": 1, "stream": stream, "seq": seq, "type": "room.updated", "ts": "2026-11-02T08:00:00+00:00", "data": {}}


CHANGE = Change(events=[event(STREAM, 1), event(OWN_STREAM, 7)], listeners=["one"], user_listeners=["two"])


def test_each_stream_is_told_to_its_own_listeners(sockets: Sockets, stub: StubServer) -> None:
    publish(Database(stub.url, "sb_key"), CHANGE)

    assert sockets.frames("one") == [event(STREAM, 1)]
    assert sockets.frames("two") == [event(OWN_STREAM, 7)]


def test_what_a_conversation_is_told_of_its_room_goes_to_who_listens_to_the_conversation(
    sockets: Sockets, stub: StubServer
) -> None:
    talk, room = event(STREAM, 1), event(STREAM.replace("session", "room"), 2)
    change = Change(events=[room, talk], listeners=["one"], session_listeners=["two"])
    publish(Database(stub.url, "sb_key"), change)

    assert sockets.frames("one") == [room]
    assert sockets.frames("two") == [talk]


def test_whoever_only_watches_is_told_what_is_shown_to_them(sockets: Sockets, stub: StubServer) -> None:
    shown = event(STREAM, 1) | {"type": "event.withheld"}
    change = Change(events=[event(STREAM, 1)], listeners=["one", "two"], watchers=["two"], shown=[shown])
    publish(Database(stub.url, "sb_key"), change)

    assert sockets.frames("one") == [event(STREAM, 1)]
    assert sockets.frames("two") == [shown]


def test_nobody_hears_of_a_users_stream_who_is_not_named_for_it(sockets: Sockets, stub: StubServer) -> None:
    publish(Database(stub.url, "sb_key"), Change(events=[event(OWN_STREAM, 1)], listeners=["one"]))

    assert not stub.asked


def test_connections_that_are_gone_are_forgotten_together(sockets: Sockets, stub: StubServer) -> None:
    sockets.refuse(410, "one")
    publish(Database(stub.url, "sb_key"), CHANGE)

    call = stub.asked[-1]
    assert call.path == "/rest/v1/rpc/close_connections"
    assert json.loads(call.body) == {"p_connection_ids": ["one"]}


def test_a_database_that_is_down_spoils_nothing_that_has_happened(
    sockets: Sockets, stub: StubServer, nobody: str
) -> None:
    sockets.refuse(410, "one")
    publish(Database(nobody, "sb_key"), CHANGE)

    assert sockets.frames("two") == [event(OWN_STREAM, 7)]
