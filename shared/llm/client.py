"""The OpenAI client of this process, for OpenAI itself and for every server that speaks its language."""

import functools
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.platform import settings
from shared.platform.secrets import read_secret

if TYPE_CHECKING:
    import openai

CONNECT_TIMEOUT = 3.0  # seconds
STALL_TIMEOUT = 10.0  # seconds without a byte; a working model streams several times a second
RETRIES = 1  # of a request that got no answer or 429/5xx; more would eat the time of the turn
LONGEST_WAIT = 2.0  # seconds; a provider that asks for more is answered for with 503 and Retry-After, not waited for


@functools.cache
def client() -> "openai.OpenAI":
    """Made at first use: importing `openai` costs about a second, which no other function should pay."""
    models = settings.load(settings.ModelSettings)
    return connect(models.openai_base_url, models.openai_api_key_parameter)


def connect(base_url: str, key_parameter: str) -> "openai.OpenAI":
    """A new client of a server that speaks OpenAI's language; its key is read from SSM. Raises UnavailableError."""
    import openai

    return openai.OpenAI(
        api_key=read_secret(key_parameter),
        base_url=base_url,
        max_retries=RETRIES,
        http_client=openai.DefaultHttpxClient(event_hooks={"response": [_refuse_long_waits]}),
    )


def _refuse_long_waits(response: Any) -> None:
    """openai sleeps as long as Retry-After says, up to a minute, unless this header forbids the retry."""
    stated = response.headers.get("retry-after", "")
    if stated and not (stated.isdecimal() and int(stated) <= LONGEST_WAIT):
        response.headers["x-should-retry"] = "false"


def timeout(seconds: float) -> Any:
    """A request's timeouts, none longer than `seconds`."""
    import httpx2

    return httpx2.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds), read=min(STALL_TIMEOUT, seconds))


def provider_parameters(user_id: UUID | None = None) -> dict[str, Any]:
    """What only OpenAI understands; other servers may refuse a field they do not know.

    Nothing is stored there, and the user is named by a keyed hash, for OpenAI's abuse reports.
    """
    models = settings.load(settings.ModelSettings)
    if "api.openai.com" not in models.openai_base_url:
        return {}
    parameters: dict[str, Any] = {"store": False}
    if models.chat_reasoning_effort:
        parameters["reasoning_effort"] = models.chat_reasoning_effort
    if user_id:
        key = read_secret(models.openai_api_key_parameter).encode()
        parameters["safety_identifier"] = hmac.new(key, user_id.bytes, hashlib.sha256).hexdigest()
    return parameters
