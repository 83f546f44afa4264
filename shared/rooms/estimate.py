"""What a room will cost and how long it will take: a range, from the catalogue's prices and what tasks used before."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

from shared.database.client import Database
from shared.llm.catalogue import FREE, Cost, cost
from shared.llm.providers import Role as ModelRole
from shared.llm.providers import candidates
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.rooms import queries
from shared.rooms.queries import TaskFigures
from shared.rooms.schemas import ROLES, Estimate, EstimatedRange, ProviderChoice, Role

if TYPE_CHECKING:
    from shared.rooms.work import PlannedTask

# Of a task that nothing is known of: 4 and 16 calls, of which `make bench NAME=rooms` counts what is sent, with what is
# written; each call takes some 10 to 20 s.
UNMEASURED = TaskFigures(tokens=(11_000, 55_000), seconds=(40.0, 320.0))
# Planning and review: one call each of a few thousand tokens; at most two plans, a round of repairs, and two reviews of
# as much as a reviewer is shown (prompts.REVIEWED_TOKENS).
WHOLE_ROOM = TaskFigures(tokens=(6_000, 75_000), seconds=(20.0, 120.0))
SENT = 0.8  # of a task's tokens; the rest is written. In the same bench it is .77 to .86
USUAL_TASKS = (1, 4)  # that a plan has, where there is none yet
MAX_WAVES = 3  # one after the other: research, a text, and what builds on it


@dataclass(frozen=True)
class Estimator:
    """`figures` are what tasks used lately, by their roles."""

    figures: dict[Role, TaskFigures]
    provider: ProviderChoice | None = None

    @classmethod
    def of(cls, database: Database, provider: ProviderChoice | None) -> "Estimator":
        """Where nothing can be read of what was, an estimate is a rougher one."""
        try:
            return cls(queries.task_figures(database), provider)
        except UnavailableError as fault:
            log_fault("what tasks used lately could not be read", fault)
            return cls({}, provider)

    def unplanned(self, roles: Sequence[Role]) -> Estimate:
        """Of a room without a plan: one of the cheapest tasks at least, four of the dearest at most."""
        wanted = roles or ROLES
        cheapest = min((self._dollars(role, 0) for role in wanted), key=lambda each: each.dollars)
        dearest = max((self._dollars(role, 1) for role in wanted), key=lambda each: each.dollars)
        few, many = USUAL_TASKS
        quickest, slowest = (self._longest(wanted, bound) for bound in (0, 1))
        return self._estimate(wanted, [cheapest] * few, [dearest] * many, (quickest, slowest * MAX_WAVES))

    def planned(self, tasks: "Sequence[PlannedTask]") -> Estimate:
        """Of a plan; tasks that do not wait for each other take as long as the longest."""
        roles = sorted({role_of(task) for task in tasks})
        low, high = ([self._dollars(role_of(task), bound) for task in tasks] for bound in (0, 1))
        return self._estimate(roles, low, high, (self._path(tasks, 0), self._path(tasks, 1)))

    def _estimate(
        self, roles: Sequence[Role], low: list[Cost], high: list[Cost], seconds: tuple[float, float]
    ) -> Estimate:
        least, most = (self._whole(bound, tasks) for bound, tasks in enumerate((low, high)))
        shortest, longest = (own + other for own, other in zip(seconds, WHOLE_ROOM.seconds, strict=True))
        return Estimate(
            dollars=EstimatedRange(low=_rounded(least.dollars), high=_rounded(most.dollars)),
            minutes=EstimatedRange(low=_minutes(shortest), high=_minutes(longest)),
            cost_complete=most.complete,
            measured=bool(roles) and all(role in self.figures for role in roles),
        )

    def _whole(self, bound: int, tasks: list[Cost]) -> Cost:
        return reduce(Cost.__add__, tasks, self._price("orchestrator", WHOLE_ROOM.tokens[bound]))

    def _dollars(self, role: Role, bound: int) -> Cost:
        return self._price(role, self._of(role).tokens[bound])

    def _price(self, role: ModelRole, tokens: float) -> Cost:
        models = candidates(role, self.provider)
        if not models:
            return FREE
        sent = int(tokens * SENT)
        return cost(models[0].name, sent, int(tokens) - sent)

    def _of(self, role: Role) -> TaskFigures:
        return self.figures.get(role, UNMEASURED)

    def _longest(self, roles: Sequence[Role], bound: int) -> float:
        return (max if bound else min)(self._of(role).seconds[bound] for role in roles)

    def _path(self, tasks: "Sequence[PlannedTask]", bound: int) -> float:
        """Seconds of the longest chain of tasks that wait for each other."""
        known = {task.key: task for task in tasks}
        ends: dict[str, float] = {}

        def end(task: "PlannedTask") -> float:
            if task.key not in ends:
                before = max((end(known[key]) for key in task.depends_on if key in known), default=0.0)
                ends[task.key] = before + self._of(role_of(task)).seconds[bound]
            return ends[task.key]

        return max(map(end, tasks), default=0.0)


def role_of(task: "PlannedTask") -> Role:
    """As the plan was checked to have it."""
    return next(role for role in ROLES if role == task.role)


def _rounded(dollars: Decimal) -> float:
    """To a tenth of a cent."""
    return float(round(dollars, 3))


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 1)
