"""embed_doc and ingest_kb: text and objects become chunks, once."""

from typing import Any
from uuid import uuid4

import boto3
import psycopg
import pytest
from moto import mock_aws

from infra.local.offline_models.server import RunningModels
from infra.local.supabase_gateway.server import Served
from tests.functions.conftest import Answer, request, run
from tests.functions.events import sqs_event

Connection = psycopg.Connection[tuple[Any, ...]]
BUCKET = "knowledge"


def embed(supabase: Served, source: str, text: str, **more: Any) -> Answer:
    body = {"source": source, "text": text, **more}
    return request("embed_doc", "POST", "/v1/knowledge/documents", "", body, apikey=supabase.service_key)


def created(key: str, sequencer: str = "0A") -> dict[str, Any]:
    """S3's notification of a new object."""
    return {"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "sequencer": sequencer}}}]}


def chunks(database: Connection, source: str) -> list[str]:
    rows = database.execute(
        "select content from ai_kb_docs where source = %s order by chunk_index", (source,)
    ).fetchall()
    return [row[0] for row in rows]


def test_a_text_is_stored_as_chunks_with_its_model(supabase: Served, database: Connection) -> None:
    source = f"{uuid4()}.md"
    answer = embed(supabase, source, "# Sleep\n\nSleep eight hours.")

    assert answer.body == {"source": source, "version": 1, "chunk_count": 1, "stored": True}
    row = database.execute("select embedding_model, metadata from ai_kb_docs where source = %s", (source,)).fetchone()
    assert row == ("minilm-l6-int8", {"title": "Sleep", "heading": "Sleep", "version": 1})


def test_a_title_may_be_given(supabase: Served, database: Connection) -> None:
    source = f"{uuid4()}.txt"
    embed(supabase, source, "Sleep eight hours.", title="On sleep")

    assert database.execute("select title from ai_kb_sources where source = %s", (source,)).fetchone() == ("On sleep",)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"source": "a.md", "text": ""}, "invalid_request"),
        ({"source": "", "text": "x"}, "invalid_request"),
        ({"source": "a.md", "text": "x", "vector": []}, "invalid_request"),
        ({"source": "a.md", "text": " \n\n# \n"}, "no_text"),
        ({"source": "a.md", "text": "x" * 100_001}, "invalid_request"),
    ],
)
def test_a_document_without_text_is_refused(supabase: Served, body: dict[str, Any], code: str) -> None:
    answer = request("embed_doc", "POST", "/v1/knowledge/documents", "", body, apikey=supabase.service_key)

    assert (answer.status, answer.body["code"]) == (422, code)


def test_a_wrong_key_is_refused(supabase: Served) -> None:
    answer = request("embed_doc", "POST", "/v1/knowledge/documents", "", {}, apikey=f"{supabase.service_key}x")

    assert answer.status == 401


def test_only_the_record_that_fails_goes_back_to_the_queue(
    database: Connection, models: RunningModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, poor = f"{uuid4()}.md", f"{uuid4()}.md"
    models.behave(poor, "status", endpoint="embeddings", status=500, times=None)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.eu-central-1.amazonaws.com")  # as moto knows it
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-central-1")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for key in (good, poor):
            s3.put_object(Bucket=BUCKET, Key=key, Body=f"# Note\n\nAbout {key}.".encode())
        result = run("ingest_kb", sqs_event(created(poor), created(good)))

    assert result == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert chunks(database, good) == [f"## Note\n\nAbout {good}."]
    assert chunks(database, poor) == []


def test_the_test_event_of_s3_is_ignored() -> None:
    assert run("ingest_kb", sqs_event({"Service": "Amazon S3", "Event": "s3:TestEvent"})) == {"batchItemFailures": []}
