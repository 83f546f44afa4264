"""Faults on the deployed road from bucket to chunks: end states are right, nothing is left over or paid twice."""

import contextlib
import functools
import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.uploads.folder import files, of_cloud, upload
from tests.e2e.conftest import workers
from tests.support.waiting import eventually

Connection = psycopg.Connection[tuple[Any, ...]]
BATCH = 10
# Begins each part of a long document. The offline model reads no further, and remembers what it has read.
PREAMBLE = "Rest is a part of the training and not a pause from it, as every plan in here will say. " * 6


class Bucket:
    """The deployed bucket, and the queue behind it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._s3 = client("s3", cloud.aws_endpoint_url)
        self._sqs = client("sqs", cloud.aws_endpoint_url)

    def put(self, key: str, text: str) -> None:
        self._s3.put_object(Bucket=self._cloud.kb_bucket, Key=key, Body=text.encode())

    def delete(self, key: str) -> None:
        self._s3.delete_object(Bucket=self._cloud.kb_bucket, Key=key)

    def announce(self, key: str, sequencer: str) -> None:
        """An event that comes late, or once more."""
        item = {"bucket": {"name": self._cloud.kb_bucket}, "object": {"key": key, "sequencer": sequencer}}
        self.send(json.dumps({"Records": [{"s3": item}]}))

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._cloud.ingest_queue_url, MessageBody=body)

    def waiting(self, queue_url: str = "") -> int:
        """Messages that nobody has taken, and those that somebody is at work on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = queue_url or self._cloud.ingest_queue_url
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def set_aside(self) -> list[str]:
        """The messages of the dead-letter queue, which is empty afterwards."""
        url = self._cloud.dead_letter_queue_url
        found = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def take(self) -> dict[str, Any]:
        """A message, as it is handed to the function; nobody else has it meanwhile."""
        receive = functools.partial(self._sqs.receive_message, QueueUrl=self._cloud.ingest_queue_url)
        (message,) = eventually(lambda: receive().get("Messages", []))
        return {"messageId": message["MessageId"], "body": message["Body"], "receiptHandle": message["ReceiptHandle"]}

    def give_back(self, message: dict[str, Any]) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=self._cloud.ingest_queue_url, ReceiptHandle=message["receiptHandle"], VisibilityTimeout=0
        )

    @contextlib.contextmanager
    def returning_after(self, seconds: int) -> Iterator[None]:
        """What fails comes back after `seconds` instead of 12 minutes."""
        url = self._cloud.ingest_queue_url
        before = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
        yield
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes=before)

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """What is sent meanwhile is taken up afterwards, as one batch."""
        functions = client("lambda", self._cloud.aws_endpoint_url)
        (mapping,) = functions.list_event_source_mappings(FunctionName="hercules-local-ingest_kb")[
            "EventSourceMappings"
        ]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        yield
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.fixture
def bucket(cloud: Cloud) -> Bucket:
    return Bucket(cloud)


@pytest.fixture
def asked(cloud: Cloud) -> Callable[[str], list[dict[str, Any]]]:
    """The requests that the embedder had for a text."""

    def find(match: str) -> list[dict[str, Any]]:
        url = f"{cloud.openai_base_url.removesuffix('/v1')}/local/requests"
        found: list[dict[str, Any]] = httpx.get(url, params={"match": match}).json()
        return found

    return find


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


def state(database: Connection, key: str) -> tuple[Any, ...]:
    """Status, error, version, and how many chunks there really are."""
    query = (
        "select status, error_code, version, (select count(*) from ai_kb_docs as d where d.source_id = s.id) "
        "from ai_kb_sources as s where source = %s"
    )
    return database.execute(query, (key,)).fetchone() or ()


@pytest.mark.parametrize("key", ["a b.md", "a+b.md", "100%.md", "%2B.md", "füße/足.md", "q?&=#.md"])
def test_an_object_of_any_name_comes_in_and_goes_again(
    bucket: Bucket, database: Connection, mark: str, key: str
) -> None:
    key = f"{mark}/{key}"
    bucket.put(key, f"# Rest\n\nMark {mark}.")
    eventually(lambda: state(database, key) == ("ready", None, 1, 1))

    bucket.delete(key)
    eventually(lambda: state(database, key) == ("deleted", None, 1, 0))


