"""Secrets from SSM Parameter Store: one signed HTTPS request for all that a function may read."""

import json
import os
import time

import httpx

from shared.platform.aws_signature import service_url, signed_headers
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.process import keep
from shared.platform.repetition import repeated
from shared.platform.tls import trusted

TARGET = "AmazonSSM.GetParameters"
READABLE = "SECRET_PARAMETERS"  # of the environment: the names of all that this function may read
CONTENT_TYPE = "application/x-amz-json-1.1"
TIMEOUT = httpx.Timeout(5.0, connect=2.0)  # a tenth of the shortest function timeout is usual, this the most we wait
TIME_TO_LIVE = 15 * 60  # seconds, after which a rotated secret is seen
RETRY_INTERVAL = 30  # seconds for which an old value is used without asking again
# Seconds before SSM is asked once more: it takes 40 requests a second of an account, and each deployment starts every
# function anew (https://docs.aws.amazon.com/general/latest/gr/ssm.html).
PAUSES = (0.2, 0.6)
MAX_SECONDS = 20.0  # of all tries
FINAL = ("ParameterNotFound", "AccessDeniedException")  # what another try does not change


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
        values = _fetch(parameter)
        value = values[parameter]
    except (UnavailableError, httpx.HTTPError, KeyError, TypeError, ValueError) as fault:
        log_fault("a secret could not be read", fault.__cause__ or fault)
        if not known:
            raise UnavailableError(code="secrets_unavailable") from None
        secrets[parameter] = (time.monotonic() - TIME_TO_LIVE + RETRY_INTERVAL, known[1])
        return known[1]
    secrets.update({name: (time.monotonic(), each) for name, each in values.items()})
    return value


def forget_secret(parameter: str) -> None:
    """Have a secret read anew that was refused: it may have been replaced. One that is new is kept."""
    secrets = known_secrets()
    known = secrets.get(parameter)
    if known and time.monotonic() - known[0] > RETRY_INTERVAL:
        secrets[parameter] = (time.monotonic() - TIME_TO_LIVE, known[1])


def _fetch(parameter: str) -> dict[str, str]:
    def ask() -> dict[str, str]:
        try:
            return _ask(parameter)
        except httpx.HTTPError as fault:
            if isinstance(fault, httpx.HTTPStatusError) and any(kind in fault.response.text for kind in FINAL):
                raise
            raise UnavailableError from fault

    return repeated(ask, Deadline.after(MAX_SECONDS), pauses=PAUSES)


def _ask(parameter: str) -> dict[str, str]:
    """By its name, what there is of all that the function may read: what one call asks for, no later one has to."""
    url = f"{service_url('ssm')}/"
    readable = [name for name in os.environ.get(READABLE, "").split(",") if name]  # a stage may have none of some
    names = readable if parameter in readable else [parameter]
    body = json.dumps({"Names": names, "WithDecryption": True}).encode()
    headers = signed_headers("ssm", "POST", url, body, {"content-type": CONTENT_TYPE, "x-amz-target": TARGET})
    answer = httpx.post(url, content=body, headers=headers, verify=trusted(), timeout=TIMEOUT)
    answer.raise_for_status()
    return {str(each["Name"]): str(each["Value"]) for each in answer.json()["Parameters"]}
