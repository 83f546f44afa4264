"""Requests to AWS signed with Signature Version 4, without the 430 ms that importing boto3 adds to a cold start.

The algorithm is of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html; a test compares it with
botocore's. `signed_headers` is not for S3, which encodes paths otherwise, nor for URLs with a query string.
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


def service_url(service: str) -> str:
    """Where a service answers in this Lambda's region, or the one place where all of them do on a laptop."""
    return os.environ.get("AWS_ENDPOINT_URL") or f"https://{service}.{os.environ['AWS_REGION']}.amazonaws.com"


def bucket_url(bucket: str) -> str:
    """Of S3, at the bucket's own host in this Lambda's region: one for all regions would redirect or refuse."""
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        return f"{endpoint}/{bucket}"
    return f"https://{bucket}.s3.{os.environ['AWS_REGION']}.amazonaws.com"


class _Signer:
    """The credentials of the environment, for one service and moment. Raises KeyError without them."""

    def __init__(self, service: str, at: datetime | None) -> None:
        self.at = at or datetime.now(UTC)
        self.stamp = self.at.strftime("%Y%m%dT%H%M%SZ")
        self._scope = f"{self.stamp[:8]}/{os.environ['AWS_REGION']}/{service}/aws4_request"
        self.credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{self._scope}"

    def signature(self, request: str) -> str:
        """Of a request in its canonical form."""
        return self.sign(f"{ALGORITHM}\n{self.stamp}\n{self._scope}\n{hashlib.sha256(request.encode()).hexdigest()}")

    def sign(self, text: str) -> str:
        key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in self._scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def signed_headers(
    service: str,
    method: str,
    url: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> dict[str, str]:
    """`headers` (names in lower case) and what signs them, with the credentials that Lambda puts into the environment.

    The path of `url` is signed as it will be sent: already percent-encoded. Raises KeyError without credentials.
    """
    signer = _Signer(service, at)
    parts = urlsplit(url)
    signed = {**(headers or {}), "host": parts.netloc, "x-amz-date": signer.stamp}
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        signed["x-amz-security-token"] = token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    path = quote(parts.path or "/", safe="/~")
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    signature = signer.signature(request)
    authorization = f"{ALGORITHM} Credential={signer.credential}, SignedHeaders={names}, Signature={signature}"
    return signed | {"authorization": authorization}


def presigned_url(
    method: str,
    url: str,
    seconds: int,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> str:
    """A URL with which anybody may make this one request to S3 for `seconds`, sending these headers (lower case).

    The path of `url` is percent-encoded already, `query` is not. Raises KeyError without credentials.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    signer = _Signer("s3", at)
    parts = urlsplit(url)
    signed = {**(headers or {}), "host": parts.netloc}
    names = ";".join(sorted(signed))
    parameters = {
        **(query or {}),
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": signer.credential,
        "X-Amz-Date": signer.stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": names,
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        parameters["X-Amz-Security-Token"] = token
    query_string = "&".join(f"{quote(name, safe='')}={quote(parameters[name], safe='')}" for name in sorted(parameters))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = f"{method}\n{parts.path}\n{query_string}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    return f"{url}?{query_string}&X-Amz-Signature={signer.signature(request)}"


def presigned_form(
    bucket: str, fields: Mapping[str, str], size: int, seconds: int, at: datetime | None = None
) -> dict[str, str]:
    """What a form has beside its file, so that it puts one of just `size` bytes with these `fields` into a bucket.

    Raises KeyError without credentials.
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    """
    signer = _Signer("s3", at)
    signed = {
        **fields,
        "x-amz-algorithm": ALGORITHM,
        "x-amz-credential": signer.credential,
        "x-amz-date": signer.stamp,
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        signed["x-amz-security-token"] = token
    allowed = [{"bucket": bucket}, *({name: value} for name, value in signed.items())]
    until = (signer.at + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = {"expiration": until, "conditions": [*allowed, ["content-length-range", size, size]]}
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    return signed | {"policy": encoded, "x-amz-signature": signer.sign(encoded)}
