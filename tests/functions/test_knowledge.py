"""embed_doc, list_docs, delete_doc and create_upload: the knowledge base in the hands of operators."""

from typing import Any
from uuid import uuid4

import boto3
import httpx
import jwt
import psycopg
import pytest
from mypy_boto3_s3 import S3Client

from infra.local.offline_models.server import RunningModels
from infra.local.supabase_gateway.keys import Keys
from shared.knowledge.front_matter import MAX_QUESTIONS
from tests.support.documents import docx, paragraph
from tests.support.functions.invocations import BUCKET, Answer, User, request
from tests.support.functions.operator import DOCUMENTS, chunks, delete, embed, listed, shown
from tests.support.gateway import Served

Connection = psycopg.Connection[tuple[Any, ...]]
# 60 sections that fill a chunk each.
LONG = "\n\n".join(f"# Part {part}\n\n" + f"Sentence of part {part} on rest. " * 60 for part in range(60))


def test_a_text_is_stored_as_chunks_with_its_model(supabase: Served, database: Connection) -> None:
    source = f"{uuid4()}.md"
    answer = embed(supabase, source, "# Sleep\n\nSleep eight hours.")

    assert answer.status == 200
    assert answer.body.pop("id")
    assert answer.body == {"source": source, "status": "ready", "version": 1, "chunk_count": 1, "stored": True}
    row = database.execute("select embedding_model, metadata from ai_kb_docs where source = %s", (source,)).fetchone()
    assert row == ("minilm-l6-int8", {"title": "Sleep", "heading": "Sleep", "version": 1, "language": "simple"})


def test_who_reviewed_a_document_when_and_against_what_is_shown_with_it(supabase: Served) -> None:
    source, mark = f"{uuid4()}.md", uuid4().hex
    front = "---\nreviewed: 2026-11-21\nreviewed_by: the team\nsources:\n  - Miller 2019\n---\n"
    embed(supabase, source, f"{front}# Sleep\n\nSleep eight hours, says {mark}.")

    (found,) = [each for each in listed(supabase).body["items"] if each["source"] == source]
    assert (found["reviewed_on"], found["reviewed_by"], found["sources"]) == ("2026-11-21", "the team", ["Miller 2019"])
    body = {"query": f"What does {mark} say of sleep?"}
    passage = request("search_knowledge", "POST", "/v1/knowledge/search", "", body, apikey=supabase.service_key).body[
        "items"
    ][0]
    assert (passage["source"], passage["reviewed_on"]) == (source, "2026-11-21")
    assert "---" not in passage["content"]


def test_a_document_is_found_by_a_question_that_it_names_which_no_passage_shows(supabase: Served) -> None:
    source, question = f"{uuid4()}.md", f"Is the gaffer {uuid4().hex[:6]} right to bin his kettlebells?"
    text = "# Deloads\n\nA planned easier week: cut the sets of your training by half and lower the load."
    embed(supabase, source, f"---\nquestions:\n  - {question}\n---\n{text}")

    (found,) = [each for each in listed(supabase).body["items"] if each["source"] == source]
    assert (found["questions"], found["chunk_count"]) == ([question], 1)
    body = {"question": question}
    explained = request("search_knowledge", "POST", "/v1/knowledge/explain", "", body, apikey=supabase.service_key).body
    (considered,) = [each for each in explained["queries"][0]["items"] if each["source"] == source]
    assert (considered["question"], considered["question_similarity"]) == (question, pytest.approx(1, abs=0.01))
    assert question not in considered["excerpt"]

    embed(supabase, source, text)
    explained = request("search_knowledge", "POST", "/v1/knowledge/explain", "", body, apikey=supabase.service_key).body
    assert all(each["question"] != question for each in explained["queries"][0]["items"])


def test_a_document_names_as_many_questions_as_are_read_and_what_is_more_is_left_out(supabase: Served) -> None:
    source, asked = f"{uuid4()}.md", [f"What is {number} of {uuid4()}?" for number in range(MAX_QUESTIONS + 1)]
    named = "".join(f"  - {question}\n" for question in asked)
    assert embed(supabase, source, f"---\nquestions:\n{named}---\n# Sleep\n\nSleep eight hours.").status == 200
    (found,) = [each for each in listed(supabase).body["items"] if each["source"] == source]
    assert found["questions"] == asked[:MAX_QUESTIONS]


