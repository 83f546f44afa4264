"""GET /v1/workout-plans: the caller's plans."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, UserDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.coach import training_queries as queries
from shared.coach.training_queries import StoredPlan
from shared.database.paging import Position

router = APIRouter(tags=["account"])


@router.get(
    "/v1/workout-plans",
    operation_id="listWorkoutPlans",
    summary="List plans, the newest first",
    responses=problems(401, 422, 503),
)
def list_workout_plans(database: UserDatabase, cursor: Cursor, limit: Limit = 20) -> Page[StoredPlan]:
    return page(queries.list_plans(database, limit + 1, cursor), limit, lambda plan: Position(plan.created_at, plan.id))


handler = lambda_handler(router)
