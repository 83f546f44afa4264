"""Many connections that do something at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import psycopg

from tests.database.actors import Connection

T = TypeVar("T")
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
