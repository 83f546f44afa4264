"""/v1/operations: what operators ask, and the plans that they give."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.dependencies import Cursor, Limit, OfPeriod, OperatorDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.database.paging import Position
from shared.knowledge.objects import Backlog, backlog
from shared.operations import queries
from shared.operations.schemas import (
    KnowledgeOfPeriod,
    Plans,
    RatingInUrl,
    Rooms,
    SafetyOfPeriod,
    SeenRating,
    Turns,
    TurnStatus,
    UseOfPeriod,
    UserPlan,
    UserPlanChange,
)
from shared.operations.traces import RoomTrace, TurnTrace
from shared.rooms.schemas import RoomStatus

router = APIRouter(tags=["operations"])


@router.get(
    "/v1/operations/usage",
    operation_id="getOperationsUsage",
    summary="Get use and cost by day, model and plan (operators)",
    responses=problems(401, 403, 422, 503),
)
def get_operations_usage(database: OperatorDatabase, period: OfPeriod) -> UseOfPeriod:
    return queries.usage(database, period)


@router.get(
    "/v1/operations/turns",
    operation_id="listOperationsTurns",
    summary="Count turns by how they ended, with their times, and list them, the newest first (operators)",
    responses=problems(401, 403, 422, 503),
)
def list_operations_turns(
    database: OperatorDatabase, period: OfPeriod, cursor: Cursor, limit: Limit = 20, status: TurnStatus | None = None
) -> Turns:
    found = queries.turns(database, period, status, limit, cursor)
    return found.model_copy(update=dict(page(found.items, limit, lambda turn: Position(turn.started_at, turn.id))))


@router.get(
    "/v1/operations/rooms",
    operation_id="listOperationsRooms",
    summary="Count rooms by how they ended and why, and list them, the newest first (operators)",
    responses=problems(401, 403, 422, 503),
)
def list_operations_rooms(
    database: OperatorDatabase, period: OfPeriod, cursor: Cursor, limit: Limit = 20, status: RoomStatus | None = None
) -> Rooms:
    found = queries.rooms(database, period, status, limit, cursor)
    return found.model_copy(update=dict(page(found.items, limit, lambda room: Position(room.created_at, room.id))))


@router.get(
    "/v1/operations/turns/{turn_id}",
    operation_id="traceTurn",
    summary="Get a turn by its stages, with its receipt and what was reserved for it (operators)",
    responses=problems(401, 403, 404, 422, 503),
)
def trace_turn(turn_id: UUID, database: OperatorDatabase) -> TurnTrace:
    return queries.turn(database, turn_id)


@router.get(
    "/v1/operations/rooms/{room_id}",
    operation_id="traceRoom",
    summary="Get a room by its tasks, calls of models, waits, files and events (operators)",
    responses=problems(401, 403, 404, 422, 503),
)
def trace_room(room_id: UUID, database: OperatorDatabase) -> RoomTrace:
    return queries.room(database, room_id)


@router.get(
    "/v1/operations/ratings",
    operation_id="listRatings",
    summary="List ratings with their reasons and comments, the newest first (operators)",
    responses=problems(401, 403, 422, 503),
)
def list_ratings(
    database: OperatorDatabase,
    period: OfPeriod,
    cursor: Cursor,
    limit: Limit = 20,
    rating: RatingInUrl | None = None,
) -> Page[SeenRating]:
    found = queries.ratings(database, period, rating, limit, cursor)
    return page(found, limit, lambda each: Position(each.created_at, each.id))


@router.get(
    "/v1/operations/knowledge",
    operation_id="getOperationsKnowledge",
    summary="Get what was searched for, found, cited and never cited, and documents by status (operators)",
    responses=problems(401, 403, 422, 503),
)
def get_operations_knowledge(database: OperatorDatabase, period: OfPeriod, limit: Limit = 50) -> KnowledgeOfPeriod:
    return queries.knowledge(database, period, limit)


@router.get(
    "/v1/operations/ingestion",
    operation_id="getIngestion",
    summary="Count the documents that wait in the queue, are read, and were given up (operators)",
    responses=problems(401, 403, 503),
)
def get_ingestion(_: OperatorDatabase) -> Backlog:
    return backlog()


@router.get(
    "/v1/operations/safety",
    operation_id="getOperationsSafety",
    summary="Count answers by the rule that replaced, mended or withheld them (operators)",
    responses=problems(401, 403, 422, 503),
)
def get_operations_safety(database: OperatorDatabase, period: OfPeriod) -> SafetyOfPeriod:
    return queries.safety(database, period)


@router.get(
    "/v1/operations/plans",
    operation_id="listPlans",
    summary="List the plans with their limits and numbers of users (operators)",
    responses=problems(401, 403, 503),
)
def list_plans(database: OperatorDatabase) -> Plans:
    return queries.plans(database)


@router.get(
    "/v1/operations/users/{user_id}/plan",
    operation_id="getUserPlan",
    summary="Get a user's plan and use of this week (operators)",
    responses=problems(401, 403, 404, 422, 503),
)
def get_user_plan(user_id: UUID, database: OperatorDatabase) -> UserPlan:
    return queries.user_plan(database, user_id)


@router.patch(
    "/v1/operations/users/{user_id}/plan",
    operation_id="changeUserPlan",
    summary="Put a user on a plan, from the next use on (operators)",
    responses=problems(401, 403, 404, 422, 503),
)
def change_user_plan(user_id: UUID, body: UserPlanChange, database: OperatorDatabase) -> UserPlan:
    return queries.set_user_plan(database, user_id, body.plan)
