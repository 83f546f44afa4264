"""ingest_kb: what the bucket holds is what is served, in whatever order and however often its events come."""

import io
import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from mypy_boto3_s3 import S3Client
from pypdf import PdfWriter

from infra.local.offline_models.server import RunningModels
from shared.database.client import Database
from shared.knowledge.vector_queries import literal
from shared.llm import embeddings
from shared.platform import settings
from shared.platform.errors import UnavailableError
from shared.platform.process import forget
from tests.support.documents import archive, docx, paragraph, pdf, written
from tests.support.functions.events import sqs_event
from tests.support.functions.invocations import BUCKET, Context, run
from tests.support.functions.operator import chunks, delete, embed, shown
from tests.support.gateway import Served
from tests.support.stub_server import Request, Response, stub_server
from tests.support.waiting import WITHIN, eventually

Connection = psycopg.Connection[tuple[Any, ...]]
CASES = Path(__file__).parents[1] / "unit" / "shared" / "knowledge" / "cases"
EXPECTED = json.loads((CASES / "expect.json").read_text())
NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}
BAD = {
    "no_text": pdf(""),
    "unsupported": archive({"a.xml": "<a/>"}),
    "too_large": b"Rest. " * 3_500_000,
    "encrypted": pdf("Rest.", password="secret"),
    "corrupt": docx(paragraph("Rest."))[:-200],
}


@pytest.fixture
def key() -> str:
    return f"notes/{uuid4()} é+%.md"


def event(key: str, sequencer: str = "0A") -> dict[str, Any]:
    """S3's notification; what happened is not looked at."""
    encoded = key.replace("%", "%25").replace("+", "%2B").replace(" ", "+").replace("é", "%C3%A9")
    return {"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": encoded, "sequencer": sequencer}}}]}


def ingest(*events: dict[str, Any], seconds: float = 60.0) -> Any:
    return run("ingest_kb", sqs_event(*events), Context(seconds_left=seconds))


def state(database: Connection, key: str) -> tuple[Any, ...]:
    query = "select status, error_code, version from ai_kb_sources where source = %s"
    return database.execute(query, (key,)).fetchone() or ()


def test_only_the_record_that_fails_goes_back_to_the_queue(
    database: Connection, models: RunningModels, s3: S3Client
) -> None:
    good, poor = f"{uuid4()}.md", f"{uuid4()}.md"
    models.behave(poor, "status", endpoint="embeddings", status=400, times=None)
    for name in (good, poor):
        s3.put_object(Bucket=BUCKET, Key=name, Body=f"# Note\n\nAbout {name}.".encode())

    assert ingest(event(poor), event(good)) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert chunks(database, good) == [f"## Note\n\nAbout {good}."]
    assert (chunks(database, poor), state(database, poor)) == ([], ("pending", "model_misconfigured", 0))


def test_a_batch_of_which_all_fails_goes_back_without_a_fault_of_the_function() -> None:
    assert run("ingest_kb", {"Records": [{**sqs_event({})["Records"][0], "body": "no JSON"}]}) == {
        "batchItemFailures": [{"itemIdentifier": "0"}]
    }


def test_the_test_event_of_s3_is_ignored() -> None:
    assert ingest({"Service": "Amazon S3", "Event": "s3:TestEvent"}) == NOTHING_FAILED


@pytest.mark.parametrize("code", BAD)
def test_a_bad_file_ends_as_failed_with_its_code_and_the_list_shows_it(
    supabase: Served, s3: S3Client, key: str, code: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=BAD[code])

    assert ingest(event(key)) == NOTHING_FAILED
    assert shown(supabase, key, "failed")["error"]["code"] == code


def test_a_document_of_too_many_chunks_is_too_large(
    database: Connection, s3: S3Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.knowledge.reader.MAX_CHUNKS", 1)
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"Take a day of rest. " * 200)
    ingest(event(key))

    assert state(database, key) == ("failed", "too_large", 0)


def test_a_version_that_cannot_be_read_leaves_the_one_before_it_served(
    database: Connection, s3: S3Client, key: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"Rest.")
    ingest(event(key, "0A"))
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"\x89PNG\r\n")
    ingest(event(key, "0B"))

    assert (state(database, key), chunks(database, key)) == (("failed", "unsupported", 1), ["Rest."])


def test_an_object_that_is_gone_is_deleted_and_no_late_event_revives_it(
    database: Connection, s3: S3Client, key: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"Rest.")
    ingest(event(key, "0A"))
    s3.delete_object(Bucket=BUCKET, Key=key)
    ingest(event(key, "0C"))
    assert (state(database, key), chunks(database, key)) == (("deleted", None, 1), [])

    s3.put_object(Bucket=BUCKET, Key=key, Body=b"Rest.")
    assert ingest(event(key, "0B")) == NOTHING_FAILED
    assert state(database, key)[0] == "deleted"
    ingest(event(key, "0D"))
    assert (state(database, key), chunks(database, key)) == (("ready", None, 2), ["Rest."])


