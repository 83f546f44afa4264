"""Reserve, settle, release, reset: the weekly limits hold under every race."""

import contextlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest

from tests.support.database.actors import Connection, add_user

WEDNESDAY = "2026-11-18T12:00:00Z"
NEXT_MONDAY = "2026-11-23T00:05:00Z"


def limit(connection: Connection, *, messages: int = 100, tokens: int = 1_000_000, cost: float = 1) -> None:
    connection.execute(
        "update ai_usage_plans set weekly_messages = %s, weekly_tokens = %s, weekly_cost = %s where is_default",
        (messages, tokens, cost),
    )


def reserve(connection: Connection, user: UUID, tokens: int = 100, cost: float = 0, at: str = WEDNESDAY) -> UUID:
    row = connection.execute(
        "select private.reserve_usage(%s, %s, 1, %s::numeric, p_at => %s)", (user, tokens, cost, at)
    ).fetchone()
    assert row is not None
    reservation: UUID = row[0]
    return reservation


def settle(connection: Connection, reservation: UUID, tokens: int = 40, at: str = WEDNESDAY) -> bool:
    row = connection.execute(
        "select private.settle_usage(%s, %s, 1, 0.01, 'm', p_at => %s)", (reservation, tokens, at)
    ).fetchone()
    assert row is not None
    return bool(row[0])


def release(connection: Connection, reservation: UUID) -> bool:
    row = connection.execute("select private.release_usage(%s)", (reservation,)).fetchone()
    assert row is not None
    return bool(row[0])


def usage(connection: Connection, user: UUID, at: str = WEDNESDAY) -> tuple[int, int, int, int]:
    """Messages used and reserved, tokens used and reserved."""
    row = connection.execute(
        "select messages_used, messages_reserved, tokens_used, tokens_reserved from private.usage_snapshot(%s, %s)",
        (user, at),
    ).fetchone()
    assert row is not None
    return row


@pytest.fixture
def user(connection: Connection) -> UUID:
    return add_user(connection)


def test_a_reservation_is_held_until_it_is_settled_with_what_was_used(connection: Connection, user: UUID) -> None:
    reservation = reserve(connection, user)
    assert usage(connection, user) == (0, 1, 0, 100)

    assert settle(connection, reservation, tokens=40)
    assert usage(connection, user) == (1, 0, 40, 0)


def test_a_released_reservation_costs_nothing(connection: Connection, user: UUID) -> None:
    assert release(connection, reserve(connection, user))

    assert usage(connection, user) == (0, 0, 0, 0)


@pytest.mark.parametrize("first", [settle, release])
@pytest.mark.parametrize("second", [settle, release])
def test_a_reservation_ends_once(
    connection: Connection,
    user: UUID,
    first: Callable[[Connection, UUID], bool],
    second: Callable[[Connection, UUID], bool],
) -> None:
    reservation = reserve(connection, user)
    assert first(connection, reservation)
    after_first = usage(connection, user)

    assert not second(connection, reservation)
    assert usage(connection, user) == after_first


def test_a_provider_that_reports_more_than_was_reserved_does_not_break_the_cap(
    connection: Connection, user: UUID
) -> None:
    limit(connection, tokens=100)
    settle(connection, reserve(connection, user, tokens=100), tokens=250)

    assert usage(connection, user) == (1, 0, 100, 0)
    assert connection.execute("select tokens_used from ai_usage_ledger").fetchone() == (250,)


@pytest.mark.parametrize(
    ("limits", "named"), [({"messages": 1}, "messages"), ({"tokens": 150}, "tokens"), ({"cost": 0.5}, "cost")]
)
def test_the_refusal_names_the_limit_and_the_time_of_the_reset(
    connection: Connection, user: UUID, limits: dict[str, int], named: str
) -> None:
    limit(connection, **limits)
    reserve(connection, user, cost=0.5)
    with pytest.raises(psycopg.Error) as refusal, connection.transaction():
        reserve(connection, user, cost=0.5)

    detail = json.loads(refusal.value.diag.message_detail or "")
    assert (refusal.value.sqlstate, refusal.value.diag.message_primary) == ("PT429", "quota_exceeded")
    assert detail["limit"] == named
    assert detail["usage"]["resets_at"].startswith("2026-11-23T00:00:00")
    assert detail["retry_after"] == 4.5 * 24 * 3600


def test_a_refused_reservation_leaves_nothing_behind(connection: Connection, user: UUID) -> None:
    limit(connection, messages=0)
    with pytest.raises(psycopg.Error), connection.transaction():
        reserve(connection, user)

    assert connection.execute("select 1 from ai_usage").fetchall() == []


