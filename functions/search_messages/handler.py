"""GET /v1/chat/search: where something was said."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.coach import queries
from shared.coach.schemas import FoundMessages
from shared.platform.text import NoNul

router = APIRouter(tags=["chat"])


def _words(text: str) -> str:
    if not 1 <= len(text.split()) <= 8:
        raise ValueError("one to eight words are looked for")
    return text


Words = Annotated[
    str,
    AfterValidator(_words),
    NoNul,
    Query(min_length=2, max_length=200, description="One to eight words, all of which are said."),
]


@router.get(
    "/v1/chat/search",
    operation_id="searchMessages",
    summary="Find where in one's conversations something was said",
    responses=problems(401, 422, 503),
)
def search_messages(
    words: Words, user: CurrentUser, database: ServiceDatabase, limit: Annotated[int, Query(ge=1, le=50)] = 20
) -> FoundMessages:
    return queries.search_messages(database, user.user_id, words.split(), limit)


handler = lambda_handler(router)
