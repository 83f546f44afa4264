"""Tasks change hands when a worker dies, are paid once, and show their files when they are done."""

from secrets import token_hex
from typing import Any
from uuid import uuid4

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import SHA, Rooms, written
from tests.support.database.turns import Refusal


@pytest.fixture
def rooms(connection: Connection) -> Rooms:
    return Rooms(connection)


@pytest.fixture
def room(rooms: Rooms) -> str:
    return rooms.opened(tokens=1000, cost=0.5, calls=10, files=2, bytes=100)


@pytest.fixture
def task(rooms: Rooms, room: str) -> str:
    (only,) = rooms.plan(room, t1="")
    return only


def files(rooms: Rooms, room: str) -> list[tuple[str, int, int]]:
    found = rooms.snapshot(room)["files"]
    return [(file["filename"], file["version"], file["size"]) for file in found]


def deliver(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.draft(room, task)
    rooms.finish_task(room, task)


# ------------------------------------------------------------------------------------------------------------ workers
def test_a_task_is_with_one_worker_at_a_time(rooms: Rooms, room: str, task: str) -> None:
    first, second = rooms.begin(room, task, lease=60), rooms.begin(room, task)

    assert (first["outcome"], second["outcome"]) == ("run", "busy")
    assert 50 < rooms.lease_left(task) <= 60
    assert second["events"] == []


def test_the_task_of_a_dead_worker_goes_on_from_its_transcript(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.record(room, task, messages=[{"role": "assistant", "content": "half"}])
    rooms.kill_worker(task)
    second = rooms.begin(room, task)

    assert (second["outcome"], second["task"]["attempt"]) == ("run", 2)
    assert second["task"]["transcript"] == [{"role": "assistant", "content": "half"}]
    assert (second["task"]["calls"], second["task"]["tokens_used"]) == (1, 10)


def test_a_worker_that_must_stop_gives_its_task_to_the_next_one(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.begin_step(room, task, 1000)

    assert rooms.release(room, task, attempt=1)
    assert rooms.begin_step(room, None, 1000)["proceed"]
    assert (rooms.begin(room, task)["outcome"], rooms.release(room, task, attempt=1)) == ("run", False)
    assert rooms.begin(room, task)["outcome"] == "busy"


@pytest.mark.parametrize("act", ["begin_step", "record"])
def test_a_worker_that_works_is_not_dead(rooms: Rooms, room: str, task: str, act: str) -> None:
    rooms.begin(room, task, lease=60)
    rooms.connection.execute("update room_tasks set lease_until = clock_timestamp() + interval '1 s'")
    getattr(rooms, act)(room, task)

    assert rooms.lease_left(task) > 50


def test_a_worker_that_was_overtaken_changes_nothing(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.kill_worker(task)
    rooms.begin(room, task)

    assert rooms.begin_step(room, task, attempt=1)["reason"] == "cancelled"
    assert rooms.draft(room, task, attempt=1)["outcome"] == "cancelled"
    assert rooms.ask(room, task, attempt=1)["outcome"] == "cancelled"
    assert rooms.finish_task(room, task, attempt=1)["outcome"] == "cancelled"
    assert rooms.fail_task(room, task, attempt=1)["outcome"] == "cancelled"
    assert rooms.statuses(room) == ["running"]
    late = rooms.record(room, task, attempt=1, messages=[{"role": "assistant"}])
    assert (late["recorded"], late["proceed"]) == (True, False)
    assert rooms.rows("select t.calls, m.transcript from room_tasks as t, ai_messages as m") == [(1, [])]
    assert rooms.begin_step(room, task, attempt=2)["proceed"]


def test_a_step_writes_what_it_adds_and_not_the_transcript_anew(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    written = "select (pg_current_wal_insert_lsn() - '0/0')::bigint"
    sizes = []
    for number in range(1, 13):
        before = rooms.value(written)
        rooms.record(room, task, str(number), messages=[{"role": "assistant", "content": token_hex(10_000)}])
        sizes.append(rooms.value(written) - before)

    assert max(sizes[2:]) < 2 * sizes[1]


# --------------------------------------------------------------------------------------------------------------- paid
def test_a_step_is_recorded_and_paid_once(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    message = [{"role": "assistant", "content": "x"}]
    first, again = (rooms.record(room, task, "1", tokens=70, messages=message) for _ in range(2))

    assert (first["recorded"], again["recorded"], again["proceed"]) == (True, False, True)
    assert rooms.rows("select tokens_used, calls_used from rooms") == [(70, 1)]
    assert rooms.rows("select t.calls, m.transcript from room_tasks as t, ai_messages as m") == [(1, message)]
    assert rooms.value("select count(*) from ai_messages") == 1


def test_steps_of_planning_are_paid_once_too(rooms: Rooms, room: str) -> None:
    for step in ("plan-1", "plan-1", "review-1"):
        assert rooms.begin_step(room, None)["proceed"]
        rooms.record(room, None, step)

    assert rooms.rows("select tokens_used, calls_used, in_flight_tokens from rooms") == [(20, 2, None)]


@pytest.mark.parametrize("function", ["finish_task", "fail_task"])
def test_a_task_that_is_done_is_never_run_failed_or_paid_again(
    rooms: Rooms, room: str, task: str, function: str
) -> None:
    rooms.do(room, task)
    rooms.draft(room, task)
    again = getattr(rooms, function)(room, task)

    assert (again["outcome"], again["events"]) == ("done", [])
    assert rooms.begin(room, task)["outcome"] == "done"
    assert rooms.begin_step(room, task)["proceed"] is False
    assert rooms.rows("select tokens_used, calls_used from rooms") == [(10, 1)]
    assert files(rooms, room) == []


def test_a_task_that_failed_stays_failed_in_this_run(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    first, again = rooms.fail_task(room, task), rooms.fail_task(room, task)

    assert (len(first["events"]), again["events"]) == (1, [])
    assert rooms.begin(room, task)["outcome"] == "failed"
    assert rooms.finish_task(room, task)["outcome"] == "failed"
    assert first["task"]["error_code"] == "stuck"


def test_a_task_of_another_room_is_not_found(rooms: Rooms, room: str, task: str) -> None:
    other = rooms.opened(tokens=10)

    assert rooms.begin(other, task) == Refusal("PT404", "task_not_found", "")
    assert rooms.begin_step(other, task)["proceed"] is False
    assert rooms.draft(other, task)["outcome"] == "cancelled"


# -------------------------------------------------------------------------------------------------------------- files
def test_files_appear_when_their_task_is_done(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.draft(room, task, "a.md")
    seen = rooms.begin(room, task)["files"]

    assert [(file["filename"], file["status"]) for file in seen] == [("a.md", "draft")]
    assert files(rooms, room) == []
    told = rooms.finish_task(room, task)["events"]
    assert files(rooms, room) == [("a.md", 1, 5)]
    assert [event["type"] for event in told] == ["file.created", "task.completed"]
    assert "key" not in told[0]["data"]["file"]


def test_a_draft_takes_the_place_of_the_one_before(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.draft(room, task, size=60)
    rooms.draft(room, task, size=90)

    assert rooms.rows("select size from room_file_versions") == [(90,)]
    rooms.finish_task(room, task)
    assert files(rooms, room) == [("a.md", 1, 90)]


def test_drafts_of_a_task_that_fails_are_kept_and_shown_as_partial(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.draft(room, task)
    told = rooms.fail_task(room, task)

    (shown,) = rooms.snapshot(room)["files"]
    assert (shown["filename"], shown["version"], shown["is_partial"]) == ("a.md", 1, True)
    assert [event["type"] for event in told["events"]][:2] == ["file.created", "task.failed"]


def test_a_whole_file_is_never_replaced_by_part_of_one(rooms: Rooms, room: str) -> None:
    first, second = rooms.plan(room, t1="", t2="t1")
    deliver(rooms, room, first)
    rooms.begin(room, second)
    rooms.draft(room, second, size=1)
    rooms.fail_task(room, second)

    assert rooms.rows("select version, size, is_partial from room_file_versions") == [(1, 5, False)]


def test_what_another_try_writes_takes_the_place_of_the_part(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.draft(room, task, size=1)
    rooms.fail_task(room, task)
    rooms.finish(room)
    rooms.retry(room)
    deliver(rooms, room, task)

    (shown,) = rooms.snapshot(room)["files"]
    assert (shown["version"], shown["size"], shown["is_partial"]) == (2, 5, False)


def test_a_sign_of_life_keeps_a_task_with_its_worker(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task, lease=60)
    rooms.kill_worker(task)
    told = rooms.call("renew_task", room_id=room, task_id=task, attempt=1)

    assert told == {"held": True, "listeners": []}
    assert 50 < rooms.lease_left(task) <= 60


def test_a_worker_that_was_overtaken_or_whose_room_has_ended_is_told_so(rooms: Rooms, room: str, task: str) -> None:
    rooms.begin(room, task)
    rooms.kill_worker(task)
    rooms.begin(room, task)

    assert not rooms.call("renew_task", room_id=room, task_id=task, attempt=1)["held"]
    rooms.cancel(room)
    assert not rooms.call("renew_task", room_id=room, task_id=task, attempt=2)["held"]


def test_every_version_of_a_file_is_kept(rooms: Rooms, room: str) -> None:
    for number, one in enumerate(rooms.plan(room, t1="", t2="t1"), start=1):
        rooms.begin(room, one)
        rooms.draft(room, one, size=number)
        rooms.finish_task(room, one)
    (listed,) = rooms.call("room_files", user_id=rooms.user, room=room)["files"]

    assert files(rooms, room) == [("a.md", 2, 2)]
    assert (listed["version"], listed["size"]) == (2, 2)
    assert [(v["version"], v["size"], v["sha256"]) for v in listed["versions"]] == [(1, 1, SHA), (2, 2, SHA)]
    rows = rooms.rows("select filename, version, file_size_bytes, file_path_on_server from files")
    assert rows == [("a.md", 2, 2, listed["key"])]


@pytest.mark.parametrize(
    ("drafts", "refused"),
    [
        ([("a", 1), ("b", 1), ("c", 1)], "too_many_files"),
        ([("a", 60), ("b", 41)], "too_many_bytes"),
        ([("a", 60), ("a", 100), ("b", 0)], None),
    ],
)
def test_files_and_bytes_have_limits(
    rooms: Rooms, room: str, task: str, drafts: list[tuple[str, int]], refused: str | None
) -> None:
    rooms.begin(room, task)
    stored: list[Any] = [rooms.draft(room, task, name, size) for name, size in drafts]

    if refused:
        assert (stored[-1].sqlstate, stored[-1].message) == ("PT422", refused)
        assert rooms.value("select count(*) from room_file_versions") == len(drafts) - 1
    else:
        assert {one["outcome"] for one in stored} == {"stored"}


# ------------------------------------------------------------------------------------------------------------ uploads
def test_a_room_takes_uploads_of_its_owner(rooms: Rooms) -> None:
    upload = rooms.upload("in.md")
    room = rooms.create(files=[upload])["room"]["id"]

    assert files(rooms, room) == [("in.md", 1, 5)]
    assert rooms.call("pending_uploads", user_id=rooms.user, file_ids=[upload]) == []
    assert "file.created" in rooms.events(room)


def test_an_upload_goes_to_one_room_and_never_to_a_stranger(rooms: Rooms) -> None:
    upload = rooms.upload()
    stranger = Rooms(rooms.connection)

    assert stranger.create(files=[upload]).message == "file_not_found"
    assert stranger.call("pending_uploads", user_id=stranger.user, file_ids=[upload]) == []
    rooms.create(files=[upload])
    assert rooms.create(files=[upload]).message == "file_not_found"


def test_an_upload_is_registered_once_under_its_id_or_key(rooms: Rooms) -> None:
    file = written("in.md", 5) | {"id": str(uuid4())}
    first, again = rooms.register(file=file), rooms.register(file=file)
    assert (first["replayed"], again["replayed"], again["file"]) == (False, True, first["file"])
    first, again = (rooms.register(file=written("in.md", 5), idempotency_key="k", request_hash=SHA) for _ in range(2))
    assert (again["replayed"], again["file"]) == (True, first["file"])
    assert rooms.value("select count(*) from room_file_versions") == 2
    assert rooms.value("select min(used) from private.rate_counts where name = 'uploads'") == 2

    other = rooms.register(file=written("in.md", 5), idempotency_key="k", request_hash="b" * 64)
    assert (other.sqlstate, other.message) == ("PT422", "idempotency_key_reused")
    stranger = Rooms(rooms.connection).register(file=file)
    assert (stranger.sqlstate, stranger.message) == ("PT404", "file_not_found")


def test_an_upload_that_is_given_twice_to_one_room_is_there_once(rooms: Rooms) -> None:
    upload = rooms.upload()
    room = rooms.create(files=[upload, upload])["room"]["id"]
    again = rooms.answer(room, files=[upload])

    assert "file.created" not in [event["type"] for event in again["events"]]
    assert [file["version"] for file in rooms.snapshot(room)["files"]] == [1]


def forget(rooms: Rooms, ids: list[str]) -> Any:
    return rooms.value("select forget_uploads(%s::uuid[])", ids)


def test_uploads_that_no_room_takes_are_bounded_and_forgotten(rooms: Rooms) -> None:
    for _ in range(100):
        rooms.upload()

    one_more = rooms.call("register_upload", user_id=rooms.user, file={"filename": "a", "key": "k", "size": 1})
    assert (one_more.sqlstate, one_more.message) == ("PT422", "too_many_files")
    assert rooms.value("select unused_uploads(now() + interval '2 days')") == []
    unused = rooms.value("select unused_uploads(now() + interval '3 days')")
    assert forget(rooms, [upload["id"] for upload in unused]) == {"uploads_deleted": 100}
    assert rooms.rows("select 1 from room_file_versions") == []


def test_an_upload_that_the_sweep_is_about_to_take_is_for_no_room(rooms: Rooms) -> None:
    upload = rooms.upload()
    rooms.connection.execute("update room_file_versions set created_at = now() - interval '2 days'")

    assert rooms.value("select unused_uploads()") == []
    assert rooms.create(files=[upload]).message == "file_not_found"


def test_an_upload_that_a_room_has_taken_is_never_forgotten(rooms: Rooms) -> None:
    upload = rooms.upload()
    rooms.create(files=[upload])

    assert rooms.value("select unused_uploads(now() + interval '30 days')") == []
    assert forget(rooms, [upload]) == {"uploads_deleted": 0}


def test_how_many_quotes_a_file_lost_is_kept_with_it(rooms: Rooms) -> None:
    room = rooms.opened()
    (task,) = rooms.plan(room, t1="")
    rooms.begin(room, task)
    file = written("a.md", 5) | {"quotes_dropped": 2}
    rooms.call("draft_file", room_id=room, task_id=task, file=file)
    rooms.finish_task(room, task)
    assert [each["quotes_dropped"] for each in rooms.call("room_work", room_id=room)["files"]] == [2]
