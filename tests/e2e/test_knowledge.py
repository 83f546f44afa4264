"""What is put into the bucket can be cited."""

import uuid
from typing import Any

import httpx
import psycopg

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from tests.support.waiting import eventually

Connection = psycopg.Connection[tuple[Any, ...]]


def put(cloud: Cloud, key: str, body: bytes) -> None:
    client("s3", cloud.aws_endpoint_url).put_object(Bucket=cloud.kb_bucket, Key=key, Body=body)


def versions(database: Connection, source: str) -> list[tuple[Any, ...]]:
    query = "select version, chunk_count from ai_kb_sources where source = %s"
    return database.execute(query, (source,)).fetchall()


def test_an_object_in_the_bucket_becomes_chunks_and_a_new_one_replaces_it(cloud: Cloud, database: Connection) -> None:
    key = f"notes/{uuid.uuid4()} é+%.md"
    put(cloud, key, b"# Grip\n\nHold the bar over mid-foot.")
    eventually(lambda: versions(database, key) == [(1, 1)])

    put(cloud, key, b"# Grip\n\nHold the bar in the fingers.")
    eventually(lambda: versions(database, key) == [(2, 1)])
    rows = database.execute("select content, metadata ->> 'version' from ai_kb_docs where source = %s", (key,))
    assert rows.fetchall() == [("## Grip\n\nHold the bar in the fingers.", "2")]


def test_the_same_text_again_is_not_embedded_again(cloud: Cloud, database: Connection) -> None:
    text = f"# Note\n\nMark {uuid.uuid4()}."
    document = {"source": f"{uuid.uuid4()}.md", "text": text}
    answers = [
        httpx.post(f"{cloud.api_url}/v1/knowledge/documents", json=document, headers={"apikey": cloud.service_key})
        for _ in range(2)
    ]

    assert [answer.json()["stored"] for answer in answers] == [True, False]
    requests = httpx.get(f"{cloud.openai_base_url.removesuffix('/v1')}/local/requests", params={"match": text[8:]})
    assert len(requests.json()) == 1


def test_an_unreadable_object_does_not_hold_up_the_others(cloud: Cloud, database: Connection) -> None:
    good = f"{uuid.uuid4()}.md"
    put(cloud, f"{uuid.uuid4()}.md", b"\x89PNG\r\n")
    put(cloud, f"{uuid.uuid4()}.md", b"")
    put(cloud, good, b"# Good\n\nRest well.")

    eventually(lambda: versions(database, good) == [(1, 1)])
    attributes = client("sqs", cloud.aws_endpoint_url).get_queue_attributes(
        QueueUrl=cloud.dead_letter_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "0"
