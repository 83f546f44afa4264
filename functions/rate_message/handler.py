"""PUT and DELETE /v1/messages/{message_id}/rating: what the user thinks of an answer."""

from uuid import UUID

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, UserDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import Feedback, NewRating

router = APIRouter(tags=["chat"])
PATH = "/v1/messages/{message_id}/rating"


@router.put(
    PATH,
    operation_id="rateMessage",
    summary="Rate an answer of the coach, in place of an earlier rating",
    responses=problems(401, 404, 422, 503),
)
def rate_message(message_id: UUID, body: NewRating, user: CurrentUser, database: UserDatabase) -> Feedback:
    return queries.rate_message(database, user.user_id, message_id, body)


@router.delete(
    PATH,
    operation_id="removeRating",
    summary="Take a rating back",
    status_code=204,
    responses=problems(401, 422, 503),
)
def remove_rating(message_id: UUID, database: UserDatabase) -> None:
    queries.remove_rating(database, message_id)


handler = lambda_handler(router)
