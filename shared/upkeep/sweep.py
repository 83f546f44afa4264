"""One run of the upkeep: each job in bites, side by side in rounds, until nothing is left or the time is over."""

from collections import Counter
from collections.abc import Callable, Mapping

from shared.account import deletion
from shared.account import queries as accounts
from shared.database.client import MAINTENANCE_TIMEOUT, Database
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger, measure
from shared.rooms import schedule_queries as schedules
from shared.rooms import storage, workflow
from shared.rooms.queries import forget_tokens, start_room, unwoken_tasks
from shared.upkeep import queries
from shared.upkeep.queries import Counts
from shared.upkeep.span_export import export_spans

Job = Callable[[Database], Counts]
INDEX_SECONDS = MAINTENANCE_TIMEOUT + 5  # what the last step may take, with its connection
ERASURE_SECONDS = deletion.RESERVED_SECONDS + 5  # for one account; the next run goes on
BITE_SECONDS = 10.0  # what a bite can take at most: Supabase ends a statement after 8


def delete_uploads(database: Database) -> Counts:
    """Delete uploads that no room took: first their objects, so that none is left without a row that names it."""
    uploads = queries.unused_uploads(database)
    for upload in uploads:
        storage.delete(upload.key)
    return queries.forget_uploads(database, uploads) if uploads else {"uploads_deleted": 0}


def wake_rooms(database: Database) -> Counts:
    """Wake tasks whose input was answered, where whoever took the answer in could not. Raises UnavailableError."""
    tasks = unwoken_tasks(database)
    for task in tasks:
        workflow.wake(task.token)
    if tasks:  # a task that was quick has forgotten its own already
        forget_tokens(database, tasks)
    return {"tasks_woken": len(tasks)}


def delete_leftovers(database: Database) -> Counts:
    """Delete what came to the addresses of accounts after they had been deleted."""
    prefixes = accounts.due_leftovers(database)
    for prefix in prefixes:
        storage.delete_all(prefix)
    return accounts.forget_leftovers(database, prefixes) if prefixes else {"leftovers_deleted": 0}


def finish_erasure(database: Database) -> Counts:
    """Go on with the deletion of an account that nobody goes on with."""
    user = accounts.claim_erasure(database)
    if user is None:
        return {"accounts_deleted": 0}
    receipt = deletion.delete_account(database, user, Deadline.after(ERASURE_SECONDS))
    return {"accounts_deleted": int(receipt.status == "deleted")}


def open_scheduled_rooms(database: Database) -> Counts:
    """Open the rooms that are due. Raises UnavailableError where one could not be started: the next run does."""
    due = schedules.open_due(database)
    for room in due.rooms:
        start_room(database, room.id, room.run, workflow.start(room.id, room.run))
    return {"schedules_run": due.schedules_run}


JOBS: Mapping[str, Job] = {
    "end_overdue_turns": queries.end_overdue_turns,
    "end_overdue_actions": queries.end_overdue_actions,
    "end_lost_rooms": queries.end_lost_rooms,
    "forget_expired": queries.forget_expired,
    "prune_events": queries.prune_events,
    "delete_uploads": delete_uploads,
    "wake_rooms": wake_rooms,
    "open_scheduled_rooms": open_scheduled_rooms,
    "delete_leftovers": delete_leftovers,
    "finish_erasure": finish_erasure,
    "export_spans": export_spans,
}
# A server that takes connections and says nothing costs far more than a bite: what is left for the index is not theirs.
OF_OTHERS = {"delete_uploads", "delete_leftovers", "finish_erasure", "export_spans"}


def sweep(database: Database, maintenance: Database, deadline: Deadline) -> dict[str, object]:
    """Do all upkeep, and report it; `maintenance` waits for longer. Safe at any time.

    A job that fails stops no other. Raises UnavailableError at the end where one did.
    """
    run = _Run(database)
    run.do(deadline)
    report: dict[str, object] = {}
    run.attempt("maintain_index", lambda: report.update(knowledge=_maintain_index(maintenance)))
    run.attempt("upkeep_lag", lambda: report.update(lag=_measured_lag(database)))
    report |= run.counts
    logger.info("swept", extra={"failed": run.failed, **report})
    if run.failed:
        raise UnavailableError(code="upkeep_failed")
    return report


class _Run:
    """What the jobs have done so far, and which of them failed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []

    def do(self, deadline: Deadline) -> None:
        """Give each job one bite after the other, so that a long one keeps none of the others waiting."""
        waiting = [job for job in JOBS if (job not in OF_OTHERS or self._has_time(deadline)) and self._bite(job)]
        while waiting:
            waiting = [job for job in waiting if self._has_time(deadline) and self._bite(job)]

    @staticmethod
    def _has_time(deadline: Deadline) -> bool:
        return deadline.remaining(keep=INDEX_SECONDS + BITE_SECONDS) > 0

    def attempt(self, job: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - a fault of one job, of whatever kind, is none of the others'
            log_fault(f"{job} failed; the next run tries again", fault)
            self.failed.append(job)

    def _bite(self, job: str) -> bool:
        """Whether there may be more to do."""
        done: Counts = {}
        self.attempt(job, lambda: done.update(JOBS[job](self._database)))
        self.counts.update(done)
        return any(done.values())


def _maintain_index(database: Database) -> dict[str, object]:
    return queries.maintain_index(database).model_dump(exclude_none=True)


def _measured_lag(database: Database) -> dict[str, float]:
    lag = queries.upkeep_lag(database)
    for job, seconds in lag.items():
        measure("UpkeepLag", seconds, "Seconds", job=job)
    return lag
