"""DELETE /v1/account: the end of the caller's account. It invokes itself for what takes longer than a request."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from shared.account import deletion
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase, TimeLeft
from shared.api.problems import problems
from shared.platform.deadline import Deadline
from shared.platform.observability import logger

router = APIRouter(tags=["account"])


@router.delete(
    "/v1/account",
    operation_id="deleteAccount",
    summary="Delete everything of oneself for good, with a receipt. Safe to repeat",
    responses={202: {"model": deletion.AccountReceipt, "description": "It goes on by itself."}, **problems(401, 503)},
)
def delete_account(
    user: CurrentUser, database: ServiceDatabase, time_left: TimeLeft, response: Response
) -> deletion.AccountReceipt:
    receipt = deletion.delete_account(database, user.user_id, time_left)
    if receipt.status == "deleting":
        deletion.go_on_later(user.user_id)
        response.status_code, response.headers["Retry-After"] = 202, "5"
    return receipt


_requests = lambda_handler(router)


def handler(event: dict[str, Any], context: Any) -> Any:
    if deletion.MEMBER in event:
        logger.set_correlation_id(context.aws_request_id)  # of an earlier request nothing is left
        return deletion.go_on(UUID(event[deletion.MEMBER]), Deadline.of(context))
    return _requests(event, context)
