"""Documents in the knowledge bucket, and what S3 says of them."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_plus

from shared.knowledge.formats.document import MAX_BYTES, UnreadableError
from shared.platform import settings
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.process import keep

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REMOVED = "ObjectRemoved:"  # begins the names of events of which `is_removal` tells
TITLE = "title"  # of an object's metadata, percent-encoded: S3 keeps ASCII only


@dataclass(frozen=True)
class ObjectEvent:
    """Something happened to an object; what, is seen by looking at it. `sequencer` orders the events of one key.

    `is_removal`: a version of it or a delete marker was removed, so that it may be gone or back.
    """

    bucket: str
    key: str
    sequencer: str | None
    is_removal: bool = False


@dataclass(frozen=True)
class StoredObject:
    data: bytes
    title: str


def object_events(notification: str) -> Iterator[ObjectEvent]:
    """The events of S3's JSON; none for the test event sent when notifications are set up, nor for a folder."""
    for record in json.loads(notification).get("Records", []):
        item = record["s3"]["object"]
        key = unquote_plus(item["key"])
        if not key.endswith("/"):  # what the console makes for a folder has no bytes
            is_removal = record.get("eventName", "").startswith(REMOVED)
            yield ObjectEvent(record["s3"]["bucket"]["name"], key, item.get("sequencer"), is_removal)


def read_object(bucket: str, key: str) -> StoredObject | None:
    """An object, or None when there is none. Raises UnreadableError (too_large), UnavailableError."""
    with _faults_translated():
        s3 = s3_client()
        try:
            response = s3.get_object(Bucket=bucket, Key=key)
        except s3.exceptions.NoSuchKey:
            return None
        if response["ContentLength"] > MAX_BYTES:
            response["Body"].close()
            raise UnreadableError("too_large")
        return StoredObject(response["Body"].read(), unquote(response["Metadata"].get(TITLE, "")))


def is_gone(bucket: str, key: str) -> bool:
    """Raises UnavailableError."""
    with _faults_translated():
        s3 = s3_client()
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except s3.exceptions.ClientError as fault:
            if fault.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NOT_FOUND:
                raise
            return True
        return False


def put_text(key: str, text: str, title: str) -> None:
    """Put a text into the bucket, which has it ingested. Raises UnavailableError."""
    kind, metadata = "text/markdown; charset=utf-8", {TITLE: quote(title)} if title else {}
    with _faults_translated():
        s3_client().put_object(Bucket=bucket(), Key=key, Body=text.encode(), ContentType=kind, Metadata=metadata)


def delete_object(key: str) -> None:
    """Safe to repeat. Raises UnavailableError."""
    with _faults_translated():
        s3_client().delete_object(Bucket=bucket(), Key=key)


def announce(key: str) -> None:
    """Have an object that is in the bucket ingested, as if it were new. Raises UnavailableError."""
    body = {"Records": [{"s3": {"bucket": {"name": bucket()}, "object": {"key": quote(key)}}}]}
    queue = settings.load(settings.KnowledgeSettings).ingest_queue_url
    with _faults_translated():
        import boto3

        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))


@dataclass(frozen=True)
class Backlog:
    """Documents that the queue holds, as far as SQS knows: its numbers may be a minute old."""

    waiting: int
    in_work: int
    given_up: int  # after five attempts


def backlog() -> Backlog:
    """How many documents wait to be read, are read, and could not be. Raises UnavailableError."""
    queues = settings.load(settings.BacklogSettings)
    waiting, in_work = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
    with _faults_translated():
        import boto3

        sqs = boto3.client("sqs")

        alive, dead = (
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            for url in (queues.ingest_queue_url, queues.ingest_dead_letter_queue_url)
        )
    return Backlog(int(alive[waiting]), int(alive[in_work]), int(dead[waiting]))


def bucket() -> str:
    return settings.load(settings.KnowledgeSettings).knowledge_bucket


@keep
def s3_client() -> "S3Client":
    """Made at first use: importing boto3 takes almost half a second."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(connect_timeout=3, read_timeout=20))


@contextlib.contextmanager
def _faults_translated() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as fault:
        log_fault("the bucket or its queue did not answer", fault)
        raise UnavailableError(code="storage_unavailable") from None
