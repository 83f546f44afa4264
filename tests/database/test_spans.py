"""What has ended, as a collector is to be told: once, in its order, soon, without a word and without a user."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, acting_as, add_user, allowed
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Chat

SECRET = "my knee hurts since the divorce"
CALL = {"provider": "OpenAI", "model": "m", "started_at": "2026-11-29T12:00:00Z", "milliseconds": 900}
CALL |= dict.fromkeys(["first_token_ms", "prompt_tokens", "cached_tokens", "completion_tokens"], 7)
COUNTS = ("model_calls", "memories", "history_messages", "history_left_out", "prompt_tokens", "cached_tokens")
RECEIPT: dict[str, Any] = dict.fromkeys([*COUNTS, "completion_tokens", "embedding_tokens", "tokens", "cost"], 1)
RECEIPT |= {"model": "m", "provider": "OpenAI", "prompt_version": "coach-6", "prompt_hash": "0", "lookups": []}
RECEIPT |= {"profile_fields": [], "searched": True, "chunks": [], "summary_until": None, "first_token_ms": 7}
RECEIPT |= {"estimated": False, "cost_complete": True, "finish_reason": "stop"}
RECEIPT |= {"calls": [CALL | {"finish_reason": "stop"}]}


@pytest.fixture
def chat(connection: Connection) -> Chat:
    return Chat(connection, add_user(connection))


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


def work(connection: Connection, minutes: float = 5, limit: int = 100) -> Any:
    """What is to be told so many minutes from now."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    row = connection.execute("select ended_work(%s, %s)", (at, limit)).fetchone()
    assert row is not None
    return row[0]


def note(connection: Connection, kind: str, last: Any) -> None:
    connection.execute("select note_told(%s)", (Jsonb({kind: {"ended_at": last["ended_at"], "id": last["id"]}}),))


def answered(chat: Chat, **metadata: Any) -> str:
    turn = str(chat.begin(chat.open_session())["turn"]["id"])
    chat.finish(turn, SECRET, metadata)
    return turn


def ids(ended: list[Any]) -> list[str]:
    return [each["id"] for each in ended]


def test_turns_that_ended_are_told_with_their_stages_and_receipts(chat: Chat) -> None:
    done = answered(chat, receipt=RECEIPT, citations=[])
    failed = str(chat.begin(chat.open_session())["turn"]["id"])
    chat.fail(failed)
    chat.begin(chat.open_session())  # still runs
    first, second = work(chat.connection)["turns"]

    assert (first["id"], first["status"], first["receipt"]) == (done, "completed", RECEIPT)
    assert [each["stage"] for each in first["stages"]] == [
        "started", "reserved", "asked", "answered", "settled", "completed",
    ]  # fmt: skip
    assert (second["id"], second["status"], second["error_code"], second["receipt"]) == (
        failed, "failed", "model_timeout", None,
    )  # fmt: skip


def test_what_ended_within_a_minute_waits_since_an_earlier_end_may_still_come(chat: Chat) -> None:
    answered(chat)

    assert work(chat.connection, minutes=1)["turns"] == []
    assert len(work(chat.connection, minutes=2)["turns"]) == 1


def test_what_was_told_is_not_told_again_also_where_several_ended_in_one_moment(chat: Chat) -> None:
    turns = [answered(chat) for _ in range(4)]
    chat.connection.execute("update ai_chat_turns set ended_at = now() where id = any(%s::uuid[])", (turns[:3],))
    told = []
    while page := work(chat.connection, limit=1)["turns"]:
        told += ids(page)
        note(chat.connection, "turns", page[-1])

    assert sorted(told) == sorted(turns)
    assert told[-1] == turns[-1]


def test_whoever_notes_late_moves_nothing_back(chat: Chat) -> None:
    first, second = [answered(chat), answered(chat)]
    ended = work(chat.connection)["turns"]
    assert ids(ended) == [first, second]
    note(chat.connection, "turns", ended[1])
    note(chat.connection, "turns", ended[0])

    assert work(chat.connection)["turns"] == []


def test_what_nobody_could_be_told_for_a_day_never_is(chat: Chat) -> None:
    answered(chat)

    assert len(work(chat.connection, minutes=24 * 60 - 1)["turns"]) == 1
    assert work(chat.connection, minutes=24 * 60 + 1)["turns"] == []


