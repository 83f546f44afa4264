"""Rooms that are opened by the clock: when they are due, once each, and whose they are."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.database.actors import Connection, acting_as
from tests.support.database.rooms import Rooms, rooms_at_once
from tests.support.database.turns import Refusal

SUNDAY = {"room": {"task_prompt": "My week."}, "weekdays": [7], "at": "18:00", "time_zone": "Europe/Berlin"}


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


def saved(rooms: Rooms, schedule: str | None = None, **changed: Any) -> Any:
    said = changed if schedule else SUNDAY | changed
    return rooms.call("save_room_schedule", user_id=rooms.user, schedule=said, id=schedule)


def make_due(rooms: Rooms, schedule: str, ago: str = "10 minutes") -> None:
    rooms.connection.execute("update room_schedules set next_at = now() - %s::interval where id = %s", (ago, schedule))


def swept(rooms: Rooms) -> Any:
    return rooms.call("open_scheduled_rooms")


def schedule_row(rooms: Rooms, schedule: str) -> tuple[Any, ...]:
    (row,) = rooms.rows("select next_at > now(), last_room_id, last_error from room_schedules where id = %s", schedule)
    return row


def opened(rooms: Rooms) -> int:
    return int(rooms.value("select count(*) from rooms where user_id = %s", rooms.user))


def due(rooms: Rooms, weekdays: list[int], at: str, zone: str, after: str) -> Any:
    found = rooms.value("select private.next_due(%s::smallint[], %s::time, %s, %s)", weekdays, at, zone, after)
    return found.astimezone(UTC)


# ------------------------------------------------------------------------------------------------------------- when
@pytest.mark.parametrize(
    ("weekdays", "at", "zone", "after", "expected"),
    [
        ([7], "18:00", "Europe/Berlin", "2026-11-28T12:00Z", "2026-11-29T17:00"),
        ([7], "18:00", "Europe/Berlin", "2026-11-29T16:59Z", "2026-11-29T17:00"),
        ([7], "18:00", "Europe/Berlin", "2026-11-29T17:00Z", "2026-12-06T17:00"),
        ([7], "18:00", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T17:00"),  # the clocks went back that night
        ([7], "02:30", "Europe/Berlin", "2027-03-27T12:00Z", "2027-03-28T01:30"),  # an hour that there is not
        ([1], "00:30", "Pacific/Auckland", "2026-11-29T10:00Z", "2026-11-29T11:30"),  # Monday there
        ([1, 3], "07:00", "UTC", "2026-12-01T00:00Z", "2026-12-02T07:00"),
    ],
)
def test_it_is_due_when_clocks_there_show_the_time(
    rooms: Rooms, weekdays: list[int], at: str, zone: str, after: str, expected: str
) -> None:
    assert due(rooms, weekdays, at, zone, after) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


# ------------------------------------------------------------------------------------------------------------- once
def test_a_room_that_is_due_is_opened_and_is_to_be_started_until_it_was(rooms: Rooms) -> None:
    schedule = saved(rooms)["id"]
    assert (swept(rooms)["schedules_run"], opened(rooms)) == (0, 0)
    make_due(rooms, schedule)

    first, again = swept(rooms), swept(rooms)
    (room,) = first["rooms"]
    assert (first["schedules_run"], again["schedules_run"], again["rooms"]) == (1, 0, [room])
    assert schedule_row(rooms, schedule)[:2] == (
        True,
        rooms.value("select id from rooms where user_id = %s", rooms.user),
    )
    rooms.call("start_room", room_id=room["id"], execution_arn="arn:x")
    assert swept(rooms)["rooms"] == []
    assert rooms.value("select count(*) from ai_events where stream = %s", f"user:{rooms.user}") == 1


def test_what_was_due_many_times_while_nobody_swept_is_opened_once(rooms: Rooms) -> None:
    schedule = saved(rooms)["id"]
    make_due(rooms, schedule, "70 days")
    swept(rooms)
    assert (swept(rooms)["schedules_run"], opened(rooms)) == (0, 1)


def test_two_sweeps_at_once_open_it_once(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        rooms = Rooms(connection)
        make_due(rooms, saved(rooms)["id"])
        done = rooms_at_once(database_url, rooms.user, *[swept] * 4)
        assert sorted(each["schedules_run"] for each in done) == [0, 0, 0, 1]
        assert opened(rooms) == 1


def test_while_all_rooms_are_taken_what_is_due_stays_due(rooms: Rooms) -> None:
    make_due(rooms, saved(rooms)["id"])
    rooms.connection.execute("update private.deployment_limits set most = 0")
    assert (swept(rooms)["schedules_run"], opened(rooms)) == (0, 0)
    rooms.connection.execute("update private.deployment_limits set most = 1000")
    assert (swept(rooms)["schedules_run"], opened(rooms)) == (1, 1)


def test_one_whose_owner_has_no_room_in_the_week_waits_for_its_next_day_and_says_why(rooms: Rooms) -> None:
    spent, fine = saved(rooms, room={"task_prompt": "x", "limits": {"tokens": 9_000_000}})["id"], saved(rooms)["id"]
    make_due(rooms, spent)
    make_due(rooms, fine)

    assert (swept(rooms)["schedules_run"], opened(rooms)) == (2, 1)
    assert schedule_row(rooms, spent) == (True, None, "quota_exceeded")
    assert schedule_row(rooms, fine)[2] is None


def test_a_paused_one_is_not_opened_and_one_that_goes_on_makes_up_for_nothing(rooms: Rooms) -> None:
    schedule = saved(rooms)["id"]
    assert saved(rooms, schedule, paused=True)["paused"]
    make_due(rooms, schedule)
    assert swept(rooms)["schedules_run"] == 0
    saved(rooms, schedule, paused=False)
    assert (swept(rooms)["schedules_run"], schedule_row(rooms, schedule)[0]) == (0, True)


def test_nothing_is_opened_for_who_is_banned_and_what_was_due_is_made_up_for_afterwards(rooms: Rooms) -> None:
    make_due(rooms, saved(rooms)["id"])
    ban = "update auth.users set banned_until = now() + %s::interval where id = %s"
    rooms.connection.execute(ban, ("1 hour", rooms.user))
    assert (swept(rooms)["schedules_run"], opened(rooms)) == (0, 0)
    rooms.connection.execute(ban, ("-1 hour", rooms.user))
    assert (swept(rooms)["schedules_run"], opened(rooms)) == (1, 1)


def test_nothing_is_opened_in_an_account_that_is_being_deleted(rooms: Rooms) -> None:
    make_due(rooms, saved(rooms)["id"])
    rooms.call("begin_erasure", user_id=rooms.user)
    assert (swept(rooms)["schedules_run"], opened(rooms)) == (0, 0)


# ------------------------------------------------------------------------------------------------------------- whose
def test_a_user_has_at_most_five(rooms: Rooms) -> None:
    for hour in range(5):
        saved(rooms, at=f"1{hour}:00")
    assert saved(rooms, at="20:00").message == "too_many_schedules"


def test_the_same_one_is_not_made_twice(rooms: Rooms) -> None:
    first = saved(rooms)
    assert saved(rooms) == first
    assert saved(rooms, at="19:00")["id"] != first["id"]
    assert rooms.value("select count(*) from room_schedules") == 2


def test_the_same_one_is_not_made_twice_though_it_is_thought_to_cost_something_else_by_now(rooms: Rooms) -> None:
    first = saved(rooms, room={"task_prompt": "My week.", "estimate": {"dollars": {"low": 1, "high": 2}}})
    assert saved(rooms, room={"task_prompt": "My week.", "estimate": {"dollars": {"low": 1, "high": 3}}}) == first


def test_its_time_zone_is_that_of_the_profile_where_none_is_named(rooms: Rooms) -> None:
    assert saved(rooms, time_zone=None) == Refusal("PT422", "time_zone_needed", "")
    rooms.connection.execute("insert into ai_profile (user_id, time_zone) values (%s, 'Asia/Tokyo')", (rooms.user,))
    assert saved(rooms, time_zone=None)["time_zone"] == "Asia/Tokyo"
    assert saved(rooms, time_zone="Mars/Olympus").message == "unknown_time_zone"


def test_a_change_leaves_the_rest_as_it_is(rooms: Rooms) -> None:
    schedule = saved(rooms, room={"task_prompt": "My week.", "agents": ["writer"]})
    changed = saved(rooms, schedule["id"], room={"task_prompt": "Shorter."}, at="07:15")

    assert changed["room"] == {"task_prompt": "Shorter.", "agents": ["writer"]}
    assert (changed["at"], changed["weekdays"], changed["created_at"]) == ("07:15", [7], schedule["created_at"])


def test_a_stranger_neither_sees_changes_nor_ends_it(rooms: Rooms) -> None:
    schedule, stranger = saved(rooms)["id"], Rooms(rooms.connection)
    assert saved(stranger, schedule, at="07:15").message == "schedule_not_found"
    for owner in (schedule, str(uuid4())):
        refused = stranger.call("delete_room_schedule", user_id=stranger.user, id=owner)
        assert refused.message == "schedule_not_found"
    with acting_as(rooms.connection, "authenticated", stranger.user):
        assert rooms.rows("select 1 from room_schedules") == []
    assert rooms.call("delete_room_schedule", user_id=rooms.user, id=schedule) == {}
    assert rooms.rows("select 1 from room_schedules") == []
