"""A step that waits for a provider's capacity: its owner and who watches are told, until it goes on or ends."""

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


def throttle(rooms: Rooms, room: str, task: str | None = None, attempt: int = 1) -> list[str]:
    """The types of the events of that."""
    told = rooms.call("throttle_step", room_id=room, task_id=task, seconds=30, attempt=attempt)
    return [event["type"] for event in told["events"]]


def test_a_task_that_waits_says_so_to_whoever_sees_the_room_until_a_worker_has_it_again(rooms: Rooms) -> None:
    room = rooms.opened()
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    rooms.release(room, task)
    assert throttle(rooms, room, task) == ["task.throttled"]

    rooms.share(room, True)
    for who in (rooms, Rooms(rooms.connection)):
        (shown,) = who.snapshot(room)["tasks"]
        assert (shown["status"], shown["throttled_until"] > shown["started_at"]) == ("running", True)
    (told,) = rooms.begin(room, task)["events"]
    assert (told["type"], told["data"]["task"]["throttled_until"]) == ("task.started", None)


def test_a_worker_that_was_overtaken_or_whose_room_has_ended_has_nothing_to_say(rooms: Rooms) -> None:
    room = rooms.opened()
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    rooms.kill_worker(task)
    rooms.begin(room, task)
    assert throttle(rooms, room, task, attempt=1) == []
    assert throttle(rooms, room, attempt=2) == []  # another run
    rooms.cancel(room)
    assert throttle(rooms, room, task, attempt=2) == throttle(rooms, room) == []


def test_planning_that_waits_is_told_as_the_rooms_and_so_is_that_it_goes_on(rooms: Rooms) -> None:
    room = rooms.opened()
    assert throttle(rooms, room) == ["room.updated"]
    assert rooms.snapshot(room)["room"]["throttled_until"]

    (told,) = rooms.begin_step(room, None)["events"]
    assert (told["type"], told["data"]["room"]["throttled_until"]) == ("room.updated", None)
    assert rooms.begin_step(room, None)["events"] == []


@pytest.mark.parametrize("planned", [True, False], ids=["a task", "planning"])
def test_what_has_ended_waits_for_nobody(rooms: Rooms, planned: bool) -> None:
    room = rooms.opened()
    task = None
    if planned:
        (task,) = rooms.plan(room, t1="")
        rooms.begin(room, task)
    throttle(rooms, room, task)
    rooms.cancel(room)
    shown = rooms.snapshot(room)
    assert [each["throttled_until"] for each in (shown["room"], *shown["tasks"])] == [None] * (1 + planned)
