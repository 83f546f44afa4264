"""Events are numbered without holes or doubles, tickets are spent once, nobody listens to a stranger."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from infra.local.postgres.server import PostgresServer
from tests.support.database.actors import Connection, add_user
from tests.support.waiting import eventually

THREADS = 20


def value(connection: Connection, query: str, *arguments: Any) -> Any:
    row = connection.execute(query, arguments).fetchone()
    assert row is not None
    return row[0]


def emit(connection: Connection, stream: str, user: UUID, kind: str = "event.withheld") -> dict[str, Any]:
    envelope: dict[str, Any] = value(connection, "select private.emit_event(%s, %s, %s, '{}')", stream, user, kind)
    return envelope


def add_session(connection: Connection, user: UUID) -> str:
    return f"session:{value(connection, 'insert into ai_chat_sessions (user_id) values (%s) returning id', user)}"


def add_room(connection: Connection, user: UUID, *, shared: bool = False) -> str:
    query = (
        "insert into rooms (room_id, user_id, task_prompt, folder_path, is_shared) "
        "values (%s, %s, 'Plan', 'rooms/b/', %s) returning id"
    )
    return f"room:{value(connection, query, uuid4().hex, user, shared)}"


def add_socket(connection: Connection, user: UUID) -> str:
    connection_id = f"c-{uuid4()}"
    connection.execute("select public.open_connection(%s, %s)", (connection_id, user))
    return connection_id


def add_ticket(connection: Connection, user: UUID, seconds: int = 60) -> str:
    digest = hashlib.sha256(uuid4().bytes).hexdigest()
    connection.execute("select public.create_ticket(%s, %s, %s)", (user, digest, seconds))
    return digest


def subscribe(connection: Connection, connection_id: str, stream: str) -> dict[str, Any]:
    subscribed: dict[str, Any] = value(connection, "select public.subscribe(%s, %s)", connection_id, stream)
    return subscribed


def listeners(connection: Connection, user: UUID, stream: str) -> list[str]:
    ids: list[str] = value(connection, "select private.listeners(%s, %s)", user, stream)
    return ids


@pytest.fixture
def user(connection: Connection) -> UUID:
    return add_user(connection)


@pytest.fixture(scope="module")
def url(postgres_server: PostgresServer, template: str) -> str:
    """A database in which every statement is a transaction of its own."""
    return postgres_server.create_database("realtime", template)


@pytest.fixture
def committed(url: str) -> Iterator[Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


# ------------------------------------------------------------------------------------------------------------- events
def test_an_event_is_returned_as_it_is_stored(connection: Connection, user: UUID) -> None:
    stream = add_session(connection, user)
    first, second = emit(connection, stream, user), emit(connection, stream, user)

    assert (first["v"], first["stream"], first["seq"], first["type"]) == (1, stream, 1, "event.withheld")
    assert (second["seq"], second["type"]) == (2, "event.withheld")
    assert value(connection, "select last_seq from ai_streams where stream = %s", stream) == 2


def test_streams_are_numbered_on_their_own(connection: Connection, user: UUID) -> None:
    one, other = add_session(connection, user), add_session(connection, user)
    emit(connection, one, user)

    assert emit(connection, other, user)["seq"] == 1


@pytest.mark.parametrize("stream", ["session", "session:1", "planet:00000000-0000-4000-8000-000000000000", ""])
def test_a_stream_has_a_name_of_the_known_form(connection: Connection, user: UUID, stream: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        emit(connection, stream, user)


def test_twenty_threads_number_events_without_holes_or_doubles(url: str, committed: Connection) -> None:
    user = add_user(committed)
    stream = add_session(committed, user)

    def write(number: int) -> list[int]:
        with psycopg.connect(url) as connection:
            seqs = []
            for attempt in range(20):
                seq = emit(connection, stream, user)["seq"]
                if (number + attempt) % 4:
                    connection.commit()
                    seqs.append(seq)
                else:
                    connection.rollback()
            return seqs

    with ThreadPoolExecutor(THREADS) as pool:
        given = [seq for seqs in pool.map(write, range(THREADS)) for seq in seqs]
    assert sorted(given) == list(range(1, 301))
    stored = committed.execute("select seq from ai_events where stream = %s order by seq", (stream,)).fetchall()
    assert [row[0] for row in stored] == list(range(1, 301))


def test_who_reads_on_from_the_last_seq_misses_none_while_others_write(url: str, committed: Connection) -> None:
    user = add_user(committed)
    stream = add_session(committed, user)
    done = threading.Event()

    def write(_: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(10):
                emit(connection, stream, user)

    def read() -> list[int]:
        seen: list[int] = []
        with psycopg.connect(url, autocommit=True) as connection:
            while not done.is_set() or len(seen) < last_seq(connection):
                query = "select seq from ai_events where stream = %s and seq > %s order by seq"
                seen += [row[0] for row in connection.execute(query, (stream, seen[-1] if seen else 0)).fetchall()]
        return seen

    def last_seq(connection: Connection) -> int:
        row = connection.execute("select last_seq from ai_streams where stream = %s", (stream,)).fetchone()
        return row[0] if row else 0

    with ThreadPoolExecutor(THREADS + 1) as pool:
        reading = pool.submit(read)
        list(pool.map(write, range(THREADS)))
        done.set()
        assert reading.result() == list(range(1, THREADS * 10 + 1))


def test_pruned_events_leave_a_mark_on_their_stream(connection: Connection, user: UUID) -> None:
    stream, young = add_session(connection, user), add_session(connection, user)
    for _ in range(4):
        emit(connection, stream, user)
    emit(connection, young, user)
    connection.execute("update ai_events set created_at = '2026-01-01' where stream = %s and seq <= 3", (stream,))

    assert value(connection, "select prune_events('2026-01-09')")["events_pruned"] == 3
    assert value(connection, "select prune_events('2026-01-09')")["events_pruned"] == 0
    query = "select pruned_through from ai_streams where stream = %s"
    assert (value(connection, query, stream), value(connection, query, young)) == (3, 0)
    assert emit(connection, stream, user)["seq"] == 5


def test_the_sweep_keeps_events_for_seven_days(connection: Connection, user: UUID) -> None:
    stream = add_session(connection, user)
    for age in ("7 days 1 minute", "6 days 23 hours"):
        seq = emit(connection, stream, user)["seq"]
        connection.execute(
            "update ai_events set created_at = now() - %s::interval where stream = %s and seq = %s", (age, stream, seq)
        )

    assert value(connection, "select public.prune_events()")["events_pruned"] == 1
    assert value(connection, "select array_agg(seq) from ai_events where stream = %s", stream) == [2]


# ------------------------------------------------------------------------------------------------------ subscriptions
def test_a_socket_listens_to_streams_of_its_own_user(connection: Connection, user: UUID) -> None:
    socket = add_socket(connection, user)
    for stream in (add_session(connection, user), f"user:{user}"):
        emit(connection, stream, user)
        assert subscribe(connection, socket, stream) == {"stream": stream, "as_of": 1}
        assert subscribe(connection, socket, stream) == {"stream": stream, "as_of": 1}
        assert listeners(connection, user, stream) == [socket]


def test_a_socket_listens_to_the_room_of_its_own_user(connection: Connection, user: UUID) -> None:
    stream = add_room(connection, user)

    assert subscribe(connection, add_socket(connection, user), stream) == {"stream": stream, "as_of": 0}
    with pytest.raises(psycopg.DatabaseError, match="stream_not_found"):
        subscribe(connection, add_socket(connection, add_user(connection)), stream)


@pytest.mark.parametrize(
    "form",
    [
        "{own}:{own}",
        "{own}:",
        "{theirs}",
        "user:{them}",
        "session:{me}",
        "room:{me}",
        "planet:{me}",
        "session:00000000-0000-4000-8000-000000000000",
        "",
    ],
)
def test_a_socket_listens_to_nothing_else(connection: Connection, user: UUID, form: str) -> None:
    stranger = add_user(connection)
    names = {"own": add_session(connection, user), "theirs": add_session(connection, stranger)}
    stream = form.format(**names, me=user, them=stranger)

    with pytest.raises(psycopg.DatabaseError, match="stream_not_found") as refused, connection.transaction():
        subscribe(connection, add_socket(connection, user), stream)
    assert refused.value.sqlstate == "PT404"
    assert value(connection, "select count(*) from websocket_subscriptions where user_id = %s", user) == 0


def test_a_socket_that_is_not_open_listens_to_nothing(connection: Connection, user: UUID) -> None:
    with pytest.raises(psycopg.DatabaseError, match="stream_not_found"):
        subscribe(connection, "unknown", add_session(connection, user))


def test_a_closed_socket_listens_no_more(connection: Connection, user: UUID) -> None:
    stream = add_session(connection, user)
    sockets = [add_socket(connection, user) for _ in range(3)]
    for socket in sockets:
        subscribe(connection, socket, stream)
    connection.execute("select public.close_connection(%s)", (sockets[0],))
    connection.execute("select public.close_connections(%s)", ([sockets[1], "unknown"],))

    assert listeners(connection, user, stream) == [sockets[2]]


def test_an_event_is_either_behind_as_of_or_pushed(url: str, committed: Connection) -> None:
    """Whoever subscribes while an event is written learns of it in one of the two ways."""
    user = add_user(committed)
    socket = add_socket(committed, user)
    stream = add_session(committed, user)
    with psycopg.connect(url) as writer, psycopg.connect(url, autocommit=True) as subscriber:
        emit(writer, stream, user)
        assert listeners(writer, user, stream) == []
        with ThreadPoolExecutor(1) as pool:
            subscribing = pool.submit(subscribe, subscriber, socket, stream)
            waiting = "select exists (select 1 from pg_locks where not granted and pid = %s)"
            while not value(committed, waiting, subscriber.info.backend_pid):
                assert not subscribing.done()
            writer.commit()
            assert subscribing.result()["as_of"] == 1
        emit(writer, stream, user)
        assert listeners(writer, user, stream) == [socket]


def test_a_stream_is_found_however_its_uuid_is_written(connection: Connection, user: UUID) -> None:
    socket, stream = add_socket(connection, user), add_session(connection, user)
    shouted = f"session:{stream.removeprefix('session:').upper()}"

    assert subscribe(connection, socket, shouted) == {"stream": stream, "as_of": 0}
    assert listeners(connection, user, stream) == [socket]
    connection.execute("select public.unsubscribe(%s, %s)", (socket, shouted))
    assert listeners(connection, user, stream) == []


def test_an_owner_is_told_before_those_who_watch(connection: Connection, user: UUID) -> None:
    stream = add_room(connection, user, shared=True)
    for watcher in (add_user(connection), user, add_user(connection)):
        subscribe(connection, add_socket(connection, watcher), stream)
    own = value(connection, "select connection_id from websocket_connections where user_id = %s", user)

    assert listeners(connection, user, stream)[0] == own


# ---------------------------------------------------------------------------------------------------- many at once
def beside(url: str, locked: tuple[str, Any], *calls: tuple[str, Any]) -> list[Any]:
    """The results of calls of which each waits for a lock before the next begins; the first for the rows of a query."""
    with ThreadPoolExecutor(len(calls)) as pool, ExitStack() as stack:
        holder, observer, *callers = [stack.enter_context(psycopg.connect(url)) for _ in range(2 + len(calls))]
        observer.autocommit = True
        holder.execute(f"{locked[0]} for update", locked[1:])
        running = []
        for connection, (call, argument) in zip(callers, calls, strict=True):
            running.append(pool.submit(_call, connection, call, argument))
            waits = "select exists (select 1 from pg_locks where not granted and pid = %s)"
            eventually(partial(value, observer, waits, connection.info.backend_pid))
        holder.rollback()
        return [each.result() for each in running]


def _call(connection: Connection, call: str, argument: Any) -> Any:
    with connection.transaction():
        return value(connection, f"select public.{call}", argument)


def test_a_socket_may_close_while_its_account_is_deleted(url: str, committed: Connection) -> None:
    user = add_user(committed)
    socket = add_socket(committed, user)
    first, second = (add_session(committed, user) for _ in range(2))
    for stream in (first, second):
        subscribe(committed, socket, stream)
    receipt, _ = beside(
        url,
        ("select from websocket_subscriptions where stream = %s", second),
        ("delete_account_data(%s)", user),
        ("close_connection(%s)", socket),
    )

    assert (receipt["websocket_subscriptions"], receipt["websocket_connections"]) == (2, 1)


def test_a_socket_may_subscribe_while_its_account_is_deleted(url: str, committed: Connection) -> None:
    user = add_user(committed)
    socket, stream = add_socket(committed, user), add_room(committed, user)
    emit(committed, stream, user)
    _, receipt = beside(
        url,
        ("select from websocket_connections where connection_id = %s", socket),
        (f"subscribe('{socket}', %s)", stream),
        ("delete_account_data(%s)", user),
    )

    assert (receipt["websocket_subscriptions"], receipt["rooms"], receipt["ai_streams"]) == (1, 1, 1)


# ------------------------------------------------------------------------------------------------------------ tickets
def test_a_ticket_opens_one_socket_of_its_user(connection: Connection, user: UUID) -> None:
    ticket = add_ticket(connection, user)
    connection.execute("select public.open_connection_by_ticket('c1', %s)", (ticket,))

    assert value(connection, "select user_id from websocket_connections where connection_id = 'c1'") == user
    with pytest.raises(psycopg.DatabaseError, match="ticket_invalid") as refused:
        connection.execute("select public.open_connection_by_ticket('c2', %s)", (ticket,))
    assert refused.value.sqlstate == "PT401"


def test_an_expired_ticket_opens_nothing_and_is_swept_away(connection: Connection, user: UUID) -> None:
    expired, valid = add_ticket(connection, user, seconds=0), add_ticket(connection, user)
    with pytest.raises(psycopg.DatabaseError, match="ticket_invalid"), connection.transaction():
        connection.execute("select public.open_connection_by_ticket('c1', %s)", (expired,))

    assert value(connection, "select public.forget_expired()")["tickets_deleted"] == 1
    assert value(connection, "select array_agg(ticket_hash) from realtime_tickets") == [valid]


def test_twenty_threads_spend_a_ticket_once(url: str, committed: Connection) -> None:
    user = add_user(committed)
    ticket = add_ticket(committed, user)
    together = threading.Barrier(THREADS)

    def spend(_: int) -> str | None:
        with psycopg.connect(url, autocommit=True) as connection:
            together.wait()
            try:
                connection.execute("select public.open_connection_by_ticket(%s, %s)", (f"c-{uuid4()}", ticket))
            except psycopg.DatabaseError as refused:
                return refused.sqlstate
            return "opened"

    with ThreadPoolExecutor(THREADS) as pool:
        assert Counter(pool.map(spend, range(THREADS))) == {"opened": 1, "PT401": THREADS - 1}
    assert value(committed, "select count(*) from websocket_connections where user_id = %s", user) == 1


@pytest.mark.parametrize("call", ["create_ticket(%s, repeat('a', 64), 60)", "open_connection('c', %s)"])
def test_an_account_that_is_gone_gets_neither_ticket_nor_socket(connection: Connection, call: str) -> None:
    with pytest.raises(psycopg.DatabaseError, match="account_gone") as refused:
        connection.execute(f"select public.{call}", (uuid4(),))
    assert refused.value.sqlstate == "PT401"
