"""Workouts written down without the coach: bounded, and corrected only as they were seen."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import WORKOUT, Inbox
from tests.support.database.turns import Refusal


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


def log(inbox: Inbox) -> Any:
    return inbox.call("log_workout", p_user_id=inbox.user, p_content=Jsonb(WORKOUT))


def test_what_was_corrected_meanwhile_is_not_overwritten(inbox: Inbox) -> None:
    seen = log(inbox)["response"]
    given = {"p_user_id": inbox.user, "p_id": seen["id"], "p_seen": Jsonb(seen["content"])}
    assert inbox.call("change_workout", **given, p_content=Jsonb(WORKOUT | {"minutes": 41}))["content"]["minutes"] == 41
    refused = inbox.call("change_workout", **given, p_content=Jsonb(WORKOUT | {"minutes": 42}))
    assert refused == Refusal("PT409", "workout_changed")


def test_an_hour_has_only_so_many(inbox: Inbox) -> None:
    for _ in range(120):
        log(inbox)
    refused = log(inbox)
    assert (refused.sqlstate, refused.message) == ("PT429", "too_many_workouts")


def test_there_is_room_for_twenty_thousand(inbox: Inbox) -> None:
    inbox.connection.execute(
        "insert into workout_logs (user_id, performed_on, content) "
        "select %s, '2026-01-01', '{}' from generate_series(1, 20000)",
        (inbox.user,),
    )
    refused = log(inbox)
    assert (refused.sqlstate, refused.message) == ("PT422", "storage_full")


def test_a_workout_that_the_user_corrected_is_not_taken_back_by_an_undo(inbox: Inbox) -> None:
    action = inbox.done("log_workout")
    given = {"p_user_id": inbox.user, "p_id": action, "p_seen": Jsonb(WORKOUT)}
    assert inbox.call("change_workout", **given, p_content=Jsonb(WORKOUT | {"minutes": 55}))["content"]["minutes"] == 55
    assert inbox.undo(action) == Refusal("PT409", "target_changed")
