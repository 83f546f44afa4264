"""Many connections that do something at the same time."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import psycopg

from tests.support.database.actors import Connection

T = TypeVar("T")
BLOCKED = "select 1 from pg_stat_activity where pid = %s and wait_event_type = 'Lock'"
ALL_CONNECTED_WITHIN = 60.0  # seconds; a busy machine takes five for fifty


def at_once(url: str, *acts: Callable[[Connection], T]) -> list[T]:
    """What each act returned, all of them begun together in threads with connections of their own."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[Connection], T]) -> T:
        with psycopg.connect(url, autocommit=True) as connection:
            barrier.wait(ALL_CONNECTED_WITHIN)
            return act(connection)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@contextlib.contextmanager
def blocked(url: str, act: Callable[[Connection], T], observer: Connection) -> Iterator[tuple[Future[T], int]]:
    """An act that waits for a lock of somebody else, and its backend's process id. The lock must be let go inside."""
    patience = "-c lock_timeout=60s"  # a test that fails must not wait forever
    with psycopg.connect(url, autocommit=True, options=patience) as connection, ThreadPoolExecutor(1) as pool:
        pid = connection.info.backend_pid
        future = pool.submit(act, connection)
        while not observer.execute(BLOCKED, (pid,)).fetchall():
            assert not future.done(), "it went through"
            time.sleep(0.005)
        yield future, pid
