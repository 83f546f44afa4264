"""GET /v1/workout-logs: what the caller has done."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, UserDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.coach import training_queries as queries
from shared.coach.training_queries import LoggedWorkout

router = APIRouter(tags=["account"])


@router.get(
    "/v1/workout-logs",
    operation_id="listWorkouts",
    summary="List workouts, those done last first",
    responses=problems(401, 422, 503),
)
def list_workouts(database: UserDatabase, cursor: Cursor, limit: Limit = 20) -> Page[LoggedWorkout]:
    return page(queries.list_workouts(database, limit + 1, cursor), limit, lambda workout: workout.position)


handler = lambda_handler(router)