def test_of_a_batch_of_ten_only_the_poisoned_message_returns_and_is_set_aside(
    bucket: Bucket, database: Connection, mark: str, asked: Callable[[str], list[dict[str, Any]]]
) -> None:
    keys = [f"{mark}-{number}.md" for number in range(BATCH - 1)]
    poison = f"no JSON {mark}"
    with bucket.returning_after(10):  # long enough for a batch on a busy laptop
        with bucket.held_back():
            bucket.send(poison)
            for key in keys:
                bucket.put(key, f"# Rest\n\nMark {key}.")
        eventually(lambda: {state(database, key) for key in keys} == {("ready", None, 1, 1)})
    with bucket.returning_after(1):
        eventually(lambda: bucket.set_aside() == [poison])

    assert [len(asked(key)) for key in keys] == [1] * len(keys)
    assert bucket.waiting() == 0


def test_events_out_of_order_and_events_that_come_twice_change_nothing(
    bucket: Bucket, database: Connection, mark: str, asked: Callable[[str], list[dict[str, Any]]]
) -> None:
    key = f"{mark}.md"
    bucket.put(key, f"Mark {mark}.")
    eventually(lambda: state(database, key) == ("ready", None, 1, 1))
    row = database.execute("select sequencer from ai_kb_sources where source = %s", (key,)).fetchone()
    (sequencer,) = row or ("",)

    for again in (sequencer, sequencer, "00"):
        bucket.announce(key, again)
    eventually(lambda: bucket.waiting() == 0)
    assert (state(database, key), len(asked(mark))) == (("ready", None, 1, 1), 1)

    bucket.delete(key)
    eventually(lambda: state(database, key) == ("deleted", None, 1, 0))
    bucket.announce(key, sequencer)
    eventually(lambda: bucket.waiting() == 0)
    assert state(database, key) == ("deleted", None, 1, 0)


def test_a_document_deleted_while_it_is_embedded_leaves_nothing_behind(
    bucket: Bucket,
    database: Connection,
    mark: str,
    behave: Callable[..., None],
    asked: Callable[[str], list[dict[str, Any]]],
) -> None:
    key = f"{mark}.md"
    behave(mark, "delay", endpoint="embeddings", seconds=3)
    bucket.put(key, f"Mark {mark}.")
    eventually(lambda: asked(mark))
    bucket.delete(key)

    eventually(lambda: state(database, key) == ("deleted", None, 0, 0))
    assert asked(mark)[0]["status"] is None  # it was deleted while the embedder was still at work
    eventually(lambda: bucket.waiting() == 0)
    assert (state(database, key), len(asked(mark))) == (("deleted", None, 0, 0), 1)


def test_a_worker_killed_between_embedding_and_storing_has_paid_once(
    bucket: Bucket,
    database: Connection,
    mark: str,
    behave: Callable[..., None],
    invoke: Callable[[str, dict[str, Any]], Any],
    asked: Callable[[str], list[dict[str, Any]]],
) -> None:
    """The message comes back when the worker is dead, as it does where it is away for longer than a worker lives."""
    key, last = f"{mark}.md", f"last-{mark}"
    parts = [f"# Rest\n\n{PREAMBLE}This is part {part} of {mark}." for part in range(65)]
    behave(last, "delay", endpoint="embeddings", seconds=60)

    def kept() -> int:
        query = "select count(*) from private.kept_embeddings"
        return int((database.execute(query).fetchone() or (0,))[0])

    before = kept()
    with bucket.held_back(), ThreadPoolExecutor() as pool:
        bucket.put(key, "\n\n".join([*parts[:64], f"{parts[64]} {last}"]))
        message = bucket.take()
        killed = pool.submit(invoke, "ingest_kb", {"Records": [message]})
        eventually(lambda: kept() >= before + 64)
        for worker in workers("ingest_kb"):
            worker.kill()
        assert "errorType" in killed.result()
        bucket.give_back(message)
    eventually(lambda: state(database, key) == ("ready", None, 1, 65))

    assert len(asked(f"part 0 of {mark}")) == 1
    assert kept() == before


