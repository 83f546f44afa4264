"""What the size of the database costs: a large one beside a small one, the calls of both alternating.

The large one has 50,000 users with 2,000,000 messages and 5,000,000 events, a fifth of these older than a week; the
small one has 1,000 users who have done as much each. In both one user is heavy: 1,200 sessions, rooms and actions, and
a session of 5,000 messages. The knowledge base is empty, so that its search hides nothing. Calls are warm: `ratio` is
what growth costs, not what a page costs that is not in memory.
"""

import itertools
import os
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tests.bench.harness.filling import Size, fill
from tests.bench.harness.run import Run
from tests.bench.quota import migrated_database
from tests.support.database.actors import acting_as
from tests.support.database.lists import LIST_EVENTS, LISTS, buffers
from tests.support.database.turns import Chat
from tests.support.database.upkeep import JOBS, job

BIG, SMALL = Size(users=50_000), Size(users=1_000)
BRIEF = Size(users=30, heavy=60, long_session=60), Size(users=10, heavy=60, long_session=60)
CALLS = 150  # of each kind in each database
MEMORY = "1GB"  # holds what the heavy user has, on as many pages as there are rows
PAGE = 20
DEEP = 50  # pages
QUIET = 300  # turns before the sweep
TYPICAL = 40  # users, over whom the calls go in turn


