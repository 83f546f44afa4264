"""GET /v1/account/export: everything that is stored of the caller."""

from fastapi import APIRouter

from shared.account import export
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser
from shared.api.problems import problems
from shared.database.client import Database

router = APIRouter(tags=["account"])


@router.get(
    "/v1/account/export",
    operation_id="exportAccount",
    summary="Write everything that is stored of oneself into a file, and say where it is",
    responses=problems(401, 429, 503),
)
def export_account(user: CurrentUser) -> export.ExportedFile:
    return export.export_account(Database.as_service(export.READING_SECONDS), user.user_id)


handler = lambda_handler(router)
