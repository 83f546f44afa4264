"""PATCH /v1/memories/{memory_id}: put a memory into other words."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import UserDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Memory, MemoryChange

router = APIRouter(tags=["account"])


@router.patch(
    "/v1/memories/{memory_id}",
    operation_id="updateMemory",
    summary="Put into other words what the coach remembers",
    responses=problems(401, 404, 422, 503),
)
def update_memory(memory_id: UUID, body: MemoryChange, database: UserDatabase) -> Memory:
    return queries.update_memory(database, memory_id, body)


handler = lambda_handler(router)
