import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from shared.knowledge import objects
from shared.knowledge.formats.document import UnreadableError
from shared.knowledge.objects import ObjectEvent, StoredObject, is_gone, object_events, put_text, read_object
from shared.platform.errors import UnavailableError

BUCKET = "hercules-kb"


def notice(key: str, sequencer: str = "0055AED6DCD90281E5") -> dict[str, Any]:
    """A record of an S3 notification, as far as it matters here."""
    return {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": 5, "sequencer": sequencer}},
    }


def notification(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": records})


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
    assert list(object_events(notification(notice(sent)))) == [ObjectEvent(BUCKET, key, "0055AED6DCD90281E5")]


def test_one_notification_may_name_several_objects() -> None:
    found = object_events(notification(notice("a.md", "01"), notice("b.md", "02")))
    assert [(item.key, item.sequencer) for item in found] == [("a.md", "01"), ("b.md", "02")]


@pytest.mark.parametrize(
    ("name", "is_removal"),
    [("ObjectCreated:Put", False), ("ObjectRemoved:Delete", True), ("ObjectRemoved:DeleteMarkerCreated", True)],
)
def test_an_event_of_a_file_that_is_gone_is_told_by_its_name(name: str, is_removal: bool) -> None:
    (found,) = object_events(notification(notice("a.md") | {"eventName": name}))
    assert found.is_removal is is_removal


def test_a_folder_is_no_document() -> None:
    assert list(object_events(notification(notice("guides/")))) == []


def test_the_test_event_of_s3_names_no_object() -> None:
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET, "RequestId": "1", "HostId": "2"}
    assert list(object_events(json.dumps(event))) == []


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("KNOWLEDGE_BUCKET", BUCKET)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_an_object_is_read_whole(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="en/deload week.md", Body=b"\x00\xff")

    assert read_object(BUCKET, "en/deload week.md") == StoredObject(b"\x00\xff", "")


def test_an_object_is_gone_when_there_is_none(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="a.md", Body=b"Rest.")

    assert not is_gone(BUCKET, "a.md")
    assert is_gone(BUCKET, "b.md")


def test_an_object_that_is_gone_is_none(s3: S3Client) -> None:
    assert read_object(BUCKET, "deload.md") is None


def test_a_bucket_that_does_not_answer_is_unavailable(s3: S3Client) -> None:
    with pytest.raises(UnavailableError) as failed:
        read_object("another-bucket", "deload.md")
    assert failed.value.reason == "storage_unavailable"


def test_an_object_that_is_too_large_is_refused_unread(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_BYTES", 1000)
    s3.put_object(Bucket=BUCKET, Key="a.md", Body=b"a" * 1001)
    with pytest.raises(UnreadableError) as refused:
        read_object(BUCKET, "a.md")
    assert refused.value.reason == "too_large"
    s3.put_object(Bucket=BUCKET, Key="a.md", Body=b"a" * 1000)
    assert read_object(BUCKET, "a.md")


def test_a_text_is_put_with_its_title_in_any_script(s3: S3Client) -> None:
    put_text("füße.md", "Zwei Tage.", "Füße & 足")

    assert read_object(BUCKET, "füße.md") == StoredObject(b"Zwei Tage.", "Füße & 足")