def test_an_event_of_an_object_that_never_was_leaves_a_deleted_source(
    database: Connection, s3: S3Client, key: str
) -> None:
    assert ingest(event(key)) == NOTHING_FAILED
    assert state(database, key) == ("deleted", None, 0)


def test_the_removal_of_an_object_leaves_a_text_that_was_given_since(
    supabase: Served, database: Connection, s3: S3Client
) -> None:
    source = f"{uuid4()}.md"
    embed(supabase, source, "Rest.")
    ingest(event(source))

    assert (state(database, source), chunks(database, source)) == (("ready", None, 1), ["Rest."])


def test_events_that_come_twice_or_without_a_change_are_not_paid_for(
    database: Connection, models: RunningModels, s3: S3Client, key: str
) -> None:
    mark = uuid4().hex
    s3.put_object(Bucket=BUCKET, Key=key, Body=mark.encode())
    assert ingest(event(key, "0A"), event(key, "0A"), event(key, "0B")) == NOTHING_FAILED
    assert ingest(event(key, "0C")) == NOTHING_FAILED

    assert state(database, key) == ("ready", None, 1)
    assert len(models.requests(mark)) == 1


def test_while_one_document_is_embedded_the_next_is_read_but_only_one_at_a_time_is_embedded(
    database: Connection, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"{uuid4()}.md" for _ in range(3)]
    answered, under_way, most = threading.Event(), threading.Semaphore(), []

    def answer(asked: Request) -> Response:
        most.append(under_way.acquire(blocking=False))
        answered.wait(WITHIN)
        under_way.release()
        data = [{"object": "embedding", "index": 0, "embedding": [1.0] * 512}]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return Response(json.dumps({"object": "list", "data": data, "model": "m", "usage": usage}).encode())

    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=f"# Note\n\nAbout {key}.".encode())
    with stub_server() as embedder, ThreadPoolExecutor(1) as elsewhere:
        embedder.reply = answer
        monkeypatch.setenv("OPENAI_BASE_URL", f"{embedder.url}/v1")
        batch = elsewhere.submit(ingest, *map(event, keys))
        eventually(lambda: embedder.asked and state(database, keys[0]) and state(database, keys[1]))
        answered.set()

        assert batch.result() == NOTHING_FAILED
    assert most == [True, True, True]


def broken_after(monkeypatch: pytest.MonkeyPatch, calls: int, function: str) -> Callable[[], None]:
    """The worker dies at a call of an SQL function; the returned function brings it to life."""
    left = [calls]
    whole = Database.rpc

    def rpc(self: Database, name: str, **arguments: Any) -> Any:
        if name == function:
            left[0] -= 1
            if left[0] < 0:
                raise SystemExit
        return whole(self, name, **arguments)

    monkeypatch.setattr(Database, "rpc", rpc)
    return lambda: monkeypatch.setattr(Database, "rpc", whole)


