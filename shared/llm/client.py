"""The OpenAI client of this process, for OpenAI itself and for every server that speaks its language."""

import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from shared.platform import settings
from shared.platform.process import keep
from shared.platform.secrets import read_secret

if TYPE_CHECKING:
    import openai

CONNECT_TIMEOUT = 3.0  # seconds


@keep
def client() -> "openai.OpenAI":
    """Made at first use: importing `openai` costs about a second, which no other function should pay."""
    models = settings.load(settings.ModelSettings)
    return connect(models.openai_base_url, models.openai_api_key_parameter)


def connect(base_url: str, key_parameter: str) -> "openai.OpenAI":
    """A new client of a server that speaks OpenAI's language; its key is read from SSM. Raises UnavailableError.

    It never asks twice: whoever calls knows whether another provider stands in, and how much time there is.
    """
    import openai

    return openai.OpenAI(api_key=read_secret(key_parameter), base_url=base_url, max_retries=0)


def timeout(seconds: float) -> Any:
    """A request's timeouts: so long for each part of it, less for connecting."""
    import httpx2

    return httpx2.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds))


def is_openai_itself() -> bool:
    """Whether the server is OpenAI's, in whichever region; others may refuse a field that they do not know."""
    host = urlsplit(settings.load(settings.ModelSettings).openai_base_url).hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def user_hash(user_id: UUID) -> str:
    """A user's name before OpenAI, for its reports of abuse and its cache: keyed, so that nobody else can make it."""
    key = read_secret(settings.load(settings.ModelSettings).openai_api_key_parameter).encode()
    return hmac.new(key, user_id.bytes, hashlib.sha256).hexdigest()
