"""Accounts in Supabase Auth, as the service administers them."""

from uuid import UUID

import httpx

from shared.platform import settings
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.secrets import read_secret

TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # the deletion takes what refers to the user along


def delete_user(user_id: UUID) -> None:
    """Delete a user for good, with all sessions and refresh tokens. Safe to repeat. Raises UnavailableError."""
    supabase = settings.load(settings.ServiceKeySettings)
    key = read_secret(supabase.supabase_service_key_parameter)
    headers = {"apikey": key}
    if not key.startswith("sb_"):  # new Supabase keys are no JWTs and belong into `apikey` only
        headers["Authorization"] = f"Bearer {key}"
    url = f"{supabase.supabase_url.rstrip('/')}/auth/v1/admin/users/{user_id}"
    try:
        answer = httpx.request("DELETE", url, json={"should_soft_delete": False}, headers=headers, timeout=TIMEOUT)
    except httpx.HTTPError as fault:
        log_fault("the auth server did not answer", fault)
        raise UnavailableError(code="auth_unavailable") from None
    gone_already = answer.status_code == 404 and "user_not_found" in answer.text
    if not (answer.is_success or gone_already):
        logger.error("a user could not be deleted", status=answer.status_code)
        raise UnavailableError(code="auth_unavailable")
