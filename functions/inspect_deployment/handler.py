"""GET /health/deep: does what is behind the API answer, and do functions and schema fit."""

from fastapi import APIRouter

from shared.api.app import lambda_handler
from shared.api.dependencies import OperatorDatabase
from shared.api.problems import problems
from shared.upkeep.deployment import Deployment, deployment

router = APIRouter(tags=["platform"])


@router.get(
    "/health/deep",
    operation_id="inspectDeployment",
    summary="Say whether functions and schema fit, and how late the upkeep is (operators)",
    responses=problems(401, 403, 503),
)
def inspect_deployment(database: OperatorDatabase) -> Deployment:
    return deployment(database)


handler = lambda_handler(router)