def test_a_worker_that_dies_between_embedding_and_storing_has_paid_once(
    database: Connection, models: RunningModels, s3: S3Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = uuid4().hex
    s3.put_object(Bucket=BUCKET, Key=key, Body=mark.encode())
    revive = broken_after(monkeypatch, 0, "store_source")
    with pytest.raises(SystemExit):
        ingest(event(key))
    assert state(database, key)[0] == "pending"

    revive()
    assert ingest(event(key)) == NOTHING_FAILED
    assert state(database, key) == ("ready", None, 1)
    assert len(models.requests(mark)) == 1


def test_a_document_that_was_begun_goes_on_where_it_was(
    database: Connection, models: RunningModels, s3: S3Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "KEPT_INPUTS", 1)
    first, second = uuid4().hex, uuid4().hex
    parts = [f"# {mark}\n\n" + f"A sentence of {mark} on rest. " * 4 for mark in (first, second)]
    s3.put_object(Bucket=BUCKET, Key=key, Body="\n\n".join(parts).encode())
    models.behave(second, "status", endpoint="embeddings", status=400)

    assert ingest(event(key))["batchItemFailures"]
    assert ingest(event(key)) == NOTHING_FAILED
    assert len(chunks(database, key)) == 2
    assert (len(models.requests(first)), len(models.requests(second))) == (1, 2)


def test_no_document_of_a_batch_waits_for_one_that_is_never_read(
    database: Connection, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.knowledge.limited.MAX_SECONDS", 12.0)
    names = [f"{uuid4()}.html" for _ in range(10)]
    for name in names:
        s3.put_object(Bucket=BUCKET, Key=name, Body=f"<h1>Rest</h1><p>About {name}.</p>".encode())
    s3.put_object(Bucket=BUCKET, Key=names[4], Body=b"<html><body>" + b"<div>" * 100_000 + b"x")

    assert ingest(*map(event, names)) == NOTHING_FAILED
    ends = [state(database, name)[:2] for name in names]
    assert ends == [("failed", "too_slow") if at == 4 else ("ready", None) for at in range(10)]


def test_what_was_not_read_of_a_document_is_shown(supabase: Served, s3: S3Client, key: str) -> None:
    writer = PdfWriter(io.BytesIO(pdf("Rest two days.")))
    writer.add_blank_page(595, 842)
    s3.put_object(Bucket=BUCKET, Key=key, Body=written(writer))
    ingest(event(key))

    assert shown(supabase, key, "ready")["warnings"] == [{"code": "pages_without_text", "count": 1, "where": "2"}]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_file_of_the_cases_is_stored_as_it_reads(database: Connection, s3: S3Client, name: str) -> None:
    key = f"{uuid4()}/{name}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=(CASES / name).read_bytes())
    assert ingest(event(key)) == NOTHING_FAILED

    stored = "\n\n".join(chunks(database, key))
    assert [each for each in EXPECTED[name]["must_match"] if not re.search(each, stored, re.MULTILINE)] == []
    assert [each for each in EXPECTED[name]["must_not_match"] if re.search(each, stored, re.MULTILINE)] == []


def test_a_batch_for_which_there_is_no_time_goes_back_untouched(database: Connection, s3: S3Client, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"Rest.")

    assert ingest(event(key), seconds=5.0)["batchItemFailures"]
    assert state(database, key) == ()


@pytest.mark.usefixtures("s3")
def test_what_an_operator_deleted_is_not_taken_up_again_for_the_file_that_is_gone(
    supabase: Served, database: Connection
) -> None:
    source = f"{uuid4()}.md"
    delete(supabase, embed(supabase, source, "Rest.").body["id"])
    gone = event(source)
    gone["Records"][0]["eventName"] = "ObjectRemoved:Delete"
    query = "select status, claimed_at from ai_kb_sources where source = %s"
    before = database.execute(query, (source,)).fetchone()

    assert ingest(gone) == NOTHING_FAILED
    assert database.execute(query, (source,)).fetchone() == before
    assert before
    assert before[0] == "deleted"


def test_a_file_that_comes_back_is_taken_in_again_though_s3_only_tells_of_a_removal(
    supabase: Served, database: Connection, s3: S3Client
) -> None:
    """Of a delete marker: what it hid is there again."""
    source = f"{uuid4()}.md"
    delete(supabase, embed(supabase, source, "Rest.").body["id"])
    s3.put_object(Bucket=BUCKET, Key=source, Body=b"Rest.")
    back = event(source)
    back["Records"][0]["eventName"] = "ObjectRemoved:Delete"

    assert ingest(back) == NOTHING_FAILED
    assert state(database, source)[0] == "ready"


def test_a_source_that_another_worker_has_goes_back_to_the_queue(
    supabase: Served, database: Connection, s3: S3Client, key: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"Rest.")
    Database(supabase.url, supabase.service_key).rpc(
        "claim_source", p_source=key, p_claim="another", p_lease_seconds=60, p_sequencer="0A"
    )

    assert ingest(event(key))["batchItemFailures"]
    database.execute("update ai_kb_sources set claimed_until = now() where source = %s", (key,))
    assert ingest(event(key)) == NOTHING_FAILED
    assert state(database, key)[0] == "ready"


def test_a_changed_model_is_served_once_every_chunk_has_its_new_vector(
    supabase: Served, database: Connection, models: RunningModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, mark = f"{uuid4()}.md", uuid4().hex
    embed(supabase, source, f"# Rest\n\nMark {mark}.")
    assert run("ingest_kb", {})["embedded"] == 0

    def model() -> Any:
        return database.execute("select embedding_model from ai_kb_docs where source = %s", (source,)).fetchone()

    monkeypatch.setenv("EMBEDDING_MODEL", "minilm-l6-next")
    forget(settings.load)
    behaviour = models.behave(mark, "status", endpoint="embeddings", status=400, times=None)
    with pytest.raises(UnavailableError):
        run("ingest_kb", {})
    assert model() == ("minilm-l6-int8",)
    assert embed(supabase, f"{uuid4()}.md", "Stored while the old one is served.").status == 200

    models.forget(behaviour)
    assert run("ingest_kb", {})["serving_model"] == "minilm-l6-next"
    assert model() == ("minilm-l6-next",)
    assert database.execute("select count(distinct embedding_model) from ai_kb_docs").fetchone() == (1,)

    monkeypatch.setenv("EMBEDDING_MODEL", "minilm-l6-int8")
    forget(settings.load)
    assert run("ingest_kb", {})["serving_model"] == "minilm-l6-int8"


def test_vectors_are_written_as_exactly_as_they_are_stored() -> None:
    assert literal([0.1, -1e-7, 1.0]) == "[0.1,-1e-07,1]"
