"""Secrets from SSM Parameter Store, without the 430 ms that importing boto3 adds to a cold start.

One signed HTTPS request per secret and process. The signature is AWS Signature Version 4
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html); a test compares it with botocore's.
"""

import hashlib
import hmac
import json
import os
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault

TARGET = "AmazonSSM.GetParameter"
CONTENT_TYPE = "application/x-amz-json-1.1"
TIMEOUT = httpx.Timeout(5.0, connect=2.0)  # a tenth of the shortest function timeout is usual, this the most we wait
TIME_TO_LIVE = 15 * 60  # seconds, after which a rotated secret is seen
RETRY_INTERVAL = 30  # seconds for which an old value is used without asking again

_cache: dict[str, tuple[float, str]] = {}


def read_secret(parameter: str) -> str:
    """The decrypted value of an SSM parameter; kept for 15 minutes.

    Raises UnavailableError when SSM does not answer and no older value is known.
    """
    known = _cache.get(parameter)
    if known and time.monotonic() - known[0] < TIME_TO_LIVE:
        return known[1]
    try:
        value = _fetch(parameter)
    except (httpx.HTTPError, KeyError, ValueError) as fault:
        log_fault("a secret could not be read", fault)
        if not known:
            raise UnavailableError(code="secrets_unavailable") from None
        _cache[parameter] = (time.monotonic() - TIME_TO_LIVE + RETRY_INTERVAL, known[1])
        return known[1]
    _cache[parameter] = (time.monotonic(), value)
    return value


def _fetch(parameter: str) -> str:
    region = os.environ["AWS_REGION"]
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or f"https://ssm.{region}.amazonaws.com"
    body = json.dumps({"Name": parameter, "WithDecryption": True}).encode()
    headers = signed_headers(endpoint, region, body, datetime.now(UTC))
    answer = httpx.post(f"{endpoint}/", content=body, headers=headers, timeout=TIMEOUT)
    answer.raise_for_status()
    return str(answer.json()["Parameter"]["Value"])


def signed_headers(endpoint: str, region: str, body: bytes, at: datetime) -> dict[str, str]:
    """Headers of a signed POST to SSM, with the credentials that Lambda puts into the environment."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": CONTENT_TYPE,
        "host": urlsplit(endpoint).netloc,
        "x-amz-date": stamp,
        "x-amz-target": TARGET,
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/ssm/aws4_request"
    signature = _signature(request, stamp, scope)
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers | {"authorization": authorization}


def _signature(request: str, stamp: str, scope: str) -> str:
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return hmac.digest(key, text.encode(), "sha256").hex()
