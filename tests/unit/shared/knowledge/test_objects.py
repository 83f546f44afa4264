import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from shared.knowledge import objects
from shared.knowledge.objects import NewObject, new_objects, read_text
from shared.platform.errors import InvalidRequestError

BUCKET = "hercules-kb"


def notice(key: str, sequencer: str = "0055AED6DCD90281E5") -> dict[str, Any]:
    """A record of an S3 notification, as far as it matters here."""
    return {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": 5, "sequencer": sequencer}},
    }


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("deload.md", "deload.md"),
        ("en/deload+week.md", "en/deload week.md"),
        ("a%2Bb%20c.md", "a+b c.md"),
        ("dehnen-f%C3%BC%C3%9Fe.md", "dehnen-füße.md"),
        ("100%25.md", "100%.md"),
    ],
)
def test_a_key_is_read_as_it_was_before_s3_encoded_it(sent: str, key: str) -> None:
    assert list(new_objects({"Records": [notice(sent)]})) == [NewObject(BUCKET, key, "0055AED6DCD90281E5")]


def test_one_notification_may_name_several_objects() -> None:
    found = new_objects({"Records": [notice("a.md", "01"), notice("b.md", "02")]})
    assert [(item.key, item.sequencer) for item in found] == [("a.md", "01"), ("b.md", "02")]


def test_the_test_event_of_s3_names_no_object() -> None:
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET, "RequestId": "1", "HostId": "2"}
    assert list(new_objects(json.loads(json.dumps(event)))) == []


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def stored(s3: S3Client, body: bytes) -> NewObject:
    s3.put_object(Bucket=BUCKET, Key="en/deload week.md", Body=body)
    return NewObject(BUCKET, "en/deload week.md", "01")


def refusal(item: NewObject) -> str:
    with pytest.raises(InvalidRequestError) as refused:
        read_text(item)
    return refused.value.reason


@pytest.mark.parametrize("text", ["", "# Deload\n\nEine leichtere Woche für Füße 🏋️.\n"])
def test_an_object_is_read_as_text(s3: S3Client, text: str) -> None:
    assert read_text(stored(s3, text.encode())) == text


def test_a_byte_order_mark_is_no_part_of_the_text(s3: S3Client) -> None:
    assert read_text(stored(s3, "# Deload".encode("utf-8-sig"))) == "# Deload"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_refused(s3: S3Client, encoding: str) -> None:
    assert refusal(stored(s3, "Füße".encode(encoding))) == "unsupported"


def test_what_the_database_cannot_hold_is_refused(s3: S3Client) -> None:
    """Plain letters in UTF-16 without a mark are valid UTF-8, every second one a NUL."""
    assert refusal(stored(s3, "Deload".encode("utf-16-le"))) == "unsupported"


def test_an_object_that_is_too_large_is_refused(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_BYTES", 1000)
    assert refusal(stored(s3, b"a" * 1001)) == "too_large"
    assert read_text(stored(s3, b"a" * 1000)) == "a" * 1000
