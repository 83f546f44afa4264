"""PATCH /v1/rooms/{room_id}/plan: an owner changes a plan before it runs."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems
from shared.rooms import control
from shared.rooms.requests import RoomPlanChange
from shared.rooms.schemas import Room, RoomKey

router = APIRouter(tags=["rooms"])


@router.patch(
    "/v1/rooms/{room_id}/plan",
    operation_id="changePlan",
    summary="Change the plan of a room that was opened with `approve_plan`, before it runs",
    responses=problems(401, 404, 409, 422, 503),
)
def change_plan(room_id: RoomKey, body: RoomPlanChange, user: CurrentUser, database: ServiceDatabase) -> Room:
    return control.change_plan(database, user, room_id, body)


handler = lambda_handler(router)
