"""GET /v1/account/export: everything that is stored of the caller."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from shared.account import queries
from shared.account.queries import AccountExport
from shared.api.app import lambda_handler
from shared.api.dependencies import CurrentUser, ServiceDatabase
from shared.api.downloads import download
from shared.api.problems import problems

router = APIRouter(tags=["account"])
FILENAME = "hercules-account.json"


@router.get(
    "/v1/account/export",
    operation_id="exportAccount",
    summary="Download everything that is stored of oneself",
    response_model=AccountExport,
    responses=problems(401, 503),
)
def export_account(
    user: CurrentUser,
    database: ServiceDatabase,
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    return download(queries.export_account(database, user.user_id), FILENAME, accept_encoding)


handler = lambda_handler(router)
