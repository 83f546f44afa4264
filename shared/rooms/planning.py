"""Plans a room: once, by the orchestrator; and orders what is left to do in every run."""

from uuid import UUID

from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.realtime.publishing import publish
from shared.rooms import prompts, queries, step_queries
from shared.rooms.default_plan import default_plan
from shared.rooms.files import TYPES
from shared.rooms.orchestrating import Orchestrator
from shared.rooms.plan import Plan, PlanFaultsError, read_plan
from shared.rooms.work import RoomWork

ATTEMPTS = 2  # the plan, and once more when it is not valid
NAME = "@orchestrator"


def plan_room(database: Database, room_id: UUID, run: int, deadline: Deadline) -> list[list[str]]:
    """The waves of task ids that this run has to do: none when the room has ended or another run has begun.

    Safe to repeat. Raises ProviderUnavailable, ProviderRateLimited, UnavailableError.
    """
    begun = queries.start_room(database, room_id, run)
    publish(database, begun)
    if not begun.proceed:
        return []
    work = step_queries.room_work(database, room_id)
    if work.room.plan is None:
        work = _planned(database, work, deadline)
    return work.waves


def _planned(database: Database, work: RoomWork, deadline: Deadline) -> RoomWork:
    plan, origin = _plan(Orchestrator(database, work.room, deadline), work)
    stored = step_queries.store_plan(database, work.room.id, plan, origin, prompts.prompt_hash())
    publish(database, stored)
    return stored.work


def _plan(orchestrator: Orchestrator, work: RoomWork) -> tuple[Plan, str]:
    """The orchestrator's plan; the default one when none of its own is valid, or the budget has no room for asking."""
    room = work.room
    taken = [file.filename for file in work.given]
    given = [file.model_dump() for file in work.given]
    messages = prompts.planning(room.task_prompt, room.roles, sorted(TYPES), given)
    for attempt in range(1, ATTEMPTS + 1):
        said = orchestrator.ask(f"plan-{attempt}", messages, prompts.PLAN_SCHEMA, prompts.PLAN_TOKENS, NAME)
        if said is None or said.is_refused:
            break
        try:
            if said.is_cut:
                raise PlanFaultsError([prompts.PLAN_CUT])
            return read_plan(said.text, room.roles, taken), "orchestrator"
        except PlanFaultsError as fault:
            logger.info("a plan was not valid", room=str(room.id), faults=len(fault.faults))
            messages = [*messages, *prompts.faults_of_plan(said.text, fault.faults)]
    return default_plan(room.task_prompt, room.roles, taken), "default"