def test_a_new_week_begins_at_zero_without_any_reset(connection: Connection, user: UUID) -> None:
    limit(connection, messages=1)
    settle(connection, reserve(connection, user))

    reserve(connection, user, at=NEXT_MONDAY)
    assert usage(connection, user, at=NEXT_MONDAY) == (0, 1, 0, 100)


def test_a_reservation_of_last_week_is_settled_in_last_week(connection: Connection, user: UUID) -> None:
    reservation = reserve(connection, user, at="2026-11-22T23:59:00Z")
    settle(connection, reservation, at=NEXT_MONDAY)

    assert usage(connection, user) == (1, 0, 40, 0)
    assert usage(connection, user, at=NEXT_MONDAY) == (0, 0, 0, 0)


def test_an_expired_reservation_makes_room_for_the_next(connection: Connection, user: UUID) -> None:
    limit(connection, messages=1)
    reserve(connection, user)

    reserve(connection, user, at="2026-11-18T12:15:00Z")
    assert usage(connection, user) == (0, 1, 0, 100)


def test_the_users_own_plan_counts_before_the_default_one(connection: Connection, user: UUID) -> None:
    limit(connection, messages=0)
    connection.execute("insert into ai_usage_plans values ('pro', 1000, 5, 1, false)")
    connection.execute("insert into ai_user_plans values (%s, 'pro')", (user,))

    reserve(connection, user)
    assert usage(connection, user) == (0, 1, 0, 100)


def reset(connection: Connection, at: str = NEXT_MONDAY) -> dict[str, int]:
    row = connection.execute("select reset_usage(%s)", (at,)).fetchone()
    assert row is not None
    result: dict[str, int] = row[0]
    return result


def week(connection: Connection) -> tuple[int, int, Decimal]:
    """Messages, tokens and cost of all users together, in the one week that is closed."""
    row = connection.execute("select messages, tokens, cost from ai_usage_weeks").fetchone()
    assert row is not None
    return row


def test_the_weekly_reset_closes_finished_weeks_once(connection: Connection, user: UUID) -> None:
    settle(connection, reserve(connection, user))

    assert [reset(connection, at=at)["periods_closed"] for at in (WEDNESDAY, NEXT_MONDAY, NEXT_MONDAY)] == [0, 1, 0]
    assert usage(connection, user) == (1, 0, 40, 0)


def test_a_closed_week_says_what_all_users_together_used(connection: Connection, user: UUID) -> None:
    for person in (user, add_user(connection)):
        settle(connection, reserve(connection, person, cost=1), tokens=40)
    reset(connection)

    row = connection.execute("select period_start::text, users, messages, tokens, cost from ai_usage_weeks").fetchone()
    assert row == ("2026-11-16", 2, 2, 80, Decimal("0.02"))


def test_a_reset_that_comes_weeks_late_closes_each_week(connection: Connection, user: UUID) -> None:
    for at in ("2026-11-04T12:00:00Z", WEDNESDAY, NEXT_MONDAY):
        settle(connection, reserve(connection, user, at=at), at=at)

    assert reset(connection)["periods_closed"] == 2
    assert reset(connection, at="2026-12-09T12:00:00Z")["periods_closed"] == 1


def test_a_week_closes_whatever_is_open_in_it_and_counts_what_is_settled_later(
    connection: Connection, user: UUID
) -> None:
    first, second = (reserve(connection, user, cost=0.5) for _ in range(2))
    settle(connection, first, tokens=40)

    assert reset(connection) == {"periods_closed": 1}
    assert week(connection) == (1, 40, Decimal("0.01"))
    assert usage(connection, user) == (1, 1, 40, 100)
    assert settle(connection, second, tokens=70, at=NEXT_MONDAY)
    assert week(connection) == (2, 110, Decimal("0.02"))
    assert reset(connection) == {"periods_closed": 0}


def test_what_is_settled_while_the_week_is_closed_is_counted_once(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        users = [add_user(connection) for _ in range(8)]
        reservations = [reserve(connection, user) for user in users for _ in range(5)]

    def act(number: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as own:
            if number == 0:
                reset(own)
            else:
                settle(own, reservations[number - 1], at=NEXT_MONDAY)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(act, [*range(1, 20), 0, *range(20, 41)]))
    with psycopg.connect(database_url) as connection:
        assert week(connection) == (40, 40 * 40, Decimal("0.00"))


def test_twenty_threads_get_exactly_what_there_is(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        limit(connection, messages=100)
        user = add_user(connection)

    def attempts(_: int) -> int:
        granted = 0
        with psycopg.connect(database_url, autocommit=True) as own:
            for _ in range(10):
                with contextlib.suppress(psycopg.DatabaseError):  # the limit: anything else would show in the sum
                    reserve(own, user)
                    granted += 1
        return granted

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(attempts, range(20))) == 100
    with psycopg.connect(database_url) as connection:
        assert usage(connection, user) == (0, 100, 0, 10_000)
