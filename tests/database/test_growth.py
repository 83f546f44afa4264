"""No call reads more, the more there is already: pages of 8 KB looked into, in a database with a heavy user."""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local.postgres.server import SUPERUSER, PostgresServer
from tests.bench.harness.filling import Size, fill
from tests.support.database.actors import Connection, acting_as, add_user
from tests.support.database.lists import LIST_EVENTS, LISTS, MAX_BUFFERS, buffers
from tests.support.database.turns import VECTOR, Chat

SIZE = Size(users=300, heavy=1_100, long_session=600)
HEAVY, LONG = (UUID(hashlib.md5(name, usedforsecurity=False).hexdigest()) for name in (b"heavy", b"long"))
PAGE = 20
OFFSETS = (0, 50 * PAGE)
PLANS = ("force_custom_plan", "force_generic_plan")


@pytest.fixture(scope="module")
def filled_url(postgres_server: PostgresServer, template: str) -> Iterator[str]:
    url = postgres_server.create_database("filled", template)
    fill(postgres_server.url("filled", SUPERUSER), SIZE)
    yield url
    postgres_server.drop_database("filled")


@pytest.fixture
def filled(filled_url: str) -> Iterator[Connection]:
    with psycopg.connect(filled_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("name", LISTS)
def test_a_page_of_a_list_reads_no_more_than_itself(filled: Connection, name: str, offset: int, plan: str) -> None:
    one = LISTS[name]
    within: Any = {"session_id": LONG, "status": "pending"}.get(one.within or "")
    arguments = {"within": within, "limit": PAGE}
    if offset:
        arguments |= one.position(filled, HEAVY, within, offset)
    filled.execute(f"set plan_cache_mode = {plan}")

    with acting_as(filled, one.role, HEAVY):
        assert buffers(filled, one.statement(behind=offset > 0), arguments, prepared=True) <= MAX_BUFFERS


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("stream", [f"session:{LONG}", f"user:{HEAVY}"])
def test_a_page_of_events_reads_no_more_than_itself(filled: Connection, stream: str, offset: int) -> None:
    arguments = {"user": HEAVY, "stream": stream, "after": offset, "limit": PAGE}
    filled.execute(LIST_EVENTS, arguments)  # what is read once in a session is not counted

    assert buffers(filled, LIST_EVENTS, arguments) <= MAX_BUFFERS + PAGE


def test_a_turn_of_a_long_session_reads_about_as_much_as_one_of_a_new_session(filled: Connection) -> None:
    new = add_user(filled)
    begin = f"select begin_turn(%s, %s, 'How deep?', 3, '{VECTOR}', 'm', 500, 0)"
    sessions = [(new, Chat(filled, new).open_session()), (HEAVY, LONG)]
    counted = []
    for user, session in sessions:
        with filled.transaction(force_rollback=True):
            filled.execute(begin, (user, session))  # loads the plans
        with filled.transaction(force_rollback=True):
            counted.append(buffers(filled, begin, (user, session)))

    few, many = counted
    assert many - few <= 50 * 5 + 50  # the 50 messages of its history, each with its turn, and the actions


def test_a_snapshot_reads_its_newest_messages_and_not_the_session(filled: Connection) -> None:
    snapshot = "select session_snapshot(%s, %s, 50)"
    filled.execute(snapshot, (HEAVY, LONG))

    assert buffers(filled, snapshot, (HEAVY, LONG)) <= 50 + MAX_BUFFERS


def test_turns_that_have_ended_cost_later_ones_nothing_while_an_old_snapshot_is_held(
    filled: Connection, filled_url: str
) -> None:
    user = add_user(filled)
    turn = Chat(filled, user).begin(Chat(filled, user).open_session())["turn"]["id"]
    with psycopg.connect(filled_url) as old:
        old.execute("set transaction isolation level repeatable read")
        old.execute("select 1 from ai_chat_turns limit 1")
        filled.execute(
            "with s as (select s.id, s.user_id from ai_chat_sessions as s "
            "where not exists (select from ai_chat_turns as t where t.session_id = s.id and t.status = 'running')) "
            "insert into ai_chat_turns (session_id, user_id) select id, user_id from s"
        )
        filled.execute(
            "update ai_chat_turns set status = 'completed', ended_at = now() where status = 'running' and id <> %s",
            (turn,),
        )
        statements = {
            "select private.fail_lost_turns(%s, now())": (user,),
            "select checkpoint_turn(%s, %s, 'Below')": (user, turn),
            "select private.fail_running_turn(%s, 'model_timeout')": (turn,),
        }
        for statement, arguments in statements.items():
            with filled.transaction(force_rollback=True):
                filled.execute(statement, arguments)
            with filled.transaction(force_rollback=True):
                assert buffers(filled, statement, arguments) <= 150, statement


# ------------------------------------------------------------------------------------------------- upkeep is bounded
def test_events_are_pruned_in_bites_of_a_stated_size_the_oldest_first(filled: Connection) -> None:
    old = "select count(*) from ai_events where created_at < now() - interval '7 days'"
    with filled.transaction(force_rollback=True):
        (before,) = filled.execute(old).fetchone() or (0,)
        assert before > 500
        pruned = filled.execute("select prune_events(now(), 100) -> 'events_pruned'").fetchone()
        assert pruned == (100,)
        youngest = "select min(created_at) from ai_events"
        (left,) = filled.execute(youngest).fetchone() or (None,)
        pruned = filled.execute("select prune_events(now(), 100) -> 'events_pruned'").fetchone()
        assert pruned == (100,)
        assert filled.execute(old).fetchone() == (before - 200,)
        assert filled.execute(f"select ({youngest}) > %s", (left,)).fetchone() == (True,)


def test_a_bite_of_pruning_reads_what_it_prunes_whatever_the_statistics_say(filled: Connection) -> None:
    prune = "select prune_events(now(), 100)"
    with filled.transaction(force_rollback=True):
        filled.execute(prune)
        # As after a large prune: the planner still takes most events for old ones.
        filled.execute("delete from ai_events where created_at < now() - interval '7 days' and seq % 50 <> 0")
        assert buffers(filled, prune, ()) <= 100 * 30


def test_a_backlog_is_worked_off_by_repeating(filled: Connection) -> None:
    with filled.transaction(force_rollback=True):
        while filled.execute("select (prune_events() ->> 'events_pruned')::int").fetchone() != (0,):
            pass
        old = "select count(*) from ai_events where created_at < now() - interval '7 days'"
        assert filled.execute(old).fetchone() == (0,)
        gap = "select bool_and(e.seq > s.pruned_through) from ai_events as e join ai_streams as s using (stream)"
        assert filled.execute(gap).fetchone() == (True,)
