"""Whoever is killed, overtaken, cancelled or heard of too late or twice: each call of a model is charged once."""

from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.database.actors import Connection
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Refusal

WEEK, LIMIT = 1200, 300
TASKS = 2
IN_FLIGHT = """
    select coalesce(r.in_flight_tokens, 0) + coalesce(sum(t.in_flight_tokens), 0)
    from rooms as r join room_tasks as t on t.room_id = r.id where r.id = %s group by r.id
"""
# The room's own account, and what was charged to the week when it had ended.
CHARGED = """
    select r.tokens_used + coalesce((select sum(l.tokens_used) from ai_usage_ledger as l where l.room_id is null), 0)
    from rooms as r where r.id = %s
"""


@dataclass(eq=False)
class Worker:
    """`task` is null of one that plans or reviews: its attempt is the run."""

    task: str | None
    attempt: int
    steps: int = 0
    holds: bool = True  # its task, or its run
    lives: bool = True  # as far as its lease says
    call: "Call | None" = None  # the one in flight


@dataclass(eq=False)
class Call:
    """What the model's log says of it: `used`, once it has answered."""

    worker: Worker
    step: str
    most: int
    used: int
    charged: int | None = None


class Money(RuleBasedStateMachine):
    """One room. The log of its model says what it must have been charged."""

    connection: Connection  # of the test; an example is undone at its end
    workers: Bundle[Worker] = Bundle("workers")
    unheard: Bundle[Call] = Bundle("unheard")
    heard: Bundle[Call] = Bundle("heard")

    def __init__(self) -> None:
        super().__init__()
        self.undone = self.connection.transaction(force_rollback=True)
        self.undone.__enter__()
        self.connection.execute("update ai_usage_plans set weekly_tokens = %s", (WEEK,))
        self.rooms = Rooms(self.connection)
        self.room = self.rooms.opened(tokens=LIMIT)
        self.tasks = self.rooms.plan(self.room, t1="", t2="")
        self.run, self.open, self.late = 1, True, 0
        self.at_work: list[Worker] = []
        self.log: list[Call] = []

    def teardown(self) -> None:
        self.undone.__exit__(None, None, None)

    # ------------------------------------------------------------------------------------------------------ workers
    @initialize(target=workers)
    def plan(self) -> Worker:
        return self._at_work(Worker(None, self.run))

    @rule(target=workers, nr=st.integers(0, TASKS - 1))
    def begin(self, nr: int) -> Any:
        begun = self.rooms.begin(self.room, self.tasks[nr], run=self.run)
        if begun["outcome"] != "run":
            return multiple()
        self._lose([worker for worker in self.at_work if worker.task == self.tasks[nr]])
        return self._at_work(Worker(self.tasks[nr], begun["task"]["attempt"]))

    @rule(worker=workers)
    def kill(self, worker: Worker) -> None:
        if worker.holds and worker.task:
            self.rooms.kill_worker(worker.task)
            worker.lives = False

    @rule(worker=workers)
    def release(self, worker: Worker) -> None:
        if worker.task:
            assert self.rooms.release(self.room, worker.task, worker.attempt) == worker.holds
        if worker.task and worker.holds:
            worker.lives, worker.call = False, None

    @rule(worker=workers)
    def finish_task(self, worker: Worker) -> None:
        if worker.task and worker.call is None:
            for _ in range(2):
                outcome = self.rooms.finish_task(self.room, worker.task, worker.attempt)["outcome"]
                assert outcome == "done" or not worker.holds
            self._lose([worker])

    # -------------------------------------------------------------------------------------------------------- calls
    @rule(target=unheard, worker=workers, most=st.integers(0, 120), share=st.integers(0, 4))
    def begin_step(self, worker: Worker, most: int, share: int) -> Any:
        """Nobody asks for two calls at once; a worker whose lease is over may still ask."""
        if worker.call:
            return multiple()
        permit = self.rooms.begin_step(self.room, worker.task, most, attempt=worker.attempt)
        assert (permit["reason"] == "cancelled") != worker.holds
        if not permit["proceed"]:
            worker.lives = worker.holds
            return multiple()
        worker.lives, worker.steps = True, worker.steps + 1
        worker.call = Call(worker, str(worker.steps), most, most * share // 4)
        return worker.call

    @rule(target=heard, call=consumes(unheard), times=st.integers(1, 2))
    def record(self, call: Call, times: int) -> Call:
        """The answer of `record_step` may be lost: then it is asked again."""
        for _ in range(times):
            self._record(call)
        worker = call.worker
        if not worker.holds:
            self.late += call.used
        else:
            worker.lives = True
        if worker.call is call:
            worker.call = None
        if call.charged is None:
            call.charged = call.used
        self.log.append(call)
        return call

    @rule(call=heard)
    def record_once_more(self, call: Call) -> None:
        """Long after, when something else may be in flight."""
        assert self._record(call)["recorded"] is False

    def _record(self, call: Call) -> Any:
        worker = call.worker
        return self.rooms.record(self.room, worker.task, call.step, call.used, attempt=worker.attempt)

    # ---------------------------------------------------------------------------------------------------- the owner
    @precondition(lambda self: self.open)
    @rule()
    def cancel(self) -> None:
        self._end("cancelled")
        self.rooms.cancel(self.room)

    @precondition(lambda self: self.open)
    @rule(status=st.sampled_from(["failed", "completed"]))
    def finish(self, status: str) -> None:
        self._end(status)
        self.rooms.finish(self.room, status=status, run=self.run)

    @precondition(lambda self: not self.open)
    @rule(target=workers)
    def retry(self) -> Any:
        again = self.rooms.retry(self.room)
        if isinstance(again, Refusal):
            return multiple()
        self.run, self.open = again["room"]["run"], True
        return self._at_work(Worker(None, self.run))

    @precondition(lambda self: self.open)
    @rule(more=st.integers(0, 200))
    def raise_budget(self, more: int) -> None:
        limit = self.rooms.value("select token_limit from rooms")
        self.rooms.answer(self.room, budget={"tokens": limit + more})

    def _end(self, how: str) -> None:
        """Who lives may be in a call: it is charged the most. A plan or review only where the owner cut it off."""
        if self.open:
            for worker in self.at_work:
                if worker.call and worker.lives and (worker.task or how == "cancelled"):
                    worker.call.charged = worker.call.most
                    self.log.append(worker.call)
            self._lose(list(self.at_work))
            self.open = False

    def _at_work(self, worker: Worker) -> Worker:
        self.at_work.append(worker)
        return worker

    def _lose(self, workers: list[Worker]) -> None:
        for worker in workers:
            worker.holds = worker.lives = False
            worker.call = None
        self.at_work = [worker for worker in self.at_work if worker.holds]

    # ------------------------------------------------------------------------------------------------------- always
    @invariant()
    def what_is_charged_is_what_the_log_says(self) -> None:
        expected = sum(call.charged or 0 for call in set(self.log))
        assert self.rooms.value(CHARGED, self.room) == expected
        if not self.open:
            ledger = "select coalesce(sum(tokens_used), 0) from ai_usage_ledger where status = 'settled'"
            assert self.rooms.value(ledger) == expected

    @invariant()
    def what_is_in_flight_is_what_is_asked(self) -> None:
        asked = sum(worker.call.most for worker in self.at_work if worker.call)
        assert self.rooms.value(IN_FLIGHT, self.room) == asked

    @invariant()
    def no_limit_is_passed(self) -> None:
        used, limit, in_flight = self.rooms.rows(
            f"select tokens_used, token_limit, ({IN_FLIGHT}) from rooms where id = %s", self.room, self.room
        )[0]
        # What comes of a worker that was given up is used all the same.
        assert used + in_flight <= limit + self.late
        (week,) = self.rooms.rows("select tokens_used + tokens_reserved from ai_usage")
        assert week[0] <= WEEK


def test_each_call_is_charged_once_whatever_becomes_of_it(connection: Connection) -> None:
    Money.connection = connection
    run_state_machine_as_test(Money, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))
