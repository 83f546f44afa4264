"""The rooms bucket: objects are put, read and served through presigned URLs, without the 430 ms of importing boto3."""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from urllib.parse import quote, unquote_plus

import httpx

from shared.platform import settings
from shared.platform.aws_signature import bucket_url, presigned_url
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.process import keep
from shared.platform.tls import trusted

TIMEOUT = httpx.Timeout(20.0, connect=2.0)  # for a file of 10 MB at 1 MB/s, with as much again
OWN_URL_SECONDS = 60  # for a request that we make at once ourselves
PRESIGNED_URL_TTL = timedelta(minutes=15)  # for a client: at 100 kbit/s, 10 MB take 14
READER_URL_TTL = timedelta(minutes=2)  # for whoever only watches a room: it ends soon after the sharing does
ATTEMPTS = 2  # S3 asks for one more at least: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorBestPractices.html
_S3_XML = "http://s3.amazonaws.com/doc/2006-03-01/"
_KEY = re.compile(r"<Key>([^<]+)</Key>")  # of a listing, percent-encoded as it was asked for


def key_of(folder: str, sha256: str, filename: str) -> str:
    """By content: writing the same again changes nothing, and no version is ever overwritten."""
    return f"{folder}{sha256}/{filename}"


def uploads_of(user_id: str) -> str:
    """What the keys of a user's uploads begin with, as long as no room has taken them: the bucket forgets them soon."""
    return f"rooms/uploads/{_hidden(user_id)}/"


def given_of(user_id: str) -> str:
    """What the keys begin with of the uploads that rooms of this user have taken."""
    return f"rooms/given/{_hidden(user_id)}/"


def exports_of(user_id: str) -> str:
    """What the keys of a user's exports begin with; the bucket forgets them after a day."""
    return f"rooms/exports/{_hidden(user_id)}/"


def _hidden(user_id: str) -> str:
    """Whoever reads a shared room sees a key in an address, and should not learn the owner's id from it."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:32]


def put(key: str, content: bytes, mime_type: str) -> None:
    """Raises UnavailableError."""
    _request("PUT", key, {"content-type": mime_type}, content)


def copy(key: str, target: str) -> None:
    """Within the bucket, with its type. Safe to repeat. Raises UnavailableError."""
    bucket = settings.load(settings.RoomSettings).rooms_bucket
    answer = _request("PUT", target, {"x-amz-copy-source": f"/{bucket}/{quote(key, safe='/~')}"})
    if "<Error>" in answer.text:  # behind a status of 200, which is sent before the copy is made
        raise UnavailableError(code="storage_unavailable")


def get(key: str) -> bytes | None:
    """The object, or None when there is none. Raises UnavailableError."""
    response = _request("GET", key)
    return None if response.status_code == httpx.codes.NOT_FOUND else response.content


def size_of(key: str) -> int | None:
    """Bytes of an object, or None when there is none. Raises UnavailableError."""
    response = _request("HEAD", key)
    return None if response.status_code == httpx.codes.NOT_FOUND else int(response.headers["content-length"])


def delete(key: str) -> None:
    """Delete an object, if it is there. Raises UnavailableError."""
    _request("DELETE", key)


def delete_all(prefix: str) -> int:
    """Delete every object whose key begins so, and count them. Safe to repeat. Raises UnavailableError."""
    deleted, last = 0, ""
    while keys := _keys(prefix, last):
        _delete_keys(keys)
        deleted, last = deleted + len(keys), keys[-1]
    return deleted


def download_url(key: str, ttl: timedelta = PRESIGNED_URL_TTL) -> tuple[str, datetime]:
    """A URL from which the object can be read, and until when.

    A browser saves it as a file: a page that an agent wrote is not to be run where it lies.
    """
    name = quote(key.rpartition("/")[2], safe="")
    return _presign("GET", key, ttl, query={"response-content-disposition": f"attachment; filename*=UTF-8''{name}"})


def upload_url(key: str, size: int, sha256: str, mime_type: str) -> tuple[str, dict[str, str], datetime]:
    """A URL to which exactly this content can be put, the headers to send with it, and until when."""
    headers = {
        "content-length": str(size),
        "content-type": mime_type,
        "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
    }
    url, until = _presign("PUT", key, PRESIGNED_URL_TTL, headers)
    return url, headers, until


def _presign(
    method: str, key: str, ttl: timedelta, headers: dict[str, str] | None = None, query: dict[str, str] | None = None
) -> tuple[str, datetime]:
    return presigned_url(method, _url(key), int(ttl.total_seconds()), headers, query), datetime.now(UTC) + ttl


def _keys(prefix: str, after: str) -> list[str]:
    """At most 1,000, in order. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"} | ({"start-after": after} if after else {})
    return [unquote_plus(key) for key in _KEY.findall(_request("GET", "", query=query).text)]


def _delete_keys(keys: Sequence[str]) -> None:
    """At most 1,000 in one request. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
    objects = "".join(f"<Object><Key>{escape(key, quote=False)}</Key></Object>" for key in keys)
    content = f'<Delete xmlns="{_S3_XML}"><Quiet>true</Quiet>{objects}</Delete>'.encode()
    checksum = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    headers = {"content-md5": checksum, "content-type": "application/xml"}
    if "<Error>" in _request("POST", "", headers, content, {"delete": ""}).text:  # a key at a time may be refused
        raise UnavailableError(code="storage_unavailable")


@keep
def _client() -> httpx.Client:
    """One for the process: a connection to the bucket costs more than most requests."""
    return httpx.Client(verify=trusted(), timeout=TIMEOUT)


def _request(
    method: str,
    key: str,
    headers: dict[str, str] | None = None,
    content: bytes | None = None,
    query: dict[str, str] | None = None,
) -> httpx.Response:
    for _ in range(ATTEMPTS):
        try:
            url = presigned_url(method, _url(key), OWN_URL_SECONDS, headers, query)
            response = _client().request(method, url, content=content, headers=headers)
            if method in ("PUT", "POST") or response.status_code != httpx.codes.NOT_FOUND:
                response.raise_for_status()
        except httpx.HTTPError as fault:
            log_fault("the rooms bucket did not answer", fault)
        else:
            return response
    raise UnavailableError(code="storage_unavailable")


def _url(key: str) -> str:
    return f"{bucket_url(settings.load(settings.RoomSettings).rooms_bucket)}/{quote(key, safe='/~')}"
