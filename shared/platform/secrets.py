"""Secrets from SSM Parameter Store: one signed HTTPS request per secret and process."""

import json
import time

import httpx

from shared.platform.aws_signature import service_url, signed_headers
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.process import keep

TARGET = "AmazonSSM.GetParameter"
CONTENT_TYPE = "application/x-amz-json-1.1"
TIMEOUT = httpx.Timeout(5.0, connect=2.0)  # a tenth of the shortest function timeout is usual, this the most we wait
TIME_TO_LIVE = 15 * 60  # seconds, after which a rotated secret is seen
RETRY_INTERVAL = 30  # seconds for which an old value is used without asking again


@keep
def known_secrets() -> dict[str, tuple[float, str]]:
    """When each parameter was read, on the monotonic clock, and its value."""
    return {}


def read_secret(parameter: str) -> str:
    """The decrypted value of an SSM parameter; kept for 15 minutes.

    Raises UnavailableError when SSM does not answer and no older value is known.
    """
    secrets = known_secrets()
    known = secrets.get(parameter)
    if known and time.monotonic() - known[0] < TIME_TO_LIVE:
        return known[1]
    try:
        value = _fetch(parameter)
    except (httpx.HTTPError, KeyError, ValueError) as fault:
        log_fault("a secret could not be read", fault)
        if not known:
            raise UnavailableError(code="secrets_unavailable") from None
        secrets[parameter] = (time.monotonic() - TIME_TO_LIVE + RETRY_INTERVAL, known[1])
        return known[1]
    secrets[parameter] = (time.monotonic(), value)
    return value


def _fetch(parameter: str) -> str:
    url = f"{service_url('ssm')}/"
    body = json.dumps({"Name": parameter, "WithDecryption": True}).encode()
    headers = signed_headers("ssm", "POST", url, body, {"content-type": CONTENT_TYPE, "x-amz-target": TARGET})
    answer = httpx.post(url, content=body, headers=headers, timeout=TIMEOUT)
    answer.raise_for_status()
    return str(answer.json()["Parameter"]["Value"])
