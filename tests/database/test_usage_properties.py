"""Whatever is reserved, settled, released, swept and reset in whatever order: limits hold and the books balance."""
# ruff: noqa: S311 - what threads do is drawn by lot, not a secret

import random
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.database.actors import Connection, add_user
from tests.support.database.reservations import Books
from tests.support.database.threads import at_once
from tests.support.database.usage_model import Amount, Model, Reservation, week_of

START = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday
AMOUNTS = st.builds(Amount, tokens=st.integers(0, 60), messages=st.integers(0, 3), micros=st.integers(0, 60))
REPORTS = st.builds(Amount, tokens=st.integers(0, 90), messages=st.integers(0, 5), micros=st.integers(0, 90))
LIMITS = st.builds(Amount, tokens=st.integers(0, 200), messages=st.integers(0, 9), micros=st.integers(0, 200))
PLENTY = Amount(300, 15, 300)
# Reservations expire within minutes or days, and weeks end.
STEPS = st.sampled_from([timedelta(seconds=20), timedelta(minutes=5), timedelta(hours=9), timedelta(days=2)])
USERS = st.integers(0, 2)
UNBALANCED = """
    select u.id from ai_usage as u
    left join (
      select usage_id, sum(least(tokens_used, tokens_reserved)) as tokens,
        sum(least(messages_used, messages_reserved)) as messages, sum(least(cost_used, cost_reserved)) as cost
      from ai_usage_ledger where status = 'settled' group by usage_id
    ) as s on s.usage_id = u.id
    left join (
      select usage_id, sum(tokens_reserved) as tokens, sum(messages_reserved) as messages, sum(cost_reserved) as cost
      from ai_usage_ledger where status = 'reserved' group by usage_id
    ) as r on r.usage_id = u.id
    where (u.tokens_used, u.messages_used, u.cost_estimate)
        <> (coalesce(s.tokens, 0), coalesce(s.messages, 0), coalesce(s.cost, 0))
      or (u.tokens_reserved, u.messages_reserved, u.cost_reserved)
        <> (coalesce(r.tokens, 0), coalesce(r.messages, 0), coalesce(r.cost, 0))
"""
OVER_LIMIT = """
    select u.id from ai_usage as u join ai_usage_plans as p on p.is_default
    where u.tokens_used + u.tokens_reserved > p.weekly_tokens
      or u.messages_used + u.messages_reserved > p.weekly_messages
      or u.cost_estimate + u.cost_reserved > p.weekly_cost
"""


class Interleavings(RuleBasedStateMachine):
    """Operations in any order on a database and on the model, which must stay the same."""

    connection: Connection  # of the test; an example is undone at its end

    def __init__(self) -> None:
        super().__init__()
        self.undone = self.connection.transaction(force_rollback=True)
        self.undone.__enter__()
        self.books = Books(self.connection)
        self.now = START

    def teardown(self) -> None:
        self.undone.__exit__(None, None, None)

    @initialize(limit=st.just(PLENTY) | LIMITS)
    def begin(self, limit: Amount) -> None:
        self.users = [add_user(self.connection) for _ in range(3)]
        self.model = Model(limit)
        self.books.limit("free", limit)

    @rule(step=STEPS)
    def time_passes(self, step: timedelta) -> None:
        self.now += step

    @rule(number=USERS, amount=AMOUNTS, lives=st.sampled_from([timedelta(minutes=1), timedelta(days=4)]))
    def reserve(self, number: int, amount: Amount, lives: timedelta) -> None:
        user = self.users[number]
        refusal = self.model.refusal(user, amount, self.now)
        reservation = self.books.reserve(user, amount, lives, self.now)
        if isinstance(reservation, str):
            assert reservation == refusal
            return
        assert refusal is None
        week = week_of(self.now)
        self.model.release_overdue(self.now, user)
        self.model.periods.add((user, week))
        self.model.ledger[reservation] = Reservation(user, week, amount, self.now + lives)
        assert (self.model.used(user, week) + self.model.reserved(user, week)).exceeds(self.model.limit(user)) is None

    @precondition(lambda self: self.model.ledger)
    @rule(data=st.data(), used=REPORTS)
    def settle(self, data: st.DataObject, used: Amount) -> None:
        reservation = data.draw(st.sampled_from(list(self.model.ledger)))
        known = self.model.ledger[reservation]
        assert self.books.settle(reservation, used, self.now) == (known.status == "reserved")
        if known.status == "reserved":
            known.status, known.used = "settled", used

    @precondition(lambda self: self.model.ledger)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        reservation = data.draw(st.sampled_from(list(self.model.ledger)))
        known = self.model.ledger[reservation]
        assert self.books.release(reservation, self.now) == (known.status == "reserved")
        if known.status == "reserved":
            known.status = "released"

    @rule()
    def sweep(self) -> None:
        done = self.books.call("public.end_overdue_turns", self.now)
        assert done["reservations_released"] == self.model.release_overdue(self.now)

    @rule()
    def reset(self) -> None:
        done = self.books.call("public.reset_usage", self.now)
        assert done["periods_closed"] == self.model.close_weeks(self.now)

    @invariant()
    def closed_weeks_are_what_was_used_in_them(self) -> None:
        wanted = {
            week: sum((self.model.used(user, one) for user, one in self.model.periods if one == week), Amount())
            for week in self.model.closed
        }
        rows = self.books.rows("select period_start, tokens, messages, (cost * 1000000)::int from ai_usage_weeks")
        assert {week: Amount(*sums) for week, *sums in rows} == wanted

    @rule(limit=LIMITS)
    def the_default_plan_changes(self, limit: Amount) -> None:
        self.model.default = limit
        self.books.limit("free", limit)

    @rule(number=USERS, limit=LIMITS)
    def a_user_gets_a_plan(self, number: int, limit: Amount) -> None:
        user = self.users[number]
        self.model.own_plans[user] = limit
        self.books.limit(str(user), limit)
        self.connection.execute("insert into ai_user_plans values (%s, %s) on conflict do nothing", (user, str(user)))

    @rule(number=USERS)
    def a_user_gives_the_plan_up(self, number: int) -> None:
        self.model.own_plans.pop(self.users[number], None)
        self.connection.execute("delete from ai_user_plans where user_id = %s", (self.users[number],))

    @invariant()
    def usage_is_what_the_model_says(self) -> None:
        rows = self.books.rows(
            "select user_id, period_start, tokens_used, messages_used, (cost_estimate * 1000000)::int, "
            "tokens_reserved, messages_reserved, (cost_reserved * 1000000)::int from ai_usage"
        )
        stored = {(row[0], row[1]): (Amount(*row[2:5]), Amount(*row[5:8])) for row in rows}
        expected = {period: (self.model.used(*period), self.model.reserved(*period)) for period in self.model.periods}
        assert stored == expected

    @invariant()
    def every_reservation_has_ended_once_or_not_at_all(self) -> None:
        rows = self.books.rows("select id, status, ended_at is null from ai_usage_ledger")
        assert {row[0]: row[1] for row in rows} == {id_: known.status for id_, known in self.model.ledger.items()}
        assert all(is_open == (status == "reserved") for _, status, is_open in rows)

    @invariant()
    def a_closed_week_stays_as_it_was_closed(self) -> None:
        rows = self.books.rows("select period_start, users, tokens, messages from ai_usage_weeks")
        assert rows == [] or {row[0] for row in rows} == self.model.closed
        for week, *sums in rows:
            periods = [self.model.used(*period) for period in self.model.periods if period[1] == week]
            total = sum(periods, Amount())
            assert sums == [len(periods), total.tokens, total.messages]


