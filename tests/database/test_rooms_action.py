"""An approved open_room opens a real room, with a budget and a chat, and is taken back only before it begins."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Refusal

PAYLOAD = {"prompt": "Write a squat guide."}
AFTER = {"room": {"task_prompt": "Write a squat guide.", "status": "pending"}}


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


@pytest.fixture
def session(rooms: Rooms) -> str:
    return str(rooms.call("create_session", user_id=rooms.user)["response"]["id"])


@pytest.fixture
def action(rooms: Rooms, session: str) -> UUID:
    """A pending proposal."""
    action = uuid4()
    rooms.connection.execute(
        "insert into ai_action_requests (id, user_id, session_id, action_type, payload, payload_hash, target_version) "
        "values (%(id)s, %(user)s, %(session)s, 'open_room', %(payload)s, private.document_hash(%(payload)s), "
        "private.target_version('open_room', %(user)s, %(id)s, %(payload)s))",
        {"id": action, "user": rooms.user, "session": session, "payload": Jsonb(PAYLOAD)},
    )
    return action


def approve(rooms: Rooms, action: UUID) -> Any:
    return rooms.call(
        "approve_action",
        user_id=rooms.user,
        action_id=action,
        version=1,
        payload=None,
        seen=rooms.call("action_for_decision", user_id=rooms.user, action_id=action)["seen"],
        after=AFTER,
        preview=[],
        undo_seconds=3600.0,
    )


def undo(rooms: Rooms, action: UUID) -> Any:
    return rooms.call("undo_action", user_id=rooms.user, action_id=action)


def test_an_approval_opens_a_room_of_the_session(rooms: Rooms, session: str, action: UUID) -> None:
    approved = approve(rooms, action)
    room = rooms.snapshot(str(action))

    assert approved["outcome"] == "executed"
    assert (room["room"]["session_id"], room["room"]["task_prompt"]) == (session, PAYLOAD["prompt"])
    assert room["budget"]["limits"]["tokens"] == rooms.week()[1] == 200_000
    assert approved["action"]["result"]["room"]["room_id"] == room["room"]["room_id"]
    assert rooms.events(str(action)) == ["room.updated pending"]


def test_a_room_that_has_not_begun_is_taken_back_with_its_budget(rooms: Rooms, action: UUID) -> None:
    approve(rooms, action)

    assert undo(rooms, action)["outcome"] == "undone"
    assert rooms.snapshot(str(action)) == Refusal("PT404", "room_not_found", "")
    assert rooms.week() == (0, 0, 0.0, 0.0)
    assert rooms.rows("select 1 from ai_streams where stream like 'room:%%'") == []


@pytest.mark.parametrize("begun", ["started", "cancelled"])
def test_a_room_that_has_begun_stays(rooms: Rooms, action: UUID, begun: str) -> None:
    approve(rooms, action)
    if begun == "started":
        rooms.call("start_room", room_id=action, execution_arn="arn:x")
    else:
        rooms.cancel(str(action))

    refused = undo(rooms, action)
    assert (refused.sqlstate, refused.message) == ("PT409", "target_changed")
    assert rooms.snapshot(str(action))["room"]["id"] == str(action)


def test_an_approval_without_room_in_the_week_decides_nothing(rooms: Rooms, action: UUID) -> None:
    rooms.connection.execute("update ai_usage_plans set weekly_tokens = 1000000")
    rooms.opened(tokens=900_000, cost=0.1)

    assert approve(rooms, action).message == "quota_exceeded"
    assert rooms.value("select status from ai_action_requests") == "pending"
