"""A room that was opened from a conversation knows the words that led to it, and leaves its result there."""

from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms
from tests.support.database.turns import VECTOR, Chat


class Conversation:
    """One session of a user."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms = rooms
        self.chat = Chat(rooms.connection, rooms.user)
        self.id = self.chat.open_session()

    def begin(self, question: str, replaces: str | None = None) -> Any:
        said = {"content": question, "token_count": 3, "embedding": VECTOR, "embedding_model": "m"}
        reserved = {"reserve_tokens": 500, "reserve_cost": 0}
        return self.rooms.call(
            "begin_turn", user_id=self.rooms.user, session_id=self.id, replaces=replaces, **said, **reserved
        )

    def ask(self, question: str, answer: str) -> tuple[str, str]:
        """The ids of the question and of its answer."""
        work = self.begin(question)
        told = self.chat.finish(work["turn"]["id"], answer)
        return work["question_id"], told["response"]["message"]["id"]


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


@pytest.fixture
def chat(rooms: Rooms) -> Conversation:
    return Conversation(rooms)


@pytest.fixture
def room(rooms: Rooms, chat: Conversation) -> str:
    """A room of the conversation, at work."""
    room = str(rooms.create(session_id=chat.id)["room"]["id"])
    rooms.call("start_room", room_id=room, execution_arn="arn:x")
    return room


def done(rooms: Rooms, room: str, *issues: str) -> Any:
    """It has delivered a file, and has ended."""
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    rooms.draft(room, task, "plan.md")
    rooms.record(room, task, cost=0.01)
    rooms.finish_task(room, task)
    return rooms.finish(room, issues=list(issues))


def cards(rooms: Rooms) -> list[tuple[str, dict[str, Any]]]:
    return [
        (content, metadata["room"])
        for content, metadata in rooms.rows(
            "select content, metadata from ai_chat_messages where role = 'system' and user_id = %s order by created_at",
            rooms.user,
        )
    ]


def test_what_a_prompt_has_to_hold_of_a_result_is_bounded_and_its_card_has_all(rooms: Rooms, room: str) -> None:
    done(rooms, room, *["ü" * 300] * 20)

    ((content, card),) = cards(rooms)
    assert len(content) == 4000
    assert card["issues"] == ["ü" * 300] * 20


def test_the_result_stands_in_the_conversation_and_its_stream_tells_it(
    rooms: Rooms, chat: Conversation, room: str
) -> None:
    ended = done(rooms, room, "plan.md lacks what was not safe.")

    ((content, card),) = cards(rooms)
    assert content.splitlines() == [
        "Write a squat guide.",
        "completed, completed_with_issues",
        "plan.md",
        "plan.md lacks what was not safe.",
    ]
    told = {name: card[name] for name in ("id", "title", "status", "status_reason", "cost", "tokens")}
    assert told == {
        "id": room,
        "title": "Write a squat guide.",
        "status": "completed",
        "status_reason": "completed_with_issues",
        "cost": 0.01,
        "tokens": 10,
    }
    assert [(file["filename"], file["version"]) for file in card["files"]] == [("plan.md", 1)]
    (added,) = (event for event in ended["events"] if event["type"] == "message.added")
    assert (added["stream"], added["data"]["message"]["content"]) == (f"session:{chat.id}", content)
    listed = rooms.call("list_events", user_id=rooms.user, stream=added["stream"], after=0, limit=10)["items"]
    assert listed == [added]


def test_the_sockets_of_the_conversation_are_named_beside_those_of_the_room(
    rooms: Rooms, chat: Conversation, room: str
) -> None:
    for connection_id, stream in (("talk", f"session:{chat.id}"), ("watch", f"room:{room}")):
        rooms.call("open_connection", connection_id=connection_id, user_id=rooms.user)
        rooms.call("subscribe", connection_id=connection_id, stream=stream)
    ended = done(rooms, room)
    assert (ended["session_listeners"], ended["listeners"]) == (["talk"], ["watch"])


def test_the_users_stream_says_from_which_conversation_the_room_is_and_that_of_the_room_does_not(
    rooms: Rooms, chat: Conversation, room: str
) -> None:
    told = {
        event["stream"].partition(":")[0]: event["data"]["room"].get("session_id")
        for event in done(rooms, room)["events"]
        if event["type"] == "room.updated"
    }
    assert told == {"user": chat.id, "room": None}


def test_whoever_watches_a_shared_room_is_not_told_of_the_conversation(rooms: Rooms, room: str) -> None:
    watcher = Rooms(rooms.connection)
    rooms.share(room, True)
    watcher.call("open_connection", connection_id="theirs", user_id=watcher.user)
    watcher.call("subscribe", connection_id="theirs", stream=f"room:{room}")
    ended = done(rooms, room)
    assert {event["stream"] for event in ended["shown"]} == {f"room:{room}"}
    assert ended["session_listeners"] == []


def test_a_room_of_no_conversation_leaves_no_result(rooms: Rooms) -> None:
    room = rooms.opened()
    assert "message.added" not in {event["type"] for event in done(rooms, room)["events"]}
    assert cards(rooms) == []


@pytest.mark.parametrize("end", ["cancel", "lost", "finish"])
def test_however_it_ends_it_leaves_one_result_and_a_further_try_another(rooms: Rooms, room: str, end: str) -> None:
    def ended() -> None:
        if end == "cancel":
            rooms.cancel(room)
        elif end == "lost":
            rooms.connection.execute("update rooms set alive_until = now() - interval '1 s' where id = %s", (room,))
            rooms.call("end_lost_rooms")
        else:
            rooms.finish(room)
        rooms.finish(room)

    ended()
    assert [card["run"] for _, card in cards(rooms)] == [1]
    rooms.retry(room)
    ended()
    assert [(card["run"], card["status"]) for _, card in cards(rooms)] == [(1, "failed"), (2, "failed")]


def test_the_coach_is_told_of_it_with_the_next_question_and_still_when_one_is_asked_anew(
    rooms: Rooms, chat: Conversation, room: str
) -> None:
    question, _ = chat.ask("What is a squat?", "Bending knees.")
    done(rooms, room)
    anew = chat.begin("And a deadlift?", replaces=question)
    assert [message["role"] for message in anew["history"]] == ["system"]
    assert anew["history"][0]["token_count"] > 0


def test_a_room_that_is_deleted_takes_its_result_with_it(rooms: Rooms, chat: Conversation, room: str) -> None:
    other = str(rooms.create(session_id=chat.id)["room"]["id"])
    done(rooms, room)
    rooms.cancel(other)
    rooms.value("select delete_room(%s, %s::uuid, '{}')", rooms.user, room)
    assert [card["id"] for _, card in cards(rooms)] == [other]
    listed = rooms.call("list_events", user_id=rooms.user, stream=f"session:{chat.id}", after=0, limit=10)
    assert [event["data"]["message"] is None for event in listed["items"]] == [True, False]


# ------------------------------------------------------------------------------------------------ the words before
def conversation(rooms: Rooms, room: str) -> list[tuple[str, str]]:
    said = rooms.call("room_work", room_id=room)["room"]["conversation"]
    return [(each["role"], each["content"]) for each in said]


def test_the_room_knows_the_newest_words_that_were_said_before_it_was_opened(rooms: Rooms, chat: Conversation) -> None:
    for number in range(4):
        chat.ask(f"Question {number}" + "?" * 2000, f"Answer {number}")
    room = str(rooms.create(session_id=chat.id)["room"]["id"])
    rooms.connection.execute("update rooms set created_at = clock_timestamp()")  # all of a test is one transaction
    chat.ask("Something else?", "No.")

    said = conversation(rooms, room)
    assert [content[:10] for _, content in said] == [
        f"{kind} {number}"[:10] for number in (1, 2, 3) for kind in ("Question", "Answer")
    ]
    assert {len(content) for role, content in said if role == "user"} == {1000}
    (task,) = rooms.plan(room, t1="")
    rooms.call("start_room", room_id=room)
    assert rooms.begin(room, task)["room"]["conversation"][0]["role"] == "user"


def test_a_room_of_a_proposal_knows_the_words_up_to_the_proposal_however_late_it_was_approved(
    rooms: Rooms, chat: Conversation
) -> None:
    _, answer = chat.ask("Make me a guide for my bad knee.", "I propose a room.")
    room = str(uuid4())
    rooms.connection.execute(
        "insert into ai_action_requests (id, user_id, session_id, message_id, action_type, payload, payload_hash, "
        "target_version) values (%s, %s, %s, %s, 'open_room', %s, 'x', 'x')",
        (room, rooms.user, chat.id, answer, Jsonb({"prompt": "Write."})),
    )
    for _ in range(4):
        chat.ask("And the weather?", "Ask somebody else.")
    rooms.connection.execute(
        "select private.action_open_room(%s, %s, '{}', %s)",
        (rooms.user, room, Jsonb({"room": {"task_prompt": "Write."}})),
    )
    assert conversation(rooms, room) == [
        ("user", "Make me a guide for my bad knee."),
        ("assistant", "I propose a room."),
    ]
