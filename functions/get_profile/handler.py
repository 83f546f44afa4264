"""GET /v1/profile: what the coach knows about the caller."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import UserDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Profile

router = APIRouter(tags=["account"])


@router.get(
    "/v1/profile",
    operation_id="getProfile",
    summary="Get one's training profile",
    responses=problems(401, 503),
)
def get_profile(database: UserDatabase) -> Profile:
    return queries.get_profile(database)


handler = lambda_handler(router)