def test_the_same_text_again_is_not_paid_for_again(supabase: Served, models: RunningModels) -> None:
    source, mark = f"{uuid4()}.md", uuid4().hex
    answers = [embed(supabase, source, f"# Note\n\nMark {mark}.") for _ in range(2)]

    assert [(answer.status, answer.body["status"], answer.body["stored"]) for answer in answers] == [
        (200, "ready", True),
        (200, "ready", False),
    ]
    assert [answer.body["version"] for answer in answers] == [1, 1]
    assert len(models.requests(mark)) == 1


def test_of_a_changed_text_only_the_new_chunks_are_paid_for(supabase: Served, models: RunningModels) -> None:
    source, old, new = f"{uuid4()}.md", uuid4().hex, uuid4().hex
    part = "# Kept\n\n" + f"A sentence that stays, {old}. " * 40
    embed(supabase, source, f"{part}\n\n# Changed\n\n" + "Before. " * 200)
    embed(supabase, source, f"{part}\n\n# Changed\n\n" + f"After, {new}. " * 40)

    assert (len(models.requests(old)), len(models.requests(new))) == (1, 1)


def test_a_title_may_be_given(supabase: Served, database: Connection) -> None:
    source = f"{uuid4()}.txt"
    embed(supabase, source, "Sleep eight hours.", title="On sleep")

    assert database.execute("select title from ai_kb_sources where source = %s", (source,)).fetchone() == ("On sleep",)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"source": "a.md", "text": ""}, "invalid_request"),
        ({"source": "", "text": "x"}, "invalid_request"),
        ({"source": "ä" * 513, "text": "x"}, "invalid_request"),
        ({"source": "a.md", "text": "x", "vector": []}, "invalid_request"),
        ({"source": "a.md", "text": " \n\n# \n"}, "no_text"),
        ({"source": "a.md", "text": "{\\rtf1 x}"}, "unsupported"),
        ({"source": "a.md", "text": "x" * 5_000_001}, "invalid_request"),
    ],
)
def test_a_document_without_text_is_refused(supabase: Served, body: dict[str, Any], code: str) -> None:
    answer = request("embed_doc", "POST", DOCUMENTS, "", body, apikey=supabase.service_key)

    assert (answer.status, answer.body["code"]) == (422, code)


def test_a_long_text_is_put_into_the_bucket_and_answered_with_202(supabase: Served, s3: S3Client) -> None:
    source = f"{uuid4()} füße.md"
    answer = embed(supabase, source, LONG, title="Füße")

    assert (answer.status, answer.body["status"], answer.body["stored"]) == (202, "pending", False)
    stored = s3.get_object(Bucket=BUCKET, Key=source)
    assert (stored["Body"].read().decode(), stored["Metadata"]) == (LONG, {"title": "F%C3%BC%C3%9Fe"})


def test_an_object_of_the_bucket_is_stored_by_its_key(supabase: Served, database: Connection, s3: S3Client) -> None:
    source = f"{uuid4()}.whatever"
    s3.put_object(Bucket=BUCKET, Key=source, Body=docx(paragraph("Sleep eight hours."), "On sleep"))
    answer = embed(supabase, source)

    assert (answer.status, answer.body["chunk_count"]) == (200, 1)
    assert chunks(database, source) == ["Sleep eight hours."]
    assert (shown(supabase, source, "ready")["title"], shown(supabase, source, "ready")["format"]) == (
        "On sleep",
        "docx",
    )


def test_a_long_object_is_announced_on_the_queue(supabase: Served, s3: S3Client) -> None:
    source = f"{uuid4()} a+b.md"
    s3.put_object(Bucket=BUCKET, Key=source, Body=LONG.encode())
    answer = embed(supabase, source)

    sqs = boto3.client("sqs", region_name="eu-central-1")
    (message,) = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="ingest")["QueueUrl"])["Messages"]
    assert answer.status == 202
    assert source.replace(" ", "%20").replace("+", "%2B") in message["Body"]


