"""GET /v1/usage: limits and use of this week."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import UserDatabase
from shared.api.problems import problems
from shared.quotas import usage

router = APIRouter(tags=["account"])


@router.get(
    "/v1/usage",
    operation_id="getUsage",
    summary="Get this week's limits, use and reset time",
    responses=problems(401, 503),
)
def get_usage(database: UserDatabase) -> usage.Usage:
    return usage.current(database)


handler = lambda_handler(router)
