"""Who sees a room: its owner; others while it is shared, and then without what is the owner's alone."""

import json
from typing import Any
from uuid import uuid4

import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone, supabase_client
from tests.support.e2e.rooms_script import DONE, Room, Script, calls, heard, say, watching

OWNERS = {"inputs", "budget", "steer"}
WRITES: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/answer", {"answer": "Three."}),
    ("POST", "/cancel", None),
    ("POST", "/retry", None),
    ("PUT", "/share", {"shared": True}),
]
READS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "", None),
    ("GET", "/files", None),
    ("GET", "/events?after=0", None),
]


@pytest.fixture
def room(cloud: Cloud, user: Phone) -> Room:
    """A room with a file, that waits for its owner."""
    script = Script(cloud)
    script.plans(script.task("t1"), script.task("t2", "t1"))
    script.works("t1")
    script.works("t2", calls("ask_owner", question="A private question?"), script.writes("t2"), DONE)
    room = Room.open(user, script)
    assert room.wait("active") == ("active", "input_requested")
    return room


def answers(user: Phone, room_id: str, *requests: tuple[str, str, dict[str, Any] | None]) -> list[tuple[int, str]]:
    """Status and code of what the API says to each request about a room."""
    told = [user.call(method, f"/v1/rooms/{room_id}{path}", body) for method, path, body in requests]
    return [(each.status, each.body.get("code", "")) for each in told]


def test_a_room_is_not_there_for_strangers_whatever_they_try(cloud: Cloud, stranger: Phone, room: Room) -> None:
    before = room.shown
    (file,) = before["files"]
    requests = [*READS, *WRITES, ("GET", f"/files/{file['id']}", None)]
    for room_id in (room.id, room.room_id, str(uuid4())):
        assert answers(stranger, room_id, *requests) == [(404, "room_not_found")] * len(requests)
    foreign, missing = (stranger.call("GET", f"/v1/rooms/{each}").body for each in (room.id, uuid4()))
    assert foreign | {"request_id": ""} == missing | {"request_id": ""}
    assert stranger.call("GET", "/v1/rooms").body["items"] == []

    with watching(cloud, stranger, f"user:{stranger.user_id}") as socket:
        for room_id in (room.id, room.room_id):
            refused = say(socket, type="subscribe", stream=f"room:{room_id}")
            assert (refused["type"], refused["code"]) == ("error", "stream_not_found")
    assert room.shown == before


def test_a_shared_room_is_read_by_others_without_what_is_the_owners_alone(stranger: Phone, room: Room) -> None:
    assert room.call("PUT", "/share", {"shared": True})["is_shared"] is True

    seen = stranger.call("GET", f"/v1/rooms/{room.room_id}").expect(200).body
    assert seen["access"] == "reader"
    assert {name for name in OWNERS if seen[name] is not None} == set()
    assert {message["content"] for message in seen["messages"]} == {None}
    assert "A private question?" not in json.dumps(seen)
    events = stranger.call("GET", f"/v1/rooms/{room.room_id}/events?after=0").expect(200).body["items"]
    assert events == room.events()
    (file,) = stranger.call("GET", f"/v1/rooms/{room.room_id}/files").expect(200).body["items"]
    stranger.call("GET", f"/v1/rooms/{room.room_id}/files/{file['id']}").expect(200)
    assert answers(stranger, room.room_id, *WRITES) == [(404, "room_not_found")] * len(WRITES)
    assert stranger.call("GET", "/v1/rooms").body["items"] == []


def test_a_share_that_ends_ends_at_once_on_open_sockets_too(cloud: Cloud, stranger: Phone, room: Room) -> None:
    room.call("PUT", "/share", {"shared": True})
    with (
        watching(cloud, stranger, f"room:{room.id}") as watcher,
        watching(cloud, room.owner, f"room:{room.id}") as owner,
    ):
        room.call("POST", "/answer", {"steer": "Be brief."})
        room.call("PUT", "/share", {"shared": False})
        ended = room.shown["as_of"]
        room.call("POST", "/cancel")
        while heard(owner)["data"].get("room", {}).get("status") != "failed":
            pass
        told = [say(watcher, type="ping")]
        while told[-1]["type"] != "pong":
            told.append(heard(watcher))

    assert all(frame.get("seq", 0) <= ended for frame in told)
    assert answers(stranger, room.room_id, *READS) == [(404, "room_not_found")] * len(READS)


def test_the_database_shows_a_room_to_its_owner_alone(cloud: Cloud, user: Phone, stranger: Phone, room: Room) -> None:
    room.call("PUT", "/share", {"shared": True})
    with supabase_client(cloud, cloud.anon_key) as supabase:
        for table in ("rooms", "room_tasks", "room_inputs", "room_file_versions", "ai_messages", "files"):
            for caller, sees in ((user, True), (stranger, False)):
                supabase.postgrest.auth(caller.token)
                assert bool(supabase.table(table).select("id").execute().data) == sees
