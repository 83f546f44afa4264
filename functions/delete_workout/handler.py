"""DELETE /v1/workout-logs/{workout_id}: delete a workout."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import UserDatabase
from shared.api.problems import problems
from shared.coach import training_queries as queries

router = APIRouter(tags=["account"])


@router.delete(
    "/v1/workout-logs/{workout_id}",
    operation_id="deleteWorkout",
    summary="Delete a workout",
    status_code=204,
    responses=problems(401, 404, 422, 503),
)
def delete_workout(workout_id: UUID, database: UserDatabase) -> None:
    queries.delete_workout(database, workout_id)


handler = lambda_handler(router)