def test_a_room_is_told_with_its_calls_and_each_task_with_its_own_and_what_it_waited_for(rooms: Rooms) -> None:
    room = rooms.opened()
    rooms.record(room, None, "plan", model_used="m", provider="OpenAI", milliseconds=700, content=SECRET)
    [task] = rooms.plan(room, t1="")
    rooms.begin(room, task)
    rooms.record(room, task, "1", model_used="n", milliseconds=300)
    wait = rooms.ask(room, task)["wait_id"]
    rooms.answer(room, input_id=wait, answer=SECRET)
    rooms.begin(room, task)
    rooms.finish_task(room, task)
    rooms.finish(room, issues=[])
    found = work(rooms.connection)

    [told] = found["tasks"]
    assert (told["id"], told["room_id"], told["run"], told["role"], told["status"]) == (task, room, 1, "writer", "done")
    assert [(call["model"], call["milliseconds"]) for call in told["calls"]] == [("n", 300)]
    assert [(each["kind"], each["answered"]) for each in told["waits"]] == [("question", True)]
    [run] = found["rooms"]
    assert (run["id"], run["run"], run["status"]) == (room, 1, "completed")
    assert [(call["model"], call["provider"], call["milliseconds"]) for call in run["calls"]] == [("m", "OpenAI", 700)]


def test_a_run_that_is_tried_again_is_told_for_itself(rooms: Rooms) -> None:
    room = rooms.opened()
    rooms.record(room, None, "plan")
    first, second = rooms.plan(room, t1="", t2="")
    rooms.do(room, first)
    rooms.begin(room, second)
    rooms.record(room, second, "1")
    rooms.fail_task(room, second)
    rooms.finish(room, issues=[])
    before = work(rooms.connection)
    for kind in ("rooms", "tasks"):
        note(rooms.connection, kind, before[kind][-1])
    rooms.retry(room)
    rooms.call("start_room", room_id=room, execution_arn="arn:y")
    rooms.do(room, second)
    rooms.record(room, None, "review", attempt=2)
    rooms.finish(room, issues=[])
    after = work(rooms.connection)

    assert [(each["run"], each["status"], len(each["calls"])) for each in before["rooms"]] == [(1, "failed", 1)]
    assert [(each["run"], each["status"], len(each["calls"])) for each in after["rooms"]] == [(2, "completed", 1)]
    assert [(each["id"], each["run"], each["status"]) for each in before["tasks"]] == [
        (first, 1, "done"), (second, 1, "failed"),
    ]  # fmt: skip
    assert [(each["id"], each["run"], each["status"], len(each["calls"])) for each in after["tasks"]] == [
        (second, 2, "done", 1)
    ]
    assert before["rooms"][0]["ended_at"] < after["rooms"][0]["started_at"]


def test_an_attempt_at_a_document_is_told_once_it_has_ended(connection: Connection) -> None:
    connection.execute("select claim_source('knee pain of my mother.pdf', 'w1', 60)")
    assert work(connection)["documents"] == []
    connection.execute("select settle_source('knee pain of my mother.pdf', 'w1', 'failed', 'no_text', 'pdf', 9)")
    [told] = work(connection)["documents"]

    assert (told["status"], told["error_code"], told["format"], told["bytes"]) == ("failed", "no_text", "pdf", 9)
    assert told["started_at"] <= told["ended_at"]
    assert "mother" not in str(told)
    note(connection, "documents", told)
    connection.execute("select claim_source('knee pain of my mother.pdf', 'w2', 60)")
    assert work(connection)["documents"] == []


def test_no_word_and_no_user_is_told(chat: Chat, rooms: Rooms) -> None:
    answered(chat, receipt=RECEIPT, citations=[])
    room = str(rooms.create(task_prompt=SECRET)["room"]["id"])
    rooms.call("start_room", room_id=room, execution_arn="arn:x")
    [task] = rooms.plan(room, knee="")
    rooms.do(room, task)
    rooms.finish(room, issues=[])
    told = str(work(chat.connection))

    assert told.count(room) >= 2
    for hidden in (SECRET, str(chat.user), str(rooms.user), "knee"):
        assert hidden not in told


@pytest.mark.parametrize("statement", ["select ended_work()", "select note_told('{}')"])
@pytest.mark.parametrize(("role", "may"), [("anon", False), ("authenticated", False), ("service_role", True)])
def test_only_the_backend_is_told(connection: Connection, statement: str, role: str, may: bool) -> None:
    with acting_as(connection, role):
        assert allowed(connection, statement) is may
