"""Turns that are watched, stopped, or run in the background."""

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from shared.coach.turn import service
from tests.support.functions.invocations import Answer, Context, User, request, run
from tests.support.stub_server import StubServer
from tests.support.waiting import eventually

Connection = psycopg.Connection[tuple[Any, ...]]
LONG_ANSWER = json.dumps({"answer": "Rest well. " * 400, "citations": []})


def ask(user: User, session: str, question: str, **headers: Any) -> Answer:
    path = f"/v1/chat/sessions/{session}/messages"
    return request("send_message", "POST", path, user.token, {"content": question}, **headers)


def turn(database: Connection, user: User) -> tuple[Any, ...]:
    query = "select id, status, partial_content from ai_chat_turns where user_id = %s order by started_at desc limit 1"
    return database.execute(query, (user.id,)).fetchone() or ()


def cancel(database: Connection, user: User, session: str) -> None:
    found = turn(database, user)
    assert found is not None
    database.execute("select cancel_turn(%s, %s, %s)", (user.id, session, found[0]))


@pytest.fixture
def slow(models: RunningModels, user: User) -> str:
    """A word that makes the model answer for half a minute."""
    word = f"slowly-{user.id}"
    models.behave(word, "script", content=LONG_ANSWER, times=None)
    models.behave(word, "pace", seconds=0.1, times=None)
    return word


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "hercules-test-send_message")


def invocations(parameters: StubServer, mark: str) -> list[dict[str, Any]]:
    """What send_message has asked itself to do about what holds `mark`."""
    asked = [item for item in parameters.asked if item.path.endswith("/send_message/invocations")]
    asked += [item for item in parameters.asked if item.path.endswith("hercules-test-send_message/invocations")]
    return [json.loads(item.body) for item in asked if mark.encode() in item.body]


def answering(user: User, session: str, question: str) -> "Future[Answer]":
    pool = ThreadPoolExecutor(1)
    asked = pool.submit(in_own_loop, user, session, question)
    pool.shutdown(wait=False)
    return asked


def in_own_loop(user: User, session: str, question: str) -> Answer:
    """Mangum needs an event loop in its thread."""
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return ask(user, session, question)
    finally:
        loop.close()


def test_a_cancelled_turn_stops_the_model_keeps_its_text_and_is_charged_for_it(
    user: User, session: str, slow: str, database: Connection, models: RunningModels
) -> None:
    asked = answering(user, session, f"How should I rest, {slow}?")
    eventually(lambda: (found := turn(database, user)) and found[2])
    cancelled_at = time.monotonic()
    cancel(database, user, session)
    answer = asked.result(timeout=30)

    assert time.monotonic() - cancelled_at < 10  # of some thirty that the model would go on
    assert (answer.status, answer.body["turn"]["status"]) == (200, "cancelled")
    message = answer.body["message"]
    assert message["content"].startswith("Rest well.")
    assert len(message["content"]) < len("Rest well. " * 400) - 1
    receipt = message["metadata"]["receipt"]
    assert receipt["estimated"] is True
    assert answer.body["usage"]["tokens_used"] == receipt["tokens"] > 0
    assert answer.body["usage"]["tokens_reserved"] == 0
    assert eventually(lambda: [item for item in models.requests(slow) if item.get("aborted")])


def test_a_second_question_during_an_answer_is_refused_with_the_running_turn(
    user: User, session: str, slow: str, database: Connection
) -> None:
    asked = answering(user, session, f"How should I rest, {slow}?")
    found = eventually(lambda: turn(database, user))
    refused = ask(user, session, "And how should I sleep?")

    assert (refused.status, refused.body["code"]) == (409, "turn_in_progress")
    assert refused.body["turn_id"] == str(found[0])
    cancel(database, user, session)
    asked.result(timeout=30)


def test_what_is_streamed_is_kept_while_it_comes(user: User, session: str, slow: str, database: Connection) -> None:
    asked = answering(user, session, f"How should I rest, {slow}?")
    first = eventually(lambda: (found := turn(database, user)) and found[2])
    eventually(lambda: (found := turn(database, user)) and found[2] != first and found[2].startswith(first))

    cancel(database, user, session)
    assert asked.result(timeout=30).body["turn"]["partial_content"] is None


def test_a_turn_may_be_answered_in_the_background(
    user: User, session: str, in_lambda: None, parameters: StubServer, database: Connection
) -> None:
    question = f"How deep should I squat, {user.id}?"
    begun = ask(user, session, question, Prefer="respond-async")

    assert (begun.status, begun.body["turn"]["status"]) == (202, "running")
    assert begun.headers["location"] == f"/v1/chat/sessions/{session}/turns/{begun.body['turn']['id']}"
    (event,) = invocations(parameters, user.id)
    run("send_message", event, Context())
    found = turn(database, user)
    assert found is not None
    assert found[1] == "completed"
    roles = database.execute("select role from ai_chat_messages where user_id = %s order by created_at", (user.id,))
    assert [row[0] for row in roles] == ["user", "assistant"]


def test_a_turn_that_takes_too_long_is_answered_by_its_id_and_goes_on(
    user: User,
    session: str,
    models: RunningModels,
    database: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "ANSWER_SECONDS", 0.1)
    models.behave(user.id, "delay", seconds=2)
    question = f"How deep should I squat, {user.id}?"
    begun = ask(user, session, question, Idempotency_Key="k")

    assert (begun.status, begun.body["turn"]["status"]) == (202, "running")
    assert begun.headers["location"] == f"/v1/chat/sessions/{session}/turns/{begun.body['turn']['id']}"
    assert "preference-applied" not in begun.headers
    eventually(lambda: turn(database, user)[1] == "completed")
    again = ask(user, session, question, Idempotency_Key="k")
    assert (again.status, again.headers["idempotent-replayed"]) == (200, "true")
    assert again.body["turn"]["id"] == begun.body["turn"]["id"]
    assert request("get_usage", "GET", "/v1/usage", user.token).body["messages_used"] == 1
    assert [item["endpoint"] for item in models.requests(user.id)].count("chat") == 1