def test_an_object_that_is_not_there_is_a_404(supabase: Served, s3: S3Client) -> None:
    answer = embed(supabase, "nothing.md")

    assert (answer.status, answer.body["code"]) == (404, "object_not_found")


def test_an_embedder_that_is_down_leaves_the_source_pending_with_the_reason(
    supabase: Served, models: RunningModels
) -> None:
    source, mark = f"{uuid4()}.md", uuid4().hex
    behaviour = models.behave(mark, "status", endpoint="embeddings", status=429, retry_after=50, times=None)
    answer = embed(supabase, source, f"Mark {mark}.")
    models.forget(behaviour)

    assert (answer.status, answer.body["code"]) == (503, "model_rate_limited")
    assert shown(supabase, source, "pending")["error"]["code"] == "model_rate_limited"


def test_the_list_has_what_failed_with_its_reason(supabase: Served, database: Connection) -> None:
    source = f"{uuid4()}.pdf"
    database.execute(
        "insert into ai_kb_sources (source, title, status, error_code) values (%s, 'T', 'failed', 'encrypted')",
        (source,),
    )

    assert shown(supabase, source, "failed")["error"] == {
        "code": "encrypted",
        "message": "The document is encrypted; upload it without a password.",
    }


def test_the_list_is_read_page_by_page_and_without_what_was_deleted(supabase: Served, s3: S3Client) -> None:
    sources = [f"{uuid4()}.md" for _ in range(3)]
    ids = [embed(supabase, source, "Sleep eight hours.").body["id"] for source in sources]
    delete(supabase, ids[0])

    first = listed(supabase, limit=1).body
    second = listed(supabase, limit=1, cursor=first["next_cursor"]).body
    assert [page["items"][0]["source"] for page in (first, second)] == [sources[2], sources[1]]
    assert shown(supabase, sources[0], "deleted")["chunk_count"] == 0


def test_the_document_of_a_name_is_found_in_the_list(supabase: Served) -> None:
    sources = [f"{uuid4()}.md" for _ in range(2)]
    for source in sources:
        embed(supabase, source, "Sleep eight hours.")

    (found,) = listed(supabase, source=sources[0]).body["items"]
    assert (found["source"], found["is_worked_on"]) == (sources[0], False)


def test_a_document_that_waits_is_told_from_one_that_is_being_read(supabase: Served, database: Connection) -> None:
    source = f"{uuid4()}.md"
    for seconds, is_worked_on in ((60, True), (-60, False)):
        database.execute("select claim_source(%s, 'worker', %s)", (source, seconds))
        assert shown(supabase, source, "pending")["is_worked_on"] is is_worked_on


def test_chunks_are_read_as_they_are_searched_page_by_page(supabase: Served) -> None:
    source = f"{uuid4()}.md"
    text = "\n\n".join(f"# Part {part}\n\n" + f"A sentence of part {part} on rest. " * 20 for part in range(5))
    path = f"{DOCUMENTS}/{embed(supabase, source, text).body['id']}/chunks"

    def read(**query: Any) -> Any:
        return request("list_docs", "GET", path, "", None, query, apikey=supabase.service_key).body

    first, second = read(limit=3), read(limit=3, first=3)
    headings = [chunk["heading"] for chunk in first["items"] + second["items"]]
    assert headings == [f"Part {part}" for part in range(5)]
    assert (first["next_first"], second["next_first"]) == (3, None)
    assert first["items"][0]["content"].startswith("## Part 0")
    assert (first["items"][0]["language"], first["items"][0]["embedding_model"]) == ("english", "minilm-l6-int8")


def test_of_a_document_that_is_not_there_no_chunks_are_read(supabase: Served) -> None:
    answer = request("list_docs", "GET", f"{DOCUMENTS}/{uuid4()}/chunks", "", apikey=supabase.service_key)

    assert (answer.status, answer.body["code"]) == (404, "document_not_found")


