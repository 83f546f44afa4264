"""$connect: a signed-in user opens a socket."""

from typing import Any

from shared.auth.tokens import verifier
from shared.database.client import Database
from shared.platform.observability import logger
from shared.realtime.connections import answered, bearer_token, connection_id


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    def connect() -> str:
        user = verifier().verify(bearer_token(event))
        database = Database.as_service()
        database.rpc("open_connection", p_connection_id=connection_id(event), p_user_id=str(user.user_id))
        return ""

    return answered(connect)
