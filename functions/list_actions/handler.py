"""GET /v1/actions: what the coach proposed, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Query

from shared.actions import queries
from shared.actions.action import Action, Status
from shared.api.app import lambda_handler
from shared.api.dependencies import Cursor, Limit, UserDatabase
from shared.api.pages import Page, page
from shared.api.problems import problems
from shared.database.paging import Position

router = APIRouter(tags=["actions"])
Wanted = Annotated[Status | None, Query(description="`pending` is the inbox; left out, all are listed.")]


@router.get(
    "/v1/actions",
    operation_id="listActions",
    summary="List proposed actions of all conversations, those that expire first",
    responses=problems(401, 422, 503),
)
def list_actions(database: UserDatabase, cursor: Cursor, status: Wanted = None, limit: Limit = 20) -> Page[Action]:
    found = queries.list_actions(database, limit + 1, cursor, status)
    return page(found, limit, lambda action: Position(action.expires_at, action.id))


handler = lambda_handler(router)
