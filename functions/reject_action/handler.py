"""POST /v1/actions/{action_id}/reject: decline a proposed action."""

from uuid import UUID

from fastapi import APIRouter

from shared.actions import decision
from shared.actions.action import Action, Rejection
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems

router = APIRouter(tags=["actions"])


@router.post(
    "/v1/actions/{action_id}/reject",
    operation_id="rejectAction",
    summary="Decline an action; the coach is told with the next question. Safe to repeat",
    responses=problems(401, 404, 409, 410, 422, 503),
)
def reject_action(action_id: UUID, body: Rejection, user: CurrentUser, database: ServiceDatabase) -> Action:
    return decision.reject(database, user, action_id, body)


handler = lambda_handler(router)
