"""PATCH /v1/workout-logs/{workout_id}: correct a workout."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.coach import training_log
from shared.coach.training_log import WorkoutChange
from shared.coach.training_queries import LoggedWorkout

router = APIRouter(tags=["account"])


@router.patch(
    "/v1/workout-logs/{workout_id}",
    operation_id="changeWorkout",
    summary="Correct a workout",
    responses=problems(401, 404, 409, 422, 503),
)
def change_workout(
    workout_id: UUID, body: WorkoutChange, user: CurrentUser, database: ServiceDatabase
) -> LoggedWorkout:
    return training_log.change(database, user.user_id, workout_id, body)


handler = lambda_handler(router)
