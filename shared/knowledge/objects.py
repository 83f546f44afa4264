"""Documents that S3 reports as new."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from shared.platform.errors import InvalidRequestError
from shared.platform.text import has_nul

MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class NewObject:
    bucket: str
    key: str
    sequencer: str  # orders the events of one key


def new_objects(message: dict[str, Any]) -> Iterator[NewObject]:
    """The objects that an S3 notification names; none for the test event sent when notifications are set up."""
    for record in message.get("Records", []):
        item = record["s3"]["object"]
        yield NewObject(record["s3"]["bucket"]["name"], unquote_plus(item["key"]), item["sequencer"])


def read_text(item: NewObject) -> str:
    """The object as text. Raises InvalidRequestError: gone, too_large, unsupported (not UTF-8 text)."""
    import boto3

    s3 = boto3.client("s3")
    try:
        answer = s3.get_object(Bucket=item.bucket, Key=item.key)
    except s3.exceptions.NoSuchKey:
        raise InvalidRequestError("The document was removed before it was read.", code="gone") from None
    if answer["ContentLength"] > MAX_BYTES:
        raise InvalidRequestError("The document is larger than 20 MB.", code="too_large")
    try:
        text: str = answer["Body"].read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequestError("The document is not UTF-8 text.", code="unsupported") from None
    if has_nul(text):
        raise InvalidRequestError("The document is not plain text.", code="unsupported")
    return text
