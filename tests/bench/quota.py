"""Twenty threads that reserve on one row, as many users who ask and are answered, and the weekly reset of a million.

Beside each stands what it is to be judged by: the same threads asking for `select 1`, and a reset that sets every row
back to zero. What a turn writes is counted in bytes of the write-ahead log (without images of whole pages) and in rows.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from infra.local.demo.knowledge import documents, text_of
from infra.local.postgres import migrations, prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer
from tests.bench.harness.run import Run
from tests.support.database.actors import Connection, add_user
from tests.support.database.threads import at_once
from tests.support.database.turns import Chat

THREADS = 20
CALLS = 100  # of each thread
USERS = 1_000_000
FINISHED_WEEK = """
    insert into ai_usage (user_id, period_start, period_end, tokens_used, messages_used, cost_estimate)
    select id, '2026-11-16', '2026-11-22', 1000, 1, 0.01 from auth.users
"""


@contextmanager
def migrated_database(**settings: str) -> Iterator[tuple[str, str]]:
    """URLs of a database of its own, as owner and as superuser, of a server with these settings."""
    with PostgresServer(settings=settings) as server:
        url, superuser = server.create_database("bench"), server.url("bench", SUPERUSER)
        prelude.apply(superuser)
        migrations.apply(url)
        yield url, superuser


def reserve(user: UUID, calls: int) -> Callable[[Connection], int]:
    """Makes an act that reserves one message again and again and returns how often it got it."""

    def act(connection: Connection) -> int:
        granted = 0
        for _ in range(calls):
            try:
                connection.execute("select private.reserve_usage(%s, 1, 1, 0)", (user,))
                granted += 1
            except psycopg.DatabaseError as refusal:
                if refusal.sqlstate != "PT429":
                    raise
        return granted

    return act


def ask(calls: int) -> Callable[[Connection], int]:
    def act(connection: Connection) -> int:
        for _ in range(calls):
            connection.execute("select 1")
        return calls

    return act


def timed(url: str, *acts: Callable[[Connection], int]) -> tuple[int, float]:
    """What all threads got together, and the seconds it took them; connecting is not counted."""

    def clocked(act: Callable[[Connection], int], connection: Connection) -> tuple[int, float, float]:
        began = time.perf_counter()
        return act(connection), began, time.perf_counter()

    runs = at_once(url, *(partial(clocked, act) for act in acts))
    elapsed = max(end for *_, end in runs) - min(began for _, began, _ in runs)
    return sum(got for got, *_ in runs), elapsed


def reservations(url: str, calls: int) -> dict[str, Any]:
    attempts = THREADS * calls
    limit = attempts // 2
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update ai_usage_plans set weekly_messages = %s", (limit,))
        granted, _ = timed(url, *[reserve(add_user(connection), calls)] * THREADS)
        connection.execute("update ai_usage_plans set weekly_messages = %s", (attempts,))
        everything, reserving = timed(url, *[reserve(add_user(connection), calls)] * THREADS)
        _, asking = timed(url, *[ask(calls)] * THREADS)
    if everything != attempts:
        raise RuntimeError(f"{everything} of {attempts} reservations were granted below the limit")
    return {
        "limit": limit,
        "attempts": attempts,
        "granted": granted,
        "reserve_per_s": round(attempts / reserving, 1),
        "select_1_per_s": round(attempts / asking, 1),
        "reserve_to_select_1": round(asking / reserving, 3),
    }


ANSWER = text_of(documents()[0])[:1200]
METADATA = {
    "citations": [{"id": f"p{number}", "title": "Squatting", "quote": ANSWER[:160]} for number in range(3)],
    "receipt": {"model": "gpt-5-mini", "prompt_hash": "a" * 64, "prompt_tokens": 3100, "answer_tokens": 260},
}


def answer(user: UUID, sessions: Sequence[str], calls: int) -> Callable[[Connection], int]:
    """Makes an act that asks in each session in turn, with a key, and gets an answer of 1,200 characters."""

    def act(connection: Connection) -> int:
        chat = Chat(connection, user)
        for call in range(calls):
            begun = chat.begin(sessions[call % len(sessions)], key=f"{sessions[0]}-{call}")
            chat.finish(begun["turn"]["id"], content=ANSWER, metadata=METADATA)
        return calls

    return act


def turns(url: str, calls: int) -> dict[str, Any]:
    """Pairs of begin_turn and finish_turn of distinct users at once, and what one of them writes."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update ai_usage_plans set weekly_tokens = 2000000000, weekly_messages = 2000000000")
        chats = [Chat(connection, add_user(connection)) for _ in range(THREADS + 1)]
        acts = [answer(chat.user, [chat.open_session() for _ in range(3)], calls) for chat in chats]
        acts.pop()(connection)  # also what a page's first row costs
        connection.execute("vacuum")
        _, pairs = timed(url, *acts)
        _, asking = timed(url, *[ask(2 * calls)] * THREADS)
        alone = answer(chats[0].user, [chats[0].open_session()], calls)
        before = written(connection)
        alone(connection)
        wal, rows = (after - at_first for after, at_first in zip(written(connection), before, strict=True))
    return {
        "pairs_per_s": round(THREADS * calls / pairs, 1),
        "select_1_pairs_per_s": round(THREADS * calls / asking, 1),
        "wal_kb_per_turn": round(wal / calls / 1000, 2),
        "rows_per_turn": round(rows / calls, 1),
    }