def test_every_interleaving_keeps_to_the_limits_and_balances(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:

        class Machine(Interleavings):
            pass

        Machine.connection = connection
        Machine.TestCase.settings = settings(max_examples=80, stateful_step_count=50)
        run_state_machine_as_test(Machine)


class Turmoil:
    """What twenty threads share: users, a clock that goes over a week's end, reservations, and who ended them."""

    def __init__(self, users: list[UUID]) -> None:
        self.users = users
        self.reservations: list[UUID] = []
        self.settled: list[UUID] = []
        self.released: list[UUID] = []
        self.finished: list[bool] = []
        self._ticks = count()

    def clock(self) -> datetime:
        return datetime(2026, 11, 22, 6, tzinfo=UTC) + next(self._ticks) * timedelta(minutes=3)

    def work(self, connection: Connection) -> None:
        try:
            for _ in range(40):
                random.choice([self.reserve, self.reserve, self.reserve, self.settle, self.release, self.upkeep])(
                    Books(connection)
                )
        finally:
            self.finished.append(True)

    def reserve(self, books: Books) -> None:
        amount = Amount(random.randrange(40), random.randrange(3), random.randrange(40))
        lives = timedelta(minutes=random.choice([10, 60, 600]))
        reservation = books.reserve(random.choice(self.users), amount, lives, self.clock())
        if isinstance(reservation, UUID):
            self.reservations.append(reservation)

    def settle(self, books: Books) -> None:
        used = Amount(random.randrange(60), random.randrange(4), random.randrange(60))
        self.settled += [one for one in self._any() if books.settle(one, used, self.clock())]

    def release(self, books: Books) -> None:
        self.released += [one for one in self._any() if books.release(one, self.clock())]

    def upkeep(self, books: Books) -> None:
        books.call(random.choice(["public.end_overdue_turns", "public.reset_usage"]), self.clock())

    def observe(self, connection: Connection) -> list[tuple[Any, ...]]:
        """Periods that at some moment were over the limit, or were not the sum of their ledger."""
        wrong: list[tuple[Any, ...]] = []
        while len(self.finished) < 20:
            wrong += Books(connection).rows(UNBALANCED) + Books(connection).rows(OVER_LIMIT)
        return wrong

    def _any(self) -> list[UUID]:
        """Often the newest, so that several threads take the same one."""
        return random.sample(self.reservations[-5:], 1) if self.reservations else []


def test_twenty_threads_keep_to_the_limits_and_balance_at_every_moment(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        books = Books(connection)
        books.limit("free", Amount(1000, 60, 1000))
        turmoil = Turmoil([add_user(connection) for _ in range(3)])
        *_, wrong = at_once(database_url, *[turmoil.work] * 20, turmoil.observe)

        assert wrong == [] == books.rows(UNBALANCED) + books.rows(OVER_LIMIT)
        ended = turmoil.settled + turmoil.released
        assert len(ended) == len(set(ended)) > 20
        status = dict(books.rows("select id, status from ai_usage_ledger"))
        assert status.keys() == set(turmoil.reservations)
        assert {id_ for id_, ended_as in status.items() if ended_as == "settled"} == set(turmoil.settled)
        assert {status[id_] for id_ in turmoil.released} == {"released"}
        assert len(books.rows("select distinct period_start from ai_usage")) == 2
