"""A question travels from the phone to the database, the model and back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone

Connection = psycopg.Connection[tuple[Any, ...]]
QUESTION = "How often should I take a deload week?"


def open_reservations(database: Connection, user: Phone) -> int:
    row = database.execute(
        "select coalesce(sum(messages_reserved + tokens_reserved), 0) from ai_usage where user_id = %s", (user.user_id,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_an_answer_quotes_the_document_it_cites(user: Phone, session: str, knowledge: str) -> None:
    answer = user.ask(session, QUESTION)

    assert answer.status == 200
    (citation,) = answer.body["message"]["metadata"]["citations"]
    assert citation["source"] == knowledge
    assert citation["quote"] in answer.body["message"]["content"]
    assert answer.body["usage"]["messages_used"] == 1
    assert answer.body["usage"]["tokens_used"] == answer.body["message"]["metadata"]["receipt"]["tokens"]


def test_question_and_answer_are_listed_newest_first_page_by_page(user: Phone, session: str, knowledge: str) -> None:
    asked = user.ask(session, QUESTION).body["message"]

    path = f"/v1/chat/sessions/{session}/messages?limit=1"
    first = user.call("GET", path).body
    second = user.call("GET", f"{path}&cursor={first['next_cursor']}").body
    assert first["items"] == [asked]
    assert (second["items"][0]["content"], second["next_cursor"]) == (QUESTION, None)


def test_the_coach_says_so_when_it_has_no_evidence(user: Phone, session: str, knowledge: str) -> None:
    answer = user.ask(session, "How do I fix my router?")

    assert answer.body["message"]["metadata"]["citations"] == []
    assert "nothing in the knowledge base" in answer.body["message"]["content"]


@pytest.mark.parametrize(
    ("question", "calls"),
    [("How was my week?", ["begin_turn", "finish_turn"]), (QUESTION, ["check_turn", "begin_turn", "finish_turn"])],
)
def test_a_turn_makes_two_calls_to_the_database_and_looks_first_where_its_question_is_embedded(
    cloud: Cloud, user: Phone, session: str, question: str, calls: list[str]
) -> None:
    user.ask(session, "Are the keys cached?")
    httpx.delete(f"{cloud.supabase_url}/local/requests")
    user.ask(session, question)

    asked = httpx.get(f"{cloud.supabase_url}/local/requests").json()  # also by a room that goes on meanwhile
    paths = [call["path"] for call in asked if call["agent"] == "hercules-local-send_message"]
    titles = {"/rest/v1/rpc/claim_title", "/rest/v1/rpc/set_model_title"}  # of sessions before; this one has a title
    assert [path for path in paths if path not in titles] == [f"/rest/v1/rpc/{name}" for name in calls]


def test_the_same_key_gets_the_stored_answer_and_is_charged_once(user: Phone, session: str) -> None:
    first = user.ask(session, QUESTION, **{"Idempotency-Key": "once"})
    second = user.ask(session, QUESTION, **{"Idempotency-Key": "once"})

    assert second.body == first.body
    assert user.call("GET", "/v1/usage").body["messages_used"] == 1


def test_the_same_key_with_another_question_is_refused(user: Phone, session: str) -> None:
    user.ask(session, QUESTION, **{"Idempotency-Key": "once"})

    assert user.ask(session, "Another?", **{"Idempotency-Key": "once"}).body["code"] == "idempotency_key_reused"


def test_fifty_parallel_messages_with_room_for_ten_let_ten_through(database: Connection, user: Phone) -> None:
    plan = f"ten-{user.user_id}"
    database.execute("insert into ai_usage_plans values (%s, 10000000, 10, 1, false)", (plan,))
    database.execute("insert into ai_user_plans values (%s, %s)", (user.user_id, plan))

    sessions = [user.open_session(f"Session {number}") for number in range(50)]  # each answers one turn at a time
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda session: user.ask(session, "Is there room?"), sessions))

    assert sorted(answer.status for answer in answers) == [200] * 10 + [429] * 40
    refused = next(answer for answer in answers if answer.status == 429)
    assert (refused.body["code"], refused.body["limit"]) == ("quota_exceeded", "messages")
    assert user.call("GET", "/v1/usage").body["messages_used"] == 10
    assert open_reservations(database, user) == 0


@pytest.mark.parametrize(
    ("endpoint", "kind", "fields", "code"),
    [
        ("chat", "status", {"status": 429, "retry_after": 7}, "model_rate_limited"),
        ("chat", "status", {"status": 500}, "model_unavailable"),
        ("chat", "cut", {"after": 9}, "model_interrupted"),
        ("chat", "script", {"content": ""}, "model_malformed"),
        ("embeddings", "status", {"status": 500}, "model_unavailable"),
    ],
)
def test_a_failing_model_costs_nothing_and_leaves_no_half_answer(
    behave: Callable[..., None],
    database: Connection,
    user: Phone,
    session: str,
    endpoint: str,
    kind: str,
    fields: dict[str, Any],
    code: str,
) -> None:
    mark = f"{endpoint}-{code}-{user.user_id}"
    behave(mark, kind, endpoint=endpoint, times=None, **fields)

    answer = user.ask(session, f"{QUESTION} {mark}")
    assert (answer.status, answer.body["code"]) == (503, code)
    assert mark not in str(answer.body)
    assert open_reservations(database, user) == 0
    assert user.call("GET", "/v1/usage").body["messages_used"] == 0
    roles = [message["role"] for message in user.call("GET", f"/v1/chat/sessions/{session}/messages").body["items"]]
    assert "assistant" not in roles


def test_what_was_streamed_before_a_cut_is_kept_on_the_turn(
    behave: Callable[..., None], database: Connection, user: Phone, session: str, knowledge: str
) -> None:
    # Slowly, so that it is seen before it breaks off: nobody else is asked then.
    behave(f"cut-{user.user_id}", "pace", seconds=0.05, times=None)
    behave(f"cut-{user.user_id}", "cut", endpoint="chat", after=20, times=None)
    user.ask(session, f"{QUESTION} cut-{user.user_id}")

    row = database.execute(
        "select status, error_code, partial_content from ai_chat_turns where user_id = %s", (user.user_id,)
    ).fetchone()
    assert row is not None
    assert row[:2] == ("failed", "model_interrupted")
    assert row[2]


def test_citations_that_the_model_makes_up_are_dropped(
    behave: Callable[..., None], user: Phone, session: str, knowledge: str
) -> None:
    mark = f"made-up-{user.user_id}"
    claims = (
        '{"answer": "Trust me.", "citations": [{"passage_id": "p9", "quote": "A deload"}, '
        '{"passage_id": "p1", "quote": "Deload every single day"}, '
        '{"passage_id": "p1", "quote": "A deload is a  planned easier week"}]}'
    )
    behave(mark, "script", endpoint="chat", content=claims)

    message = user.ask(session, f"{QUESTION} {mark}").body["message"]
    assert message["content"] == "Trust me."
    assert [citation["quote"] for citation in message["metadata"]["citations"]] == ["A deload is a planned easier week"]
