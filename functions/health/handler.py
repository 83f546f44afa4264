"""GET /health: is the deployment there, and which one."""

from fastapi import APIRouter
from pydantic import BaseModel

from shared.api.app import lambda_handler
from shared.api.problems import problems
from shared.platform import settings

router = APIRouter(tags=["platform"])


class Health(BaseModel):
    status: str
    stage: str
    version: str


@router.get("/health", operation_id="getHealth", summary="Say that the API is up", responses=problems())
def health() -> Health:
    """Asks nothing of the services behind it: those have alarms, and this must not become a way to load them."""
    platform = settings.load(settings.PlatformSettings)
    return Health(status="ok", stage=platform.stage, version=platform.service_version)


handler = lambda_handler(router)
