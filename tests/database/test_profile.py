"""The profile: what it may hold, and what a clock shows where its user is."""

from typing import Any

import psycopg
import pytest

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox

LOS_ANGELES = "America/Los_Angeles"


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


def local(connection: Connection, zone: str, at: str) -> str | None:
    row = connection.execute(
        "select to_char(private.local_time(%s, %s::timestamptz), 'YYYY-MM-DD HH24:MI')", (zone, f"{at}+00")
    ).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("zone", "at", "shown"),
    [
        (LOS_ANGELES, "2026-11-29 04:05", "2026-11-28 20:05"),
        (LOS_ANGELES, "2026-03-08 09:59", "2026-03-08 01:59"),  # one minute later it is three o'clock
        (LOS_ANGELES, "2026-03-08 10:00", "2026-03-08 03:00"),
        (LOS_ANGELES, "2026-11-01 08:30", "2026-11-01 01:30"),  # and here it is half past one twice
        (LOS_ANGELES, "2026-11-01 09:30", "2026-11-01 01:30"),
        ("Pacific/Kiritimati", "2026-11-28 11:00", "2026-11-29 01:00"),
        ("Mars/Olympus", "2026-11-28 11:00", None),
    ],
)
def test_a_clock_shows_the_time_of_its_place_also_on_days_when_it_changes(
    connection: Connection, zone: str, at: str, shown: str | None
) -> None:
    assert local(connection, zone, at) == shown


def test_a_turn_knows_the_time_where_the_user_is(inbox: Inbox) -> None:
    inbox.own_write("insert into ai_profile (user_id, time_zone) values (%s, 'Pacific/Kiritimati')", inbox.user)
    athlete = inbox.begin_turn(inbox.open_session())["athlete"]
    [(expected,)] = inbox.rows("select to_char(now() at time zone 'Pacific/Kiritimati', 'YYYY-MM-DD')")
    assert athlete["now"][:10] == expected
    assert athlete["profile"]["time_zone"] == "Pacific/Kiritimati"


def test_a_user_without_a_profile_has_the_time_of_utc(inbox: Inbox) -> None:
    [(expected,)] = inbox.rows("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD')")
    assert inbox.begin_turn(inbox.open_session())["athlete"]["now"][:10] == expected


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("units", "stones"),
        ("country", "Germany"),
        ("birth_year", 1066),
        ("sex", "x"),
        ("conditions", ["x"] * 21),
        ("medicines", ["x"] * 21),
    ],
)
def test_what_cannot_be_is_refused_whoever_writes_it(inbox: Inbox, column: str, value: Any) -> None:
    with pytest.raises(psycopg.Error, match=r"violates check|unknown_time_zone"):
        inbox.own_write(f"insert into ai_profile (user_id, {column}) values (%s, %s)", inbox.user, value)


PROPOSED = {
    "birth_year": 2011,
    "pregnant": True,
    "conditions": ["asthma"],
    "medicines": ["warfarin"],
    "time_zone": LOS_ANGELES,
    "units": "imperial",
    "language": "en-US",
    "country": "US",
    "sex": "female",
}


def test_what_the_coach_heard_is_in_the_profile_once_it_is_approved_and_gone_when_undone(inbox: Inbox) -> None:
    query = f"select {', '.join(PROPOSED)} from ai_profile"
    action = inbox.done("update_profile", PROPOSED)
    assert inbox.rows(query) == [tuple(PROPOSED.values())]
    assert inbox.undo(action)["outcome"] == "undone"
    assert inbox.rows(query) == [(None, None, [], [], None, None, None, None, None)]


def test_the_passing_of_time_is_no_reason_to_look_at_a_proposal_again(inbox: Inbox) -> None:
    action = inbox.propose("open_room")
    seen = inbox.look(action)
    assert inbox.approve_as_seen(action, seen)["outcome"] == "executed"
    assert seen["athlete"]["now"]
