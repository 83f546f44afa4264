"""DELETE /v1/account: the end of the caller's account."""

from fastapi import APIRouter

from shared.account import deletion
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.problems import problems

router = APIRouter(tags=["account"])


@router.delete(
    "/v1/account",
    operation_id="deleteAccount",
    summary="Delete everything of oneself for good, with a receipt. Safe to repeat",
    responses=problems(401, 503),
)
def delete_account(user: CurrentUser, database: ServiceDatabase) -> deletion.AccountReceipt:
    return deletion.delete_account(database, user)


handler = lambda_handler(router)
