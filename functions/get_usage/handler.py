"""GET /v1/usage: limits and use of this week."""

from fastapi import APIRouter, Response

from shared.account import queries
from shared.api.app import lambda_handler
from shared.api.dependencies import UserDatabase
from shared.api.problems import problems
from shared.quotas import Usage, rate_limit_headers

router = APIRouter(tags=["account"])


@router.get(
    "/v1/usage",
    operation_id="getUsage",
    summary="Get this week's limits, use and reset time",
    responses=problems(401, 503),
)
def get_usage(database: UserDatabase, response: Response) -> Usage:
    current = queries.current_usage(database)
    response.headers.update(rate_limit_headers(current))
    return current


handler = lambda_handler(router)
