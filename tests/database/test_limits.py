"""What costs a user nothing has a limit of its own, and nobody pays for another's use."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Refusal

SHA = "b" * 64


@pytest.fixture
def user(connection: Connection) -> Rooms:
    """A user where two of each are allowed, so that a test need not do a thing two hundred times."""
    connection.execute("update private.rate_limits set most = 2")
    return Rooms(connection)


def open_session(user: Rooms, key: str | None = None) -> Any:
    return user.call("create_session", user_id=user.user, idempotency_key=key, request_hash=SHA)


def urgent_message(user: Rooms) -> Any:
    session = user.value("insert into ai_chat_sessions (user_id) values (%s) returning id", user.user)
    return user.call(
        "begin_turn",
        user_id=user.user,
        session_id=session,
        content="I have chest pain",
        token_count=4,
        embedding=None,
        embedding_model="m",
        reserve_tokens=0,
        reserve_cost=0,
        free=True,
    )


def ticket(user: Rooms) -> Any:
    return user.call("create_ticket", user_id=user.user, ticket_hash=uuid4().hex * 2, seconds=60)


def upload(user: Rooms, size: int = 5) -> Any:
    name = uuid4().hex
    file = {
        "filename": f"{name}.md",
        "key": f"rooms/uploads/{name}",
        "size": size,
        "sha256": SHA,
        "mime": "text/markdown",
    }
    return user.call("register_upload", user_id=user.user, file=file)


def room(user: Rooms) -> Any:
    return user.create(limits={"tokens": 1000, "cost": 0})


def file_export(user: Rooms) -> Any:
    return user.call("count_file_export", user_id=user.user)


FREE: dict[str, Callable[[Rooms], Any]] = {
    "sessions": open_session,
    "urgent_messages": urgent_message,
    "tickets": ticket,
    "uploads": upload,
    "rooms": room,
    "file_exports": file_export,
}


@pytest.mark.parametrize(("name", "do"), FREE.items(), ids=FREE.keys())
def test_the_third_of_two_is_refused_with_its_code_and_the_time_to_wait(
    user: Rooms, name: str, do: Callable[[Rooms], Any]
) -> None:
    assert not any(isinstance(do(user), Refusal) for _ in range(2))
    refusal = do(user)
    assert (refusal.sqlstate, refusal.message) == ("PT429", f"too_many_{name}")
    detail = json.loads(refusal.detail)
    assert detail["limit"] == 2
    assert 0 < detail["retry_after"] <= detail["seconds"]


@pytest.mark.parametrize(("name", "do"), FREE.items(), ids=FREE.keys())
def test_a_refused_one_is_not_counted_and_a_new_period_begins_at_nothing(
    user: Rooms, name: str, do: Callable[[Rooms], Any]
) -> None:
    for _ in range(5):
        do(user)
    used = user.rows("select used from private.rate_counts where user_id = %s and name = %s", user.user, name)
    assert {count for (count,) in used} == {2}
    user.connection.execute("update private.rate_counts set period_start = period_start - interval '2 days'")
    assert not isinstance(do(user), Refusal)


def test_another_user_has_a_count_of_its_own(user: Rooms) -> None:
    for _ in range(3):
        open_session(user)
    assert not isinstance(open_session(Rooms(user.connection)), Refusal)


def test_the_same_request_again_is_not_another_use(user: Rooms) -> None:
    assert {open_session(user, key="k")["response"]["id"] for _ in range(5)} == {
        open_session(user, key="k")["response"]["id"]
    }
    assert user.value("select min(used) from private.rate_counts where user_id = %s", user.user) == 1


def test_an_urgent_message_leaves_nothing_behind_when_it_is_refused(user: Rooms) -> None:
    for _ in range(3):
        urgent_message(user)
    assert user.value("select count(*) from ai_chat_messages where user_id = %s", user.user) == 2
    assert user.value("select count(*) from ai_chat_turns where user_id = %s", user.user) == 2


def test_a_user_has_twenty_sockets_and_the_oldest_gives_way(user: Rooms) -> None:
    ids = [f"c-{n}-{uuid4().hex}" for n in range(25)]
    for age, connection_id in enumerate(ids):
        user.call("open_connection", connection_id=connection_id, user_id=user.user)
        user.connection.execute(
            "update websocket_connections set connected_at = now() + %s * interval '1 second' where connection_id = %s",
            (age - 100, connection_id),
        )
    stranger = Rooms(user.connection)
    stranger.call("open_connection", connection_id="theirs", user_id=stranger.user)

    left = user.rows("select connection_id from websocket_connections where user_id = %s", user.user)
    assert {connection_id for (connection_id,) in left} == set(ids[5:])
    assert stranger.value("select count(*) from websocket_connections where user_id = %s", stranger.user) == 1


def test_a_shared_room_has_a_hundred_strangers_for_listeners_and_always_its_owner(user: Rooms) -> None:
    created = room(user)["room"]
    stream = f"room:{created['id']}"
    user.connection.execute("update rooms set is_shared = true where id = %s", (created["id"],))

    def watch(who: Rooms) -> Any:
        connection_id = uuid4().hex
        who.connection.execute(
            "insert into websocket_connections (connection_id, user_id) values (%s, %s)", (connection_id, who.user)
        )
        return who.call("subscribe", connection_id=connection_id, stream=stream)

    stranger = Rooms(user.connection)
    assert not any(isinstance(watch(stranger), Refusal) for _ in range(100))
    assert watch(stranger).message == "too_many_listeners"
    assert not isinstance(watch(user), Refusal)


def test_a_socket_is_subscribed_to_a_hundred_streams(user: Rooms) -> None:
    connection_id = uuid4().hex
    user.call("open_connection", connection_id=connection_id, user_id=user.user)

    def subscribe() -> Any:
        session = user.value("insert into ai_chat_sessions (user_id) values (%s) returning id", user.user)
        return user.call("subscribe", connection_id=connection_id, stream=f"session:{session}")

    assert not any(isinstance(subscribe(), Refusal) for _ in range(100))
    assert subscribe().message == "too_many_subscriptions"


def test_files_of_more_than_two_gibibytes_find_no_place(user: Rooms) -> None:
    user.connection.execute("update private.rate_limits set most = 1000")
    upload(user)
    user.connection.execute("update room_file_versions set size = 2147483647 where user_id = %s", (user.user,))
    refusal = upload(user)
    assert (refusal.sqlstate, refusal.message) == ("PT422", "storage_full")
    assert json.loads(refusal.detail) == {"what": "bytes", "limit": 2147483648}


def test_five_thousand_sessions_are_kept(user: Rooms) -> None:
    user.connection.execute(
        "insert into ai_chat_sessions (user_id) select %s from generate_series(1, 5000)", (user.user,)
    )
    assert open_session(user).message == "storage_full"


def test_twenty_rooms_are_at_work_at_once(user: Rooms) -> None:
    user.connection.execute("update private.rate_limits set most = 1000")
    assert not any(isinstance(room(user), Refusal) for _ in range(20))
    assert room(user).message == "too_many_open_rooms"
    user.connection.execute("update rooms set status = 'failed' where user_id = %s", (user.user,))
    assert not isinstance(room(user), Refusal)


def busy_at(user: Rooms, most: int) -> None:
    """So many more rooms than there are now may be at work in the deployment."""
    user.connection.execute(
        "update private.deployment_limits set most = %s + (select count(*) from rooms "
        "where status in ('pending', 'processing')) where name = 'rooms_at_work'",
        (most,),
    )


def test_over_all_users_so_many_rooms_are_at_work_at_once_and_who_comes_then_is_told_when_to_come_again(
    user: Rooms,
) -> None:
    stranger = Rooms(user.connection)
    busy_at(user, 2)
    first = room(user)["room"]["id"]
    room(stranger)
    refusal = room(stranger)
    assert (refusal.sqlstate, refusal.message) == ("PT429", "rooms_busy")
    assert json.loads(refusal.detail) == {"retry_after": 120}
    assert user.value("select count(*) from private.rate_counts where name = 'rooms' and used > 1") == 0
    user.cancel(first)
    assert not isinstance(room(stranger), Refusal)


@pytest.mark.parametrize("again", ["retry", "continue"])
def test_a_room_is_not_begun_again_either_while_all_are_taken(user: Rooms, again: str) -> None:
    ended = room(user)["room"]["id"]
    user.cancel(ended)
    busy_at(user, 0)
    if again == "retry":
        refusal = user.retry(ended)
    else:
        refusal = user.call("continue_room", user_id=user.user, room=ended, follow_up="Shorter.")
    assert refusal.message == "rooms_busy"
    assert user.room(ended)[0] == "failed"


def test_a_room_that_waits_for_its_owner_takes_no_place_and_goes_on_though_all_are_taken(user: Rooms) -> None:
    waiting = user.opened()
    (task,) = user.plan(waiting, t1="")
    user.begin(waiting, task)
    user.ask(waiting, task)
    busy_at(user, 1)
    assert not isinstance(room(user), Refusal)
    user.answer(waiting, answer="60 kg")
    assert user.room(waiting)[0] == "processing"


def test_no_user_reads_or_writes_limits_and_counts(user: Rooms) -> None:
    for table in ("rate_limits", "rate_counts", "deployment_limits"):
        granted = user.value(
            "select count(*) from information_schema.role_table_grants where table_name = %s"
            " and grantee in ('anon', 'authenticated', 'service_role')",
            table,
        )
        assert granted == 0


def test_whoever_waited_over_the_end_of_a_period_does_not_begin_the_old_one_anew(user: Rooms) -> None:
    for _ in range(2):
        open_session(user)
    user.connection.execute(
        "update private.rate_counts set period_start = period_start + make_interval(secs => seconds)"
    )
    refusal = open_session(user)
    assert isinstance(refusal, Refusal)
    assert refusal.message == "too_many_sessions"
