"""Who may watch: the owner, and others while the room is shared; to everybody else it does not exist."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.support.database.actors import Connection, acting_as
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Refusal

NOT_FOUND = Refusal("PT404", "room_not_found", "")


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


@pytest.fixture
def reader(connection: Connection) -> Rooms:
    return Rooms(connection)


@pytest.fixture
def room(rooms: Rooms) -> str:
    room = rooms.opened()
    first, second = rooms.plan(room, t1="", t2="")
    rooms.begin(room, first)
    rooms.draft(room, first)
    rooms.record(room, first, response="Squat deep.")
    rooms.finish_task(room, first)
    rooms.begin(room, second)
    rooms.ask(room, second)
    rooms.answer(room, steer="A secret wish.")
    return room


def socket(rooms: Rooms) -> str:
    connection_id = f"c-{uuid4()}"
    rooms.call("open_connection", connection_id=connection_id, user_id=rooms.user)
    return connection_id


def subscribe(rooms: Rooms, connection_id: str, room: str) -> object:
    return rooms.call("subscribe", connection_id=connection_id, stream=f"room:{room}")


OWNERS: dict[str, dict[str, Any]] = {
    "answer_input": {"answer": {"steer": "x"}},
    "cancel_room": {},
    "retry_room": {},
    "share_room": {"on": True},
}
READERS: dict[str, dict[str, Any]] = {
    "room_snapshot": {},
    "room_files": {},
    "room_events": {"after": 0, "limit": 10},
}


@pytest.mark.parametrize("function", [*OWNERS, *READERS])
def test_to_a_stranger_a_room_is_as_one_that_is_not_there(
    rooms: Rooms, reader: Rooms, room: str, function: str
) -> None:
    more = (OWNERS | READERS)[function]
    room_id = rooms.value("select room_id from rooms")

    for asked in (room, room_id, str(uuid4()), "nonsense"):
        assert reader.call(function, user_id=reader.user, room=asked, **more) == NOT_FOUND
    for asked in (room, room_id):
        assert rooms.call(function, user_id=rooms.user, room=asked, **more) != NOT_FOUND


@pytest.mark.parametrize("function", OWNERS)
def test_a_reader_of_a_shared_room_changes_nothing(rooms: Rooms, reader: Rooms, room: str, function: str) -> None:
    rooms.share(room, on=True)

    assert reader.call(function, user_id=reader.user, room=room, **OWNERS[function]) == NOT_FOUND


def test_a_reader_sees_the_work_and_nothing_of_money_or_questions(rooms: Rooms, reader: Rooms, room: str) -> None:
    own = rooms.snapshot(room)
    rooms.share(room, on=True)
    seen = reader.snapshot(room)

    assert (own["access"], seen["access"]) == ("owner", "reader")
    assert own.keys() - seen.keys() == {"inputs", "budget", "steer"}
    assert own["room"].keys() - seen["room"].keys() == {"session_id", "estimate"}
    assert [(t["key"], t["status"]) for t in seen["tasks"]] == [("t1", "done"), ("t2", "waiting")]
    assert [(m["agent_name"], m["response"]) for m in seen["messages"]] == [("@writer", "Squat deep.")]
    told = reader.call("room_events", user_id=reader.user, room=room, after=0, limit=100)
    for shown in (json.dumps(seen), json.dumps(told)):
        for hidden in ("secret", "How heavy", "token", "cost", 'Write."'):
            assert hidden not in shown


def test_others_are_told_neither_of_the_conversation_nor_of_the_budget(rooms: Rooms, reader: Rooms) -> None:
    session = rooms.value("insert into ai_chat_sessions (user_id) values (%s) returning id", rooms.user)
    room = str(rooms.create(session_id=str(session), limits={"tokens": 1000})["room"]["id"])
    rooms.call("start_room", room_id=room, execution_arn="arn:x")
    first, second = rooms.plan(room, t1="", t2="")
    rooms.share(room, on=True)
    for each in (rooms, reader):
        subscribe(each, socket(each), room)
    rooms.begin(room, first)
    rooms.begin(room, second)
    told = [rooms.record(room, first, tokens=900), rooms.ask(room, second, "budget")]

    own, others = (
        each.call("room_events", user_id=each.user, room=room, after=0, limit=100) for each in (rooms, reader)
    )
    kinds = [event["type"] for event in own["items"]]
    assert {"budget.warning", "budget.reached"} <= set(kinds)
    shown = ["event.withheld" if kind.startswith("budget.") else kind for kind in kinds]
    assert [event["type"] for event in others["items"]] == shown
    assert [event["seq"] for event in others["items"]] == [event["seq"] for event in own["items"]]
    pushed = [event for each in told for event in each["shown"]]
    assert pushed == [event for event in others["items"] if event["seq"] in {each["seq"] for each in pushed}]
    assert len(told[0]["watchers"]) == 1
    for hidden in (str(session), str(rooms.user), "budget", 'share"'):
        assert hidden not in json.dumps([others, pushed, reader.snapshot(room)])


def test_a_reader_reads_files_and_events_of_a_shared_room(rooms: Rooms, reader: Rooms, room: str) -> None:
    rooms.share(room, on=True)

    for function, more in READERS.items():
        assert reader.call(function, user_id=reader.user, room=room, **more) != NOT_FOUND
    rooms.share(room, on=False)
    for function, more in READERS.items():
        assert reader.call(function, user_id=reader.user, room=room, **more) == NOT_FOUND


def test_sharing_gives_no_token_the_tables(rooms: Rooms, reader: Rooms, room: str) -> None:
    rooms.share(room, on=True)

    with acting_as(rooms.connection, "authenticated", reader.user):
        for table in ("rooms", "room_tasks", "room_inputs", "room_file_versions", "files", "ai_messages", "ai_events"):
            assert rooms.rows(f"select 1 from {table}") == []


def test_the_snapshot_is_of_the_stream_of_its_as_of(rooms: Rooms, room: str) -> None:
    assert rooms.snapshot(room)["as_of"] == len(rooms.events(room))
    assert rooms.call("room_events", user_id=rooms.user, room=room, after=3, limit=1)["items"][0]["seq"] == 4


def test_a_pruned_stream_has_a_gap(rooms: Rooms, room: str) -> None:
    rooms.connection.execute("update ai_streams set pruned_through = 5 where stream like 'room:%'")
    gaps = [rooms.call("room_events", user_id=rooms.user, room=room, after=n, limit=1)["gap"] for n in (4, 5)]

    assert gaps == [True, False]


# ------------------------------------------------------------------------------------------------------------ sockets
def test_only_a_shared_room_is_sent_to_others(rooms: Rooms, reader: Rooms, room: str) -> None:
    mine, others = socket(rooms), socket(reader)
    assert subscribe(rooms, mine, room) != Refusal("PT404", "stream_not_found", "")
    assert subscribe(reader, others, room) == Refusal("PT404", "stream_not_found", "")
    as_of = len(rooms.events(room))
    rooms.share(room, on=True)

    assert subscribe(reader, others, room) == {"stream": f"room:{room}", "as_of": as_of + 1}
    assert set(rooms.answer(room, steer="x")["listeners"]) == {mine, others}


def test_a_reader_does_not_become_the_owner_of_the_stream(rooms: Rooms, reader: Rooms, room: str) -> None:
    rooms.share(room, on=True)
    subscribe(reader, socket(reader), room)

    assert rooms.value("select user_id from ai_streams where stream = 'room:' || %s", room) == rooms.user
    with acting_as(rooms.connection, "authenticated", rooms.user):
        assert len(rooms.rows("select 1 from ai_events")) > 0


def test_a_share_that_ends_ends_at_once_on_open_sockets(rooms: Rooms, reader: Rooms, room: str) -> None:
    mine, others = socket(rooms), socket(reader)
    rooms.share(room, on=True)
    subscribe(rooms, mine, room)
    subscribe(reader, others, room)
    ended, again = rooms.share(room, on=False), rooms.share(room, on=False)

    assert rooms.rows("select connection_id from websocket_subscriptions") == [(mine,)]
    assert (ended["listeners"], again["events"]) == ([mine], [])
    assert rooms.answer(room, steer="x")["listeners"] == [mine]
    assert [event["type"] for event in ended["events"]] == ["room.updated"]


def test_whoever_is_left_over_from_a_share_hears_nothing(rooms: Rooms, reader: Rooms, room: str) -> None:
    others = socket(reader)
    rooms.share(room, on=True)
    subscribe(reader, others, room)
    rooms.connection.execute("update rooms set is_shared = false")

    assert rooms.answer(room, steer="x")["listeners"] == []


def test_an_account_that_is_gone_watches_nothing(rooms: Rooms, room: str) -> None:
    rooms.share(room, on=True)

    assert rooms.call("room_snapshot", user_id=uuid4(), room=room) == NOT_FOUND


def test_a_sign_of_life_of_a_worker_says_who_watches_now(rooms: Rooms, reader: Rooms) -> None:
    room = rooms.opened()
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    own, theirs = socket(rooms), socket(reader)
    rooms.call("share_room", user_id=rooms.user, room=room, on=True)
    subscribe(rooms, own, room)
    subscribe(reader, theirs, room)

    def listeners() -> list[str]:
        told: list[str] = rooms.call("renew_task", room_id=room, task_id=task, attempt=1)["listeners"]
        return told

    assert listeners() == [own, theirs]
    rooms.call("share_room", user_id=rooms.user, room=room, on=False)
    assert listeners() == [own]