def written(connection: Connection) -> tuple[int, int]:
    """Bytes of the write-ahead log so far, and rows that were inserted, updated or deleted."""
    connection.execute("select pg_stat_force_next_flush()")
    row = connection.execute(
        "select pg_current_wal_insert_lsn() - '0/0', "
        "(select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables)"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def size_of_usage(connection: Connection) -> int:
    """Bytes of the table with its indexes."""
    row = connection.execute("select pg_total_relation_size('public.ai_usage')").fetchone()
    assert row is not None
    return int(row[0])


def timed_growth(connection: Connection, statement: str) -> tuple[float, float]:
    """Seconds that a statement takes, and how many times as large the table is after it."""
    before = size_of_usage(connection)
    began = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - began, size_of_usage(connection) / before


def reset(superuser: str, users: int) -> dict[str, Any]:
    with psycopg.connect(superuser, autocommit=True) as connection:
        # A million rows are filled in without asking for each whether its user exists.
        connection.execute("set session_replication_role = replica")
        connection.execute("set search_path = public, extensions")
        connection.execute("truncate ai_usage cascade")
        connection.execute(
            f"insert into auth.users (email) select n || '@example.com' from generate_series(1, {users}) as n"
        )
        connection.execute(FINISHED_WEEK)
        connection.execute("set session_replication_role = origin")
        connection.execute("vacuum analyze ai_usage")
        first, growth = timed_growth(connection, "select reset_usage('2026-11-23T00:05:00Z')")
        again, _ = timed_growth(connection, "select reset_usage('2026-11-23T00:05:00Z')")
        naive, naive_growth = timed_growth(connection, "update ai_usage set tokens_used = 0, messages_used = 0")
    return {
        "reset_1m_users_s": round(first, 3),
        "reset_growth_ratio": round(growth, 3),
        "reset_again_s": round(again, 3),
        "update_every_row_s": round(naive, 3),
        "update_growth_ratio": round(naive_growth, 3),
        "reset_to_update": round(first / naive, 4),
    }


def main(run: Run) -> None:
    with migrated_database() as (url, superuser):
        figures = reservations(url, run.sized(CALLS, 2)) | turns(url, run.sized(CALLS, 2))
        figures |= reset(superuser, run.sized(USERS, 1000))
    run.write("quota", figures)
    run.show("Quota: 20 threads on one row, 20 users, and the weekly reset", ("figure", "value"), list(figures.items()))
