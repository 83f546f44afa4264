"""Every 15 minutes: end what nobody ends any more."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.database.client import MAINTENANCE_TIMEOUT, Database
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.upkeep.sweep import sweep


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, object]:  # noqa: ARG001
    """Safe to run twice, late or never."""
    return sweep(Database.as_service(), Database.as_service(MAINTENANCE_TIMEOUT), Deadline.of(context))
