"""POST /v1/actions/{action_id}/undo: take an action back."""

from uuid import UUID

from fastapi import APIRouter

from shared.actions import decision
from shared.actions.action import Action
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems

router = APIRouter(tags=["actions"])


@router.post(
    "/v1/actions/{action_id}/undo",
    operation_id="undoAction",
    summary="Write back what there was before an action, unless it was changed since. Safe to repeat",
    responses=problems(401, 404, 409, 410, 422, 503),
)
def undo_action(action_id: UUID, user: CurrentUser, database: ServiceDatabase) -> Action:
    return decision.undo(database, user, action_id)


handler = lambda_handler(router)