def test_an_embedder_that_is_busy_is_asked_again_when_it_says(
    bucket: Bucket,
    database: Connection,
    mark: str,
    behave: Callable[..., None],
    asked: Callable[[str], list[dict[str, Any]]],
) -> None:
    behave(mark, "status", endpoint="embeddings", status=429, retry_after=3, times=2)
    bucket.put(f"{mark}.md", f"Mark {mark}.")

    eventually(lambda: state(database, f"{mark}.md") == ("ready", None, 1, 1))
    assert [request["status"] for request in asked(mark)] == [429, 429, 200]


def test_nine_documents_are_ready_within_a_minute_of_one_that_is_never_read(
    bucket: Bucket, database: Connection, mark: str
) -> None:
    with bucket.held_back():
        for at in range(BATCH):
            nested = f"<html><body>{'<div>' * 150_000}{mark}"
            bucket.put(f"{mark}-{at}.html", nested if at == 4 else f"<h1>Rest</h1><p>Part {at} of {mark}.</p>")

    good = [f"{mark}-{at}.html" for at in range(BATCH) if at != 4]
    eventually(lambda: [state(database, key)[:2] for key in good] == [("ready", None)] * 9)
    eventually(lambda: state(database, f"{mark}-4.html")[:2] == ("failed", "too_slow"))


def test_a_folder_is_taken_in_and_what_cannot_be_read_is_named(cloud: Cloud, mark: str, tmp_path: Path) -> None:
    good, bad = tmp_path / mark / "good file.md", tmp_path / mark / "bad.md"
    (tmp_path / mark / ".hidden").mkdir(parents=True)
    (tmp_path / mark / ".hidden" / "note.md").write_text("Not for others.")
    good.write_text(f"# Rest\n\nMark {mark}.")
    bad.write_bytes(b"\x89PNG\r\n")

    for _ in range(2):  # the second time nothing has changed
        with of_cloud(cloud) as target:
            results = {result.source: result for result in upload(target, files(tmp_path))}
        assert {(result.source, result.status, result.error_code) for result in results.values()} == {
            (f"{mark}/good file.md", "ready", None),
            (f"{mark}/bad.md", "failed", "unsupported"),
        }
        assert results[f"{mark}/good file.md"].chunk_count == 1


def test_a_file_is_uploaded_by_form_and_no_other_file_with_it(cloud: Cloud, database: Connection, mark: str) -> None:
    text = f"# Rest\n\nMark {mark}.".encode()
    wanted = {"source": f"{mark} ü.md", "content_type": "text/markdown", "size": len(text)}
    url = f"{cloud.api_url}/v1/knowledge/uploads"
    permit = httpx.post(url, json=wanted, headers={"apikey": cloud.service_key}, timeout=60).json()

    def post(data: bytes, **changed: str) -> int:
        fields = permit["fields"] | changed
        return httpx.post(permit["url"], data=fields, files={"file": data}, timeout=60).status_code

    assert post(text + b"!") >= 400
    assert post(text, **{"Content-Type": "text/html"}) >= 400
    assert post(text, key="another.md") >= 400
    assert post(text) == 204
    eventually(lambda: state(database, f"{mark} ü.md") == ("ready", None, 1, 1))


def test_a_long_text_is_stored_in_the_background_and_deleted_with_its_object(
    cloud: Cloud, database: Connection, mark: str
) -> None:
    parts = [f"# Rest\n\n{PREAMBLE}This is part {part} of {mark}." for part in range(51)]
    documents = f"{cloud.api_url}/v1/knowledge/documents"
    headers = {"apikey": cloud.service_key}
    body = {"source": f"{mark}.md", "text": "\n\n".join(parts), "title": "Über das Ruhen"}
    answer = httpx.post(documents, json=body, headers=headers, timeout=60)

    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    eventually(lambda: state(database, f"{mark}.md") == ("ready", None, 1, 51))
    (shown,) = [
        item
        for item in httpx.get(documents, params={"status": "ready"}, headers=headers, timeout=60).json()["items"]
        if item["source"] == f"{mark}.md"
    ]
    assert (shown["title"], shown["format"]) == ("Über das Ruhen", "markdown")
    assert httpx.delete(f"{documents}/{shown['id']}", headers=headers, timeout=60).status_code == 204
    eventually(lambda: state(database, f"{mark}.md") == ("deleted", None, 1, 0))