def test_what_waits_in_the_queue_and_what_was_given_up_is_counted(supabase: Served, s3: S3Client) -> None:
    sqs = boto3.client("sqs", region_name="eu-central-1")
    for queue, messages in (("ingest", 3), ("dead", 1)):
        for _ in range(messages):
            sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody="{}")
    sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="ingest")["QueueUrl"])

    counted = request("operations", "GET", "/v1/operations/ingestion", "", apikey=supabase.service_key)
    assert counted.body == {"waiting": 2, "in_work": 1, "given_up": 1}


def test_a_document_is_deleted_with_its_object_and_deleting_is_safe_to_repeat(
    supabase: Served, database: Connection, s3: S3Client
) -> None:
    source = f"{uuid4()}.md"
    s3.put_object(Bucket=BUCKET, Key=source, Body=b"Sleep eight hours.")
    source_id = embed(supabase, source).body["id"]

    assert [delete(supabase, source_id).status for _ in range(2)] == [204, 204]
    assert chunks(database, source) == []
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)
    assert delete(supabase, str(uuid4())).body["code"] == "document_not_found"


def test_an_upload_is_permitted_for_one_name_type_and_size(supabase: Served, s3: S3Client) -> None:
    body = {"source": "guides/füße.pdf", "content_type": "application/pdf", "size": 1234}
    answer = request("create_upload", "POST", "/v1/knowledge/uploads", "", body, apikey=supabase.service_key)

    assert answer.status == 201
    assert answer.body["fields"]["key"] == "guides/füße.pdf"
    assert answer.body["fields"]["Content-Type"] == "application/pdf"
    assert answer.body["url"].endswith(f"/{BUCKET}/")


@pytest.mark.parametrize("change", [{"size": 0}, {"size": 20 * 1024 * 1024 + 1}, {"content_type": "image/png"}])
def test_an_upload_of_another_kind_or_size_is_not_permitted(supabase: Served, change: dict[str, Any]) -> None:
    body = {"source": "a.pdf", "content_type": "application/pdf", "size": 1, **change}

    answer = request("create_upload", "POST", "/v1/knowledge/uploads", "", body, apikey=supabase.service_key)
    assert answer.status == 422


CALLS: dict[str, tuple[str, str, Any]] = {
    "embed_doc": ("POST", DOCUMENTS, {"source": "a.md", "text": "Rest."}),
    "create_upload": ("POST", "/v1/knowledge/uploads", {"source": "a", "content_type": "text/csv", "size": 1}),
    "list_docs": ("GET", DOCUMENTS, None),
    "list_docs, chunks": ("GET", f"{DOCUMENTS}/{uuid4()}/chunks", None),
    "operations, ingestion": ("GET", "/v1/operations/ingestion", None),
    "search_knowledge": ("POST", "/v1/knowledge/search", {"query": "Rest?"}),
    "search_knowledge, explain": ("POST", "/v1/knowledge/explain", {"question": "Rest?"}),
    "delete_doc": ("DELETE", f"{DOCUMENTS}/{uuid4()}", None),
}


def call(function: str, token: str, **headers: Any) -> Answer:
    method, path, body = CALLS[function]
    return request(function.split(",")[0], method, path, token, body, **headers)


@pytest.mark.parametrize("function", CALLS)
def test_a_user_who_is_no_operator_is_refused(function: str, user: User, supabase: Served) -> None:
    assert call(function, user.token).status == 403
    assert call(function, "", apikey=f"{supabase.service_key}x").status == 401


@pytest.mark.parametrize("function", CALLS)
def test_a_user_cannot_call_oneself_an_operator(function: str, supabase: Served) -> None:
    body = {"email": f"{uuid4()}@example.com", "password": "correct horse", "data": {"role": "operator"}}
    answer = httpx.post(f"{supabase.url}/auth/v1/signup", json=body, headers={"apikey": supabase.anon_key}).json()

    assert answer["user"]["user_metadata"]["role"] == "operator"
    assert call(function, answer["access_token"]).status == 403


@pytest.mark.parametrize("function", CALLS)
def test_an_operator_needs_no_service_key(function: str, user: User, gateway_keys: Keys, s3: S3Client) -> None:
    claims = jwt.decode(user.token, options={"verify_signature": False})
    claims["app_metadata"] = {**claims.get("app_metadata", {}), "role": "operator"}

    assert call(function, gateway_keys.sign(claims)).status in (200, 201, 404)
