"""Who may administer the knowledge base and look at operations.

The holder of the service key, or a user made operator in app_metadata.
"""

import hmac

from shared.auth.tokens import verifier
from shared.platform import settings
from shared.platform.errors import ForbiddenError
from shared.platform.secrets import read_secret

OPERATOR = "operator"


def require_operator(credential: str) -> None:
    """Raises UnauthorizedError for a bad token, ForbiddenError for a good one of somebody else.

    `user_metadata` counts for nothing: users write it themselves.
    """
    parameter = settings.load(settings.ServiceKeySettings).supabase_service_key_parameter
    if hmac.compare_digest(credential.encode(), read_secret(parameter).encode()):
        return
    if verifier().verify(credential).app_role != OPERATOR:
        raise ForbiddenError
