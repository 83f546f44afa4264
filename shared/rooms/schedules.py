"""Rooms that are opened by the clock, such as one's week on each Sunday: the sweep opens those that are due."""

from uuid import UUID

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.rooms import schedule_queries as queries
from shared.rooms.estimate import Estimator
from shared.rooms.opening import check_provider
from shared.rooms.requests import NewSchedule, ScheduleChange
from shared.rooms.schedule_queries import RoomSchedule
from shared.rooms.service import refuse_urgent


def create_schedule(database: Database, principal: Principal, body: NewSchedule) -> RoomSchedule:
    """Raises NotFoundError, InvalidRequestError (red_flag, time_zone_needed, …), RateLimitedError, UnavailableError."""
    refuse_urgent(database, principal, body.task_prompt)
    check_provider(body.provider)
    estimate = Estimator.of(database, body.provider).unplanned(body.agents)
    return queries.create_schedule(database, principal.user_id, body, estimate)


def change_schedule(database: Database, principal: Principal, schedule_id: UUID, body: ScheduleChange) -> RoomSchedule:
    """Raises NotFoundError, InvalidRequestError, UnavailableError."""
    refuse_urgent(database, principal, body.task_prompt)
    return queries.change_schedule(database, principal.user_id, schedule_id, body)
