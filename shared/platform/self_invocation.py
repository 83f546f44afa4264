"""Invokes the running Lambda function once more, asynchronously, without the 430 ms of importing boto3."""

import json
import os
from urllib.parse import quote

import httpx

from shared.platform.aws_signature import service_url, signed_headers
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.text import JsonObject
from shared.platform.tls import trusted

TIMEOUT = httpx.Timeout(5.0, connect=2.0)


def can_invoke_self() -> bool:
    """False outside of Lambda."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def invoke_self(event: JsonObject) -> None:
    """Queue an invocation with this event. Raises UnavailableError when Lambda does not take it."""
    url = f"{service_url('lambda')}/2015-03-31/functions/{quote(os.environ['AWS_LAMBDA_FUNCTION_NAME'])}/invocations"
    body = json.dumps(event).encode()
    try:
        headers = signed_headers("lambda", "POST", url, body, {"x-amz-invocation-type": "Event"})
        httpx.post(url, content=body, headers=headers, verify=trusted(), timeout=TIMEOUT).raise_for_status()
    except httpx.HTTPError as fault:
        log_fault("an invocation was not taken", fault)
        raise UnavailableError(code="background_unavailable") from None
