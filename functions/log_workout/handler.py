"""POST /v1/workout-logs: write a workout down without the coach."""

from fastapi import APIRouter, Response

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, IdempotencyHeader, ServiceDatabase
from shared.api.problems import problems
from shared.coach import training_log
from shared.coach.training_log import NewWorkout
from shared.coach.training_queries import LoggedWorkout

router = APIRouter(tags=["account"])


@router.post(
    "/v1/workout-logs",
    operation_id="logWorkout",
    summary="Write a workout down",
    status_code=201,
    responses=problems(401, 409, 422, 429, 503),
)
def log_workout(
    body: NewWorkout, user: CurrentUser, database: ServiceDatabase, idempotency: IdempotencyHeader, response: Response
) -> LoggedWorkout:
    logged, replayed = training_log.log(database, user.user_id, body, idempotency)
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return logged


handler = lambda_handler(router)
