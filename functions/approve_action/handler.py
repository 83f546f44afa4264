"""POST /v1/actions/{action_id}/approve: have a proposed action carried out."""

from uuid import UUID

from fastapi import APIRouter

from shared.actions import decision
from shared.actions.action import Action, Approval
from shared.actions.types import open_room
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase, TimeLeft
from shared.api.problems import problems
from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.text import JsonObject

router = APIRouter(tags=["actions"])


def _start_room(database: Database, principal: Principal, action_id: UUID) -> JsonObject:
    from shared.rooms.service import start_opened_room  # 30 ms, which no other type has to wait for

    return start_opened_room(database, principal, action_id)


FOLLOW_UPS: decision.FollowUps = {open_room.TYPE.name: _start_room}


@router.post(
    "/v1/actions/{action_id}/approve",
    operation_id="approveAction",
    summary="Have an action carried out, as proposed or as edited. The same again gets the first result",
    responses=problems(401, 404, 409, 410, 422, 503),
)
def approve_action(
    action_id: UUID, body: Approval, user: CurrentUser, database: ServiceDatabase, time_left: TimeLeft
) -> Action:
    return decision.approve(database, user, action_id, body, time_left, FOLLOW_UPS)


handler = lambda_handler(router)
