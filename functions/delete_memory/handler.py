"""DELETE /v1/memories/{memory_id}: let the coach forget something."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import UserDatabase
from shared.api.problems import problems
from shared.coach import queries

router = APIRouter(tags=["account"])


@router.delete(
    "/v1/memories/{memory_id}",
    operation_id="deleteMemory",
    summary="Let the coach forget something",
    status_code=204,
    responses=problems(401, 404, 422, 503),
)
def delete_memory(memory_id: UUID, database: UserDatabase) -> None:
    queries.delete_memory(database, memory_id)


handler = lambda_handler(router)
