"""Turns on the deployed functions: watched live, cancelled, in the background, repeated, and killed."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Answer, Phone
from tests.e2e.conftest import replayed, subscribed, workers
from tests.support.waiting import eventually

Connection = psycopg.Connection[tuple[Any, ...]]
LONG_ANSWER = json.dumps({"answer": "Rest well. " * 100, "citations": []})
COUNTS = (
    "select (select count(*) from ai_chat_turns where user_id = %(user)s), "
    "(select count(*) from ai_chat_messages where user_id = %(user)s and role = 'assistant'), "
    "(select messages_used from ai_usage where user_id = %(user)s)"
)


@pytest.fixture
def slow(user: Phone, behave: Callable[..., None]) -> str:
    """A word that makes the model answer for some seconds."""
    word = f"slowly-{user.user_id}"
    behave(word, "script", content=LONG_ANSWER, times=None)
    behave(word, "pace", seconds=0.05, times=None)
    return word


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(50) as pool:
        yield pool


def turn(database: Connection, user: Phone) -> tuple[Any, ...] | None:
    query = "select id, status, partial_content from ai_chat_turns where user_id = %s order by started_at desc limit 1"
    return database.execute(query, (user.user_id,)).fetchone()


def streaming(database: Connection, user: Phone) -> str:
    """The id of a turn, once part of its answer has come."""

    def begun() -> str:
        found = turn(database, user)
        return str(found[0]) if found and found[2] else ""

    return eventually(begun)


def test_a_client_that_loses_its_socket_during_an_answer_loses_nothing(
    cloud: Cloud, user: Phone, session: str, slow: str, pool: ThreadPoolExecutor
) -> None:
    with subscribed(cloud, user, session) as socket:
        asked = pool.submit(user.ask, session, f"How should I rest, {slow}?")
        seen = 0
        text = ""
        while len(text) < 40:
            frame = json.loads(socket.recv(timeout=30))
            seen = frame.get("seq", seen)
            if frame["type"] == "message.delta":
                text += frame["data"]["text"]
        assert not asked.done()  # the deltas came before the answer
    answer: Answer = asked.result(timeout=60)

    events = replayed(user, session, after=seen)
    assert [event["type"] for event in events] == ["message.completed", "turn.completed"]
    assert [event["seq"] for event in events] == [seen + 1, seen + 2]
    stored = user.call("GET", f"/v1/chat/sessions/{session}/messages?limit=1").body["items"][0]
    assert events[0]["data"]["message"] == stored == answer.body["message"]
    assert stored["content"].startswith(text)


def test_a_watcher_that_stays_sees_the_whole_answer_and_its_end(
    cloud: Cloud, user: Phone, session: str, slow: str, pool: ThreadPoolExecutor
) -> None:
    frames: list[dict[str, Any]] = []
    with subscribed(cloud, user, session) as socket:
        asked = pool.submit(user.ask, session, f"How should I rest, {slow}?")
        while not frames or frames[-1]["type"] != "turn.completed":
            frames.append(json.loads(socket.recv(timeout=30)))
    asked.result(timeout=60)

    deltas = [frame["data"] for frame in frames if frame["type"] == "message.delta"]
    (completed,) = [frame["data"]["message"] for frame in frames if frame["type"] == "message.completed"]
    assert frames[0]["type"] == "turn.started"
    assert [delta["index"] for delta in deltas] == list(range(len(deltas)))
    assert completed["content"].startswith("".join(delta["text"] for delta in deltas).rstrip())


def test_a_cancelled_turn_stops_within_a_second_and_is_charged_for_what_came(
    cloud: Cloud, user: Phone, session: str, slow: str, database: Connection, pool: ThreadPoolExecutor
) -> None:
    asked = pool.submit(user.ask, session, f"How should I rest, {slow}?")
    turn_id = streaming(database, user)
    path = f"/v1/chat/sessions/{session}/turns/{turn_id}/cancel"
    assert [user.call("POST", path).status for _ in range(2)] == [200, 200]
    answer: Answer = asked.result(timeout=30)

    assert answer.body["turn"]["status"] == "cancelled"
    assert 0 < len(answer.body["message"]["content"]) < len("Rest well. " * 100) - 1
    assert answer.body["usage"]["tokens_used"] > 0
    assert user.call("POST", path).body["status"] == "cancelled"
    control = cloud.openai_base_url.removesuffix("/v1")
    requests = httpx.get(f"{control}/local/requests", params={"match": slow}).json()
    assert [item for item in requests if item.get("aborted")]


def test_a_turn_is_answered_in_the_background(user: Phone, session: str) -> None:
    begun = user.ask(session, "How deep should I squat?", Prefer="respond-async")
    assert (begun.status, begun.body["turn"]["status"]) == (202, "running")

    path = f"/v1/chat/sessions/{session}/turns/{begun.body['turn']['id']}"
    shown = eventually(lambda: (body := user.call("GET", path).body) and body["status"] == "completed" and body)
    assert shown["message"]["role"] == "assistant"
    assert user.call("GET", "/v1/usage").body["messages_used"] == 1


def test_fifty_posts_with_one_key_are_one_turn_and_one_charge(
    user: Phone, session: str, database: Connection, pool: ThreadPoolExecutor
) -> None:
    key = {"Idempotency-Key": "once"}
    answers = list(pool.map(lambda _: user.ask(session, "How deep should I squat?", **key), range(50)))

    assert {answer.status for answer in answers} <= {200, 409}
    assert {answer.body["code"] for answer in answers if answer.status == 409} <= {"request_in_progress"}
    assert len({answer.body["message"]["id"] for answer in answers if answer.status == 200}) == 1
    assert database.execute(COUNTS, {"user": user.user_id}).fetchone() == (1, 1, 1)


def test_a_worker_killed_during_a_turn_and_a_retry_make_one_answer_and_one_charge(
    user: Phone, session: str, slow: str, database: Connection, pool: ThreadPoolExecutor
) -> None:
    question, key = f"How should I rest, {slow}?", {"Idempotency-Key": "again"}
    asked = pool.submit(user.ask, session, question, **key)
    killed = streaming(database, user)
    for worker in workers("send_message"):
        worker.kill()
    assert asked.exception(timeout=60) or asked.result().status >= 500
    assert user.ask(session, question, **key).body["code"] == "request_in_progress"

    # The lease of the dead worker, 75 s, is over sooner here.
    database.execute("update ai_chat_turns set lease_until = now() where id = %s", (killed,))
    answer = user.ask(session, question, **key)
    assert (answer.status, answer.body["turn"]["status"]) == (200, "completed")
    row = database.execute("select status, error_code from ai_chat_turns where id = %s", (killed,)).fetchone()
    assert row == ("failed", "worker_lost")
    assert database.execute(COUNTS, {"user": user.user_id}).fetchone() == (2, 1, 1)


def test_the_sweep_ends_a_turn_whose_worker_is_dead_once(
    user: Phone,
    session: str,
    slow: str,
    database: Connection,
    pool: ThreadPoolExecutor,
    invoke: Callable[[str, dict[str, Any]], Any],
) -> None:
    asked = pool.submit(user.ask, session, f"How should I rest, {slow}?")
    killed = streaming(database, user)
    for worker in workers("send_message"):
        worker.kill()
    assert asked.exception(timeout=60) or asked.result().status >= 500
    database.execute("update ai_chat_turns set lease_until = now() where id = %s", (killed,))
    for _ in range(2):
        invoke("sweep", {})

    row = database.execute("select status, error_code, partial_content from ai_chat_turns where id = %s", (killed,))
    status, code, partial = row.fetchone() or ("", "", "")
    assert (status, code) == ("failed", "worker_lost")
    assert partial.startswith("Rest well.")
    assert [event["type"] for event in replayed(user, session, after=1)] == ["turn.failed"]
    usage = user.call("GET", "/v1/usage").body
    assert (usage["messages_used"], usage["messages_reserved"], usage["tokens_reserved"]) == (0, 0, 0)
    assert usage["tokens_used"] > 0  # what the model had been paid by then


def test_a_new_session_gets_a_title_from_the_model(user: Phone, behave: Callable[..., None]) -> None:
    word = f"title-{user.user_id}"
    session = user.call("POST", "/v1/chat/sessions", {}).body["id"]
    behave(word, "script", endpoint="chat", content='{"title": "Squat depth"}', times=None)
    user.ask(session, f"How deep should I squat, {word}?")

    eventually(lambda: user.call("GET", "/v1/chat/sessions").body["items"][0]["title"] == "Squat depth")
