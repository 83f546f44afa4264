"""PATCH /v1/profile: change what the coach knows about the caller."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, UserDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Profile, ProfileChange

router = APIRouter(tags=["account"])


@router.patch(
    "/v1/profile",
    operation_id="updateProfile",
    summary="Change one's training profile",
    responses=problems(401, 422, 503),
)
def update_profile(body: ProfileChange, user: CurrentUser, database: UserDatabase) -> Profile:
    return queries.update_profile(database, user.user_id, body)


handler = lambda_handler(router)
