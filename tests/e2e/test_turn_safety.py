"""A dangerous answer on the deployed functions reaches nobody, wherever one looks; a mended one arrives whole."""

import gzip
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Answer, Phone
from shared.safety.advice import advice_for, notice
from tests.e2e.conftest import replayed, subscribed
from tests.support.coach import answer_of, urgent

Connection = psycopg.Connection[tuple[Any, ...]]
Behave = Callable[..., None]
STARVING = "Eat 600 kcal a day."
BEFORE = " ".join(f"Walk for {minutes} minutes in the morning." for minutes in range(20, 40))
AFTER = "Sleep for eight hours. Drink when you are thirsty."
UNSAFE = f"{BEFORE} {STARVING} {AFTER}"
MENDED = f"{BEFORE} Eat 1,800 kcal a day. {AFTER}"
# Two languages that neither the rules nor the classifier know.
UNKNOWN_LANGUAGES = ["მკერდი ძალიან მტკივა და ვერ ვსუნთქავ", "Սիրտս շատ է ցավում, չեմ կարողանում շնչել"]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def word(user: Phone, behave: Behave) -> str:
    """A word that makes the model answer slowly."""
    word = f"safely-{user.user_id}"
    behave(word, "pace", seconds=0.02, times=None)
    return word


def watched(cloud: Cloud, user: Phone, session: str, asked: Callable[[], "Future[Answer]"]) -> list[dict[str, Any]]:
    """Every frame of a turn; and while it runs, what reading the turn and its session shows."""
    frames: list[dict[str, Any]] = []
    with subscribed(cloud, user, session) as socket:
        answer = asked()
        while not frames or frames[-1]["type"] not in ("turn.completed", "turn.cancelled", "turn.failed"):
            frames.append(json.loads(socket.recv(timeout=60)))
            if frames[-1]["type"] in ("turn.started", "message.delta"):
                turn = frames[0]["data"]["turn"]["id"]
                frames.append({"type": "read", **user.call("GET", f"/v1/chat/sessions/{session}/turns/{turn}").body})
        answer.result(timeout=60)
    return frames


def preview(frames: list[dict[str, Any]]) -> str:
    return "".join(frame["data"]["text"] for frame in frames if frame["type"] == "message.delta")


def kept(user: Phone, session: str, database: Connection) -> str:
    """All that can be read of the conversation afterwards, by the user and in the database."""
    export = httpx.get(user.call("GET", "/v1/account/export").body["url"], timeout=60)
    tables = ("ai_chat_messages", "ai_chat_turns", "ai_chat_sessions", "ai_events", "ai_usage_ledger")
    rows = [
        database.execute(f"select to_jsonb(t) from {table} as t where user_id = %s", (user.user_id,)).fetchall()
        for table in tables
    ]
    shown = [user.call("GET", f"/v1/chat/sessions/{session}").body, replayed(user, session, after=0)]
    return gzip.decompress(export.content).decode() + str(rows) + json.dumps(shown)


def test_a_dangerous_sentence_reaches_no_socket_event_turn_or_export_and_the_mended_answer_arrives_whole(
    cloud: Cloud, user: Phone, session: str, word: str, behave: Behave, database: Connection, pool: ThreadPoolExecutor
) -> None:
    behave(word, "script", steps=[{"content": answer_of(UNSAFE)}, {"content": answer_of(MENDED)}])
    frames = watched(
        cloud, user, session, lambda: pool.submit(user.ask, session, f"How should I eat this week, {word}?")
    )

    assert "600 kcal" not in json.dumps(frames)
    assert preview(frames) == MENDED
    (completed,) = [frame["data"]["message"] for frame in frames if frame["type"] == "message.completed"]
    assert (completed["content"], completed["metadata"]["safety"]) == (MENDED, {"mended": ["calories_too_low"]})
    assert any(frame.get("partial_content") for frame in frames if frame["type"] == "read")
    everything = kept(user, session, database)
    assert "600 kcal" not in everything
    assert MENDED in everything


def test_what_cannot_be_mended_is_left_out_of_what_was_read_and_of_what_is_kept(
    cloud: Cloud, user: Phone, session: str, word: str, behave: Behave, database: Connection, pool: ThreadPoolExecutor
) -> None:
    behave(word, "script", content=answer_of(UNSAFE), times=2)
    frames = watched(
        cloud, user, session, lambda: pool.submit(user.ask, session, f"How should I eat this week, {word}?")
    )

    assert preview(frames) == BEFORE
    (completed,) = [frame["data"]["message"] for frame in frames if frame["type"] == "message.completed"]
    assert completed["content"] == f"{BEFORE} {AFTER}\n\n{notice('left_out')}"
    assert "600 kcal" not in json.dumps(frames) + kept(user, session, database)


def test_an_answer_that_is_dangerous_throughout_costs_nothing(
    user: Phone, session: str, word: str, behave: Behave, database: Connection
) -> None:
    behave(word, "script", content=answer_of(STARVING), times=2)
    answer = user.ask(session, f"How should I eat this week, {word}?").body
    assert answer["message"]["content"].startswith(notice("withheld"))
    assert (answer["usage"]["messages_used"], answer["usage"]["tokens_used"]) == (0, 0)
    assert STARVING not in kept(user, session, database)


@pytest.mark.parametrize("said", UNKNOWN_LANGUAGES, ids=["Georgian", "Armenian"])
def test_a_model_that_alone_notices_it_has_the_advice_sent_and_shows_nothing_else(
    cloud: Cloud, user: Phone, session: str, word: str, behave: Behave, pool: ThreadPoolExecutor, said: str
) -> None:
    behave(word, "script", content=urgent("emergency", said, BEFORE))
    frames = watched(cloud, user, session, lambda: pool.submit(user.ask, session, f"{said}! {word}"))

    (completed,) = [frame["data"]["message"] for frame in frames if frame["type"] == "message.completed"]
    assert completed["content"] == advice_for("emergency").text
    assert (preview(frames), completed["metadata"]["safety"]["red_flag"]) == ("", "model")
    assert "Walk for" not in json.dumps(frames)


def test_a_model_that_is_silent_about_it_is_not_even_asked(user: Phone, session: str, behave: Behave) -> None:
    word = f"silent-{user.user_id}"
    behave(word, "script", content=answer_of("Just train on."), times=None)
    answer = user.ask(session, f"I have chest pain and my left arm is numb, {word}").body
    assert answer["message"]["content"] == advice_for("emergency").text


def test_the_moderation_is_heard_on_the_deployed_functions(user: Phone, session: str, behave: Behave) -> None:
    word = f"dark-{user.user_id}"
    behave(word, "scores", scores={"self-harm/intent": 0.97})
    answer = user.ask(session, f"What should I think of this week, {word}?").body
    assert answer["message"]["content"] == advice_for("crisis").text
    assert answer["usage"]["messages_used"] == 0
