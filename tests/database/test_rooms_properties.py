"""Whatever agents, owner and workflow do in whatever order: the budget holds, the week balances, nothing stays open."""

import random
from typing import Any

import pytest

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Refusal

# How often each happens: mostly work.
ACTS = {
    "begin": 8,
    "begin_step": 12,
    "record": 10,
    "plan": 2,
    "lose_worker": 1,
    "release": 1,
    "finish_task": 1,
    "fail_task": 1,
    "ask_for_budget": 2,
    "raise_budget": 1,
    "cancel": 0.5,
    "finish": 0.5,
    "retry": 2,
}
WEEK = 1_000_000
IN_FLIGHT = """
    select coalesce(r.in_flight_tokens, 0) + coalesce(sum(t.in_flight_tokens), 0)
    from rooms as r join room_tasks as t on t.room_id = r.id where r.id = %s group by r.id
"""
ENDED = {"done", "failed", "skipped", "cancelled"}


class Life:
    """One room of three tasks, beside what a plain account of it says."""

    def __init__(self, connection: Connection, limit: int) -> None:
        self.rooms = Rooms(connection)
        self.room = self.rooms.opened(tokens=limit)
        self.tasks = self.rooms.plan(self.room, t1="", t2="", t3="")
        self.limit, self.used, self.steps = limit, 0, 0
        self.open = True
        self.status = ["pending"] * 3
        self.dead: set[int] = set()
        self.in_flight: dict[int | None, int] = {}
        self.begin(0)
        self.begin(1)

    # ------------------------------------------------------------------------------------------------- agents
    def begin(self, nr: int, _amount: int = 0) -> None:
        outcome = self.rooms.begin(self.room, self.tasks[nr])["outcome"]
        runs = self.open and (self.status[nr] == "pending" or nr in self.dead)
        assert (outcome == "run") == runs
        if runs:
            self.status[nr] = "running"
            self.dead.discard(nr)
            self.in_flight.pop(nr, None)

    def plan(self, _nr: int, most: int) -> None:
        self.begin_step(None, most)

    def begin_step(self, nr: int | None, most: int) -> None:
        asked = self.rooms.begin_step(self.room, self._id(nr), most)
        if not self._holds(nr):
            assert asked["reason"] == "cancelled"
            return
        self.in_flight.pop(nr, None)
        self._revive(nr)
        fits = self.used + sum(self.in_flight.values()) + most <= self.limit
        assert (asked["proceed"], asked["limit"]) == (fits, None if fits else "tokens")
        if fits:
            self.in_flight[nr] = most

    def record(self, part: int, _amount: int) -> None:
        """Of any call in flight; its report comes twice."""
        if not self.in_flight:
            return
        nr = list(self.in_flight)[part % len(self.in_flight)]
        tokens = self.in_flight.pop(nr) * part // 2
        self.steps += 1
        for _ in range(2):
            self.rooms.record(self.room, self._id(nr), str(self.steps), tokens)
        self.used += tokens
        self._revive(nr)

    def lose_worker(self, nr: int, _amount: int = 0) -> None:
        if self.status[nr] == "running":
            self.rooms.kill_worker(self.tasks[nr])
            self.dead.add(nr)

    def release(self, nr: int, _amount: int = 0) -> None:
        assert self.rooms.release(self.room, self.tasks[nr]) == self._holds(nr)
        if self._holds(nr):
            self.dead.add(nr)
            self.in_flight.pop(nr, None)

    def finish_task(self, nr: int, _amount: int) -> None:
        self._end_task(nr, "finish_task")

    def fail_task(self, nr: int, _amount: int) -> None:
        self._end_task(nr, "fail_task")

    def _end_task(self, nr: int, end: str) -> None:
        outcome = getattr(self.rooms, end)(self.room, self.tasks[nr])["outcome"]
        ends = self.open and (self.status[nr] == "running" or (end == "fail_task" and self.status[nr] not in ENDED))
        if ends:
            self._leave(nr, "done" if end == "finish_task" else "failed")
        assert outcome == (self.status[nr] if self.status[nr] in ENDED else "cancelled")

    def ask_for_budget(self, nr: int, _amount: int = 0) -> None:
        if self._holds(nr):
            self.rooms.ask(self.room, self.tasks[nr], "budget")
            self._leave(nr, "waiting")

    # -------------------------------------------------------------------------------------------------- owner
    def raise_budget(self, _nr: int, more: int) -> None:
        told = self.rooms.answer(self.room, budget={"tokens": self.limit + more})
        assert isinstance(told, Refusal) != self.open
        if self.open:
            self.limit += more
            self.status = ["pending" if status == "waiting" else status for status in self.status]

    def cancel(self, _nr: int, _amount: int) -> None:
        self._end("cancel")

    def finish(self, _nr: int, _amount: int) -> None:
        self._end("finish")

    def _end(self, end: str) -> None:
        getattr(self.rooms, end)(self.room)
        if self.open:
            living = {nr: most for nr, most in self.in_flight.items() if nr is not None and nr not in self.dead}
            planning = self.in_flight.get(None, 0) if end == "cancel" else 0
            self.used += sum(living.values()) + planning
            self.open, self.in_flight, self.dead = False, {}, set()
            left = "cancelled" if end == "cancel" else "skipped"
            self.status = [status if status in ENDED else left for status in self.status]

    def retry(self, _nr: int, _amount: int) -> None:
        failed = self.rooms.room(self.room)[0] == "failed"
        self.rooms.retry(self.room)
        if failed:
            self.open = True
            self.status = [status if status == "done" else "pending" for status in self.status]

    # ----------------------------------------------------------------------------------------------- always
    def the_budget_holds_and_the_week_balances(self) -> None:
        used, limit = self.rooms.rows("select tokens_used, token_limit from rooms where id = %s", self.room)[0]
        assert (used, limit) == (self.used, self.limit)
        assert used + sum(self.in_flight.values()) <= limit
        assert self.rooms.value(IN_FLIGHT, self.room) == sum(self.in_flight.values())
        charged, reserved, *_ = self.rooms.week()
        assert charged + reserved == (self.limit if self.open else self.used) <= WEEK
        assert (reserved == 0) or self.open

    def every_task_is_where_it_should_be(self) -> None:
        assert self.rooms.statuses(self.room) == self.status
        open_inputs = "select 1 from room_inputs where room_id = %s and answered_at is null and closed_at is null"
        assert len(self.rooms.rows(open_inputs, self.room)) == self.status.count("waiting")

    def a_room_waits_when_only_its_owner_can_help(self) -> None:
        waits = self.open and "waiting" in self.status and "running" not in self.status
        assert waits == (self.rooms.room(self.room) == ("active", "budget_reached"))

    def _id(self, nr: int | None) -> Any:
        return None if nr is None else self.tasks[nr]

    def _holds(self, nr: int | None) -> bool:
        return self.open and (nr is None or self.status[nr] == "running")

    def _revive(self, nr: int | None) -> None:
        """A worker that was thought dead and speaks has its lease again."""
        if nr is not None:
            self.dead.discard(nr)

    def _leave(self, nr: int, status: str) -> None:
        self.status[nr] = status
        self.dead.discard(nr)
        self.in_flight.pop(nr, None)


@pytest.mark.parametrize("seed", range(6))
def test_any_life_of_a_room_keeps_its_books(connection: Connection, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a failure must happen again
    life = Life(connection, dice.randrange(50, 200))
    for act in dice.choices(list(ACTS), list(ACTS.values()), k=150):
        getattr(life, act)(dice.randrange(3), dice.randrange(60))
        life.the_budget_holds_and_the_week_balances()
        life.every_task_is_where_it_should_be()
        life.a_room_waits_when_only_its_owner_can_help()
