"""Plans a room: once, by the orchestrator; and orders what is left to do in every run."""

from typing import Any
from uuid import UUID

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.prompts import rooms as prompts
from shared.realtime.publishing import publish
from shared.rooms.default_plan import default_plan
from shared.rooms.filenames import TYPES
from shared.rooms.orchestrating import Orchestrator, RoomWork, TaskState, read_work
from shared.rooms.plan import Plan, PlanFaultsError, read_plan, waves

ATTEMPTS = 2  # the plan, and once more when it is not valid
NAME = "@orchestrator"
ENDED = ("done", "skipped", "cancelled")


def plan_room(database: Database, room_id: UUID, run: int, deadline: Deadline) -> list[list[str]]:
    """The waves of task ids that this run has to do: none when the room has ended or another run has begun.

    Safe to repeat. Raises ProviderUnavailable, ProviderRateLimited, UnavailableError.
    """
    begun = database.rpc("start_room", p_room_id=str(room_id), p_run=run)
    publish(database, begun)
    if not begun["proceed"]:
        return []
    work = read_work(database, room_id)
    if work.room.plan is None:
        work = _planned(database, work, deadline)
    return waves_of(work.tasks)


def waves_of(tasks: list[TaskState]) -> list[list[str]]:
    """What is not done yet; repairs come behind the work that they repair."""
    found: list[list[str]] = []
    for number in (0, 1):
        found += waves([task.model_dump() for task in tasks if task.round == number and task.status not in ENDED])
    return found


def _planned(database: Database, work: RoomWork, deadline: Deadline) -> RoomWork:
    plan, origin = _plan(Orchestrator(database, work.room, deadline), work)
    stored: dict[str, Any] = database.rpc(
        "store_plan",
        p_room_id=str(work.room.id),
        p_plan={"criteria": plan.criteria, "origin": origin, "prompt_hash": prompts.prompt_hash()},
        p_tasks=plan.rows(),
    )
    publish(database, stored)
    return RoomWork.model_validate(stored)


def _plan(orchestrator: Orchestrator, work: RoomWork) -> tuple[Plan, str]:
    """The orchestrator's plan; the default one when none of its own is valid, or the budget has no room for asking."""
    room = work.room
    taken = [file.filename for file in work.given]
    given = [file.model_dump() for file in work.given]
    messages = prompts.planning(room.task_prompt, room.roles, sorted(TYPES), given)
    for attempt in range(1, ATTEMPTS + 1):
        said = orchestrator.ask(f"plan-{attempt}", messages, prompts.PLAN_SCHEMA, prompts.PLAN_TOKENS, NAME)
        if said is None:
            break
        try:
            if said.is_cut:
                raise PlanFaultsError([prompts.PLAN_CUT])
            return read_plan(said.text, room.roles, taken), "orchestrator"
        except PlanFaultsError as fault:
            logger.info("a plan was not valid", room=str(room.id), faults=len(fault.faults))
            messages = [*messages, *prompts.faults_of_plan(said.text, fault.faults)]
    return default_plan(room.task_prompt, room.roles, taken), "default"