def test_the_event_names_the_turn_alone_and_a_second_delivery_of_it_does_nothing(
    user: User,
    session: str,
    in_lambda: None,
    parameters: StubServer,
    models: RunningModels,
    database: Connection,
) -> None:
    question = f"{user.id} " + "\u0434" * 7000  # six bytes a letter, in JSON
    begun = ask(user, session, question, Prefer="respond-async")
    (event,) = invocations(parameters, user.id)
    named = {"user_id": user.id, "turn_id": begun.body["turn"]["id"], "job": "answer"}
    assert event == {"background": {**named, "request_id": begun.headers["x-request-id"]}}
    for _ in range(3):
        run("send_message", event, Context())

    asked = [item["endpoint"] for item in models.requests(user.id)]
    assert asked.count("embeddings") == 1
    assert asked.count("chat") == 2  # the answer and the title
    assert request("get_usage", "GET", "/v1/usage", user.token).body["messages_used"] == 1
    charged = "select count(*) from ai_usage_ledger where user_id = %s"
    assert database.execute(charged, (user.id,)).fetchone() == (2,)


def test_a_request_that_is_repeated_while_its_turn_runs_is_told_which_turn_that_is(
    user: User, session: str, in_lambda: None
) -> None:
    headers = {"Prefer": "respond-async", "Idempotency_Key": "k"}
    begun = ask(user, session, f"How deep, {user.id}?", **headers)
    again = ask(user, session, f"How deep, {user.id}?", **headers)

    assert (begun.status, again.status, again.body["code"]) == (202, 409, "request_in_progress")
    assert again.body["turn_id"] == begun.body["turn"]["id"]
    assert again.headers["location"] == begun.headers["location"]
    assert int(again.headers["retry-after"]) > 0


def test_a_turn_that_cannot_be_left_to_another_invocation_fails_and_costs_nothing(
    user: User, session: str, in_lambda: None, parameters: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = parameters.reply
    broken = f"/2015-03-31/functions/hercules-broken-{user.id}/invocations"
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", f"hercules-broken-{user.id}")
    monkeypatch.setattr(
        parameters, "reply", lambda asked: usual(asked) if asked.path != broken else type(usual(asked))(status=500)
    )
    answer = ask(user, session, "How deep should I squat?", Prefer="respond-async")

    assert (answer.status, answer.body["code"]) == (503, "background_unavailable")
    usage = request("get_usage", "GET", "/v1/usage", user.token).body
    assert (usage["messages_used"], usage["messages_reserved"]) == (0, 0)


def test_work_in_the_background_that_fails_ends_the_turn_and_not_the_function(
    user: User, session: str, in_lambda: None, parameters: StubServer, models: RunningModels, database: Connection
) -> None:
    models.behave(f"fail-{user.id}", "status", endpoint="chat", status=500, times=None)
    ask(user, session, f"Will this fail-{user.id}?", Prefer="respond-async")
    (event,) = invocations(parameters, user.id)

    run("send_message", event, Context())
    found = turn(database, user)
    assert found is not None
    assert found[1] == "failed"


def test_the_model_titles_a_new_session_after_its_first_question(
    user: User, in_lambda: None, parameters: StubServer, models: RunningModels, database: Connection
) -> None:
    session = request("create_session", "POST", "/v1/chat/sessions", user.token, {}).body["id"]
    models.behave(f"title-{user.id}", "script", endpoint="chat", content='{"title": "Squat depth"}', times=None)
    ask(user, session, f"How deep should I squat, title-{user.id}?")
    (event,) = eventually(lambda: invocations(parameters, user.id))

    def title() -> Any:
        return database.execute("select title from ai_chat_sessions where id = %s", (session,)).fetchone()

    assert title() == (f"How deep should I squat, title-{user.id}?"[:60],)
    run("send_message", event, Context())
    assert title() == ("Squat depth",)


def test_a_useless_title_of_the_model_changes_nothing(
    user: User, in_lambda: None, parameters: StubServer, models: RunningModels, database: Connection
) -> None:
    session = request("create_session", "POST", "/v1/chat/sessions", user.token, {}).body["id"]
    models.behave(f"title-{user.id}", "script", endpoint="chat", content="Squats!", times=None)
    ask(user, session, f"title-{user.id}")
    (event,) = eventually(lambda: invocations(parameters, user.id))
    run("send_message", event, Context())

    row = database.execute("select title, title_source from ai_chat_sessions where id = %s", (session,)).fetchone()
    assert row == (f"title-{user.id}", "asked")


def test_an_answer_says_what_is_left_of_the_week(user: User, session: str) -> None:
    answer = ask(user, session, "How deep should I squat?")

    assert answer.headers["ratelimit-policy"].startswith('"messages";q=100;w=604800')
    assert answer.headers["ratelimit"].startswith('"messages";r=99;t=')


def test_a_refused_question_says_so_too(user: User, session: str, database: Connection) -> None:
    database.execute("insert into ai_usage_plans values (%s, 1000, 0, 0, false)", (f"none-{user.id}",))
    database.execute("insert into ai_user_plans values (%s, %s)", (user.id, f"none-{user.id}"))
    answer = ask(user, session, "How deep should I squat?")

    assert answer.status == 429
    assert answer.headers["ratelimit"].startswith('"messages";r=0;t=')
    assert int(answer.headers["retry-after"]) > 0
