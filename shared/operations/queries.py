"""What operators ask the database.

Each raises UnavailableError where it does not answer; those of a period InvalidRequestError (bad_period).
"""

from uuid import UUID

from pydantic import TypeAdapter

from shared.database.client import Database
from shared.database.paging import Position
from shared.operations import schemas
from shared.operations.traces import RoomTrace, TurnTrace
from shared.platform.period import Period
from shared.rooms.schemas import RoomStatus

RATINGS = TypeAdapter(list[schemas.SeenRating])


def usage(database: Database, period: Period) -> schemas.UseOfPeriod:
    """What was used, by day, model, plan and half of the product; the sums are those of the ledger."""
    return schemas.UseOfPeriod.model_validate(
        database.rpc("operations_usage", p_from=period.first.isoformat(), p_until=period.last.isoformat())
    )


def turns(
    database: Database, period: Period, status: schemas.TurnStatus | None, limit: int, position: Position | None
) -> schemas.Turns:
    """How turns ended: counted, and the newest ones behind a position, one more than `limit`."""
    found = database.rpc(
        "operations_turns",
        p_status=status,
        p_from=period.first.isoformat(),
        p_until=period.last.isoformat(),
        p_limit=limit + 1,
        p_before=position and position.at.isoformat(),
        p_before_id=position and str(position.id),
    )
    return schemas.Turns.model_validate(found | {"next_cursor": None})


def rooms(
    database: Database, period: Period, status: RoomStatus | None, limit: int, position: Position | None
) -> schemas.Rooms:
    """How rooms ended, and why: counted, and the newest ones behind a position, one more than `limit`."""
    found = database.rpc(
        "operations_rooms",
        p_status=status,
        p_from=period.first.isoformat(),
        p_until=period.last.isoformat(),
        p_limit=limit + 1,
        p_before=position and position.at.isoformat(),
        p_before_id=position and str(position.id),
    )
    return schemas.Rooms.model_validate(found | {"next_cursor": None})


def turn(database: Database, turn_id: UUID) -> TurnTrace:
    """How a turn went, stage by stage. Raises NotFoundError."""
    return TurnTrace.model_validate(database.rpc("operations_turn", p_turn_id=str(turn_id)))


def room(database: Database, room_id: UUID) -> RoomTrace:
    """How a room went: its tasks, calls, waits, files and events. Raises NotFoundError."""
    return RoomTrace.model_validate(database.rpc("operations_room", p_room_id=str(room_id)))


def ratings(
    database: Database, period: Period, rating: int | None, limit: int, position: Position | None
) -> list[schemas.SeenRating]:
    """Those behind a position, the newest first: one more than `limit` says that there is a next page."""
    found = database.rpc(
        "operations_ratings",
        p_rating=rating,
        p_from=period.first.isoformat(),
        p_until=period.last.isoformat(),
        p_limit=limit + 1,
        p_before=position and position.at.isoformat(),
        p_before_id=position and str(position.id),
    )
    return RATINGS.validate_python(found)


def knowledge(database: Database, period: Period, limit: int) -> schemas.KnowledgeOfPeriod:
    """How the knowledge base serves what is asked; lists have at most `limit`."""
    found = database.rpc(
        "operations_knowledge", p_from=period.first.isoformat(), p_until=period.last.isoformat(), p_limit=limit
    )
    return schemas.KnowledgeOfPeriod.model_validate(found)


def safety(database: Database, period: Period) -> schemas.SafetyOfPeriod:
    """How many answers each rule changed, by day."""
    return schemas.SafetyOfPeriod(
        items=database.rpc("operations_safety", p_from=period.first.isoformat(), p_until=period.last.isoformat())
    )


def plans(database: Database) -> schemas.Plans:
    """The plans, with how many users each has."""
    return schemas.Plans(items=database.rpc("operations_plans"))


def user_plan(database: Database, user_id: UUID) -> schemas.UserPlan:
    """Raises NotFoundError."""
    return schemas.UserPlan.model_validate(database.rpc("user_plan", p_user_id=str(user_id)))


def set_user_plan(database: Database, user_id: UUID, plan: str) -> schemas.UserPlan:
    """From the next reservation on. Safe to repeat. Raises NotFoundError, InvalidRequestError (unknown_plan)."""
    changed = database.rpc("set_user_plan", p_user_id=str(user_id), p_plan=plan)
    return schemas.UserPlan.model_validate(changed)