class Measured:
    """A filled database, and whom of it is asked.

    Its server works for us on the processor on which we wait, where the system lets us choose: what it takes to wake
    another one is as long as a short call, and differs between two servers.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        if hasattr(os, "sched_setaffinity"):
            for process in (0, self.connection.info.backend_pid):
                os.sched_setaffinity(process, {min(os.sched_getaffinity(0))})
        self.heavy = UUID(self._one("select md5('heavy')::uuid"))
        self.long = UUID(self._one("select md5('long')::uuid"))
        query = "select id, user_id from ai_chat_sessions where user_id <> %s order by id limit %s"
        self.typical = itertools.cycle(self.connection.execute(query, (self.heavy, TYPICAL)).fetchall())
        self.last = 0

    def _one(self, query: str, *arguments: Any) -> str:
        row = self.connection.execute(query, arguments).fetchone()
        assert row is not None
        return str(row[0])


Act = Callable[[Measured], None]
Prepare = Callable[[Measured], Act]


@dataclass(frozen=True)
class Statement:
    """One statement of one user, in a transaction that is undone, as its role."""

    text: str
    arguments: dict[str, Any]
    user: UUID
    role: str = "service_role"

    def __call__(self, database: Measured) -> None:
        with acting_as(database.connection, self.role, self.user) as connection:
            connection.execute(self.text, self.arguments).fetchall()

    def buffers(self, database: Measured) -> int:
        with acting_as(database.connection, self.role, self.user) as connection:
            return buffers(connection, self.text, self.arguments)


def statements(database: Measured, deep: int) -> dict[str, Statement]:
    """Every list at its first page and `deep` pages behind, and what a heavy user asks besides."""
    heavy = {"p_user": database.heavy, "p_session": database.long}
    found = {
        "get_session, 5,000 messages": Statement(
            "select session_snapshot(%(p_user)s, %(p_session)s)", heavy, database.heavy
        ),
        "export_account, heavy": Statement("select export_account(%(p_user)s)", heavy, database.heavy),
        "delete_account_data, heavy": Statement("select delete_account_data(%(p_user)s)", heavy, database.heavy),
    }
    for name, one in LISTS.items():
        within = {"session_id": database.long, "status": "pending"}.get(one.within or "")
        first = {"within": within, "limit": PAGE}
        found[f"{name}, page 1"] = Statement(one.statement(behind=False), first, database.heavy, one.role)
        behind = one.position(database.connection, database.heavy, within, PAGE * deep) | {"limit": PAGE}
        found[f"{name}, page {deep + 1}"] = Statement(one.statement(behind=True), behind, database.heavy, one.role)
    for stream in (f"session:{database.long}", f"user:{database.heavy}"):
        for pages in (0, deep):
            last = database.connection.execute("select min(seq) from ai_events where stream = %s", (stream,)).fetchone()
            assert last is not None
            after = last[0] - 1 + pages * PAGE
            asked = {"user": database.heavy, "stream": stream, "after": after, "limit": PAGE}
            name = f"list_events of a {stream.partition(':')[0]}, page {pages + 1}"
            found[name] = Statement(LIST_EVENTS, asked, database.heavy)
    return found


def turn(database: Measured, session: UUID, user: UUID) -> tuple[float, float]:
    """Seconds of begin_turn and of finish_turn."""
    chat = Chat(database.connection, user)
    database.last += 1
    began = time.perf_counter()
    begun = chat.begin(str(session), f"bench-{database.last}")
    middle = time.perf_counter()
    chat.finish(begun["turn"]["id"])
    return middle - began, time.perf_counter() - middle


def timed(statement: Statement, database: Measured) -> float:
    began = time.perf_counter()
    statement(database)
    return time.perf_counter() - began


def row(name: str, big: list[float], small: list[float], looked_into: int | None = None) -> dict[str, Any]:
    big_ms, small_ms = (statistics.median(times) * 1000 for times in (big, small))
    return {
        "name": name,
        "big_p50_ms": round(big_ms, 3),
        "small_p50_ms": round(small_ms, 3),
        "ratio": round(big_ms / small_ms, 2),
        "buffers": looked_into,
    }


def turns(big: Measured, small: Measured, calls: int) -> list[dict[str, Any]]:
    """begin_turn and finish_turn of typical sessions and of the one of 5,000 messages."""
    rows = []
    for title, typical in (("", True), (", 5,000 messages", False)):
        times: dict[Measured, list[tuple[float, float]]] = {big: [], small: []}
        for call in range(calls + TYPICAL):
            for database, took in times.items():
                pair = turn(database, *(next(database.typical) if typical else (database.long, database.heavy)))
                if call >= TYPICAL:  # the others were to warm up
                    took.append(pair)
        for at, function in enumerate(("begin_turn", "finish_turn")):
            in_big, in_small = ([pair[at] for pair in took] for took in times.values())
            rows.append(row(function + title, in_big, in_small))
    return rows


def asked(big: Measured, small: Measured, calls: int, deep: int) -> list[dict[str, Any]]:
    rows = []
    in_small = statements(small, deep)
    for name, statement in statements(big, deep).items():
        number = max(2, calls // 10) if "account" in name else calls
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(number + 6):  # from the sixth time on it has its lasting plan
            times[True].append(timed(statement, big))
            times[False].append(timed(in_small[name], small))
        rows.append(row(name, times[True][6:], times[False][6:], statement.buffers(big)))
    return rows


def swept(database: Measured) -> dict[str, Any]:
    """Do all jobs until nothing is left, while turns go on in sessions whose events are being pruned."""
    query = "select session_id, user_id from ai_chat_turns where user_id <> %s order by started_at limit 2000"
    oldest = database.connection.execute(query, (database.heavy,)).fetchall()
    done, waits, quiet = threading.Event(), [0.0], [0.0]
    chosen = itertools.cycle(oldest)

    def ask(longest: list[float], until: Callable[[], bool]) -> None:
        with psycopg.connect(database.url, autocommit=True) as connection:
            while not until():
                session, user = next(chosen)
                chat = Chat(connection, user)
                began = time.perf_counter()
                begun = chat.begin(str(session))
                middle = time.perf_counter()
                chat.finish(begun["turn"]["id"])
                longest.append(max(middle - began, time.perf_counter() - middle))

    ask(quiet, lambda: len(quiet) > QUIET)
    asking = threading.Thread(target=ask, args=(waits, done.is_set))
    asking.start()
    began, pruned = time.perf_counter(), 0
    with psycopg.connect(database.url, autocommit=True) as connection:
        for name in JOBS:
            while any((result := job(connection, name)).values()):
                pruned += result.get("events_pruned", 0)
    took = time.perf_counter() - began
    done.set()
    asking.join()
    return {
        "events_pruned": pruned,
        "seconds": round(took, 2),
        "rows_per_s": round(pruned / took),
        "longest_wait_s": round(max(waits), 3),
        "longest_wait_without_sweep_s": round(max(quiet), 3),
        "turns_meanwhile": len(waits) - 1,
    }


def main(run: Run) -> None:
    sizes = run.sized((BIG, SMALL), BRIEF)
    with ExitStack() as open_until_the_end:
        databases = []
        for size in sizes:
            url, superuser = open_until_the_end.enter_context(migrated_database(shared_buffers=MEMORY))
            fill(superuser, size)
            databases.append(Measured(url))
            open_until_the_end.callback(databases[-1].connection.close)
        big, small = databases
        calls, deep = run.sized(CALLS, 2), run.sized(DEEP, 2)
        rows = turns(big, small, calls) + asked(big, small, calls, deep)
        sweep = swept(big)
    run.write("scale", {"calls": rows, "sweep": sweep})
    run.show("Scale: a large database beside a small one", tuple(rows[0]), [tuple(each.values()) for each in rows])
    run.show("Sweep with a backlog", ("figure", "value"), list(sweep.items()))
