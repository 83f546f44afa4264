"""On an emulator that refuses, cuts off and repeats as AWS does."""

import gzip
import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.aws_emulator.limits import ANSWER_BYTES
from infra.local.cloud.description import Cloud
from infra.local.cloud.running import running_cloud
from infra.local.demo.phone import Answer, Phone
from tests.support.e2e.rooms_script import SLOWLY, Room, Script
from tests.support.waiting import WITHIN, eventually

LIMITS = "throttling,cut-off,payloads,repetition,waits,states"  # all there are
ONE = {"Idempotency-Key": "one"}
TASKS = ("t1", "t2", "t3", "t4")


@pytest.fixture(scope="module")
def strict() -> Iterator[Cloud]:
    """A cloud with the limits of AWS, on which three functions may run at once."""
    with running_cloud(aws=("--limits", LIMITS, "--concurrency", "3")) as cloud:
        yield cloud


@pytest.fixture
def phone(strict: Cloud) -> Iterator[Phone]:
    with Phone.sign_up(strict, "patient") as phone:
        yield phone


@pytest.fixture
def script(strict: Cloud) -> Script:
    return Script(strict)


def asked(database_url: str, query: str, *values: object) -> tuple[Any, ...]:
    """The row of a query, past the functions, which are busy."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(query, values).fetchone() or ()


def turns(cloud: Cloud, phone: Phone) -> tuple[Any, ...]:
    """Of the user's turns how many there are and have ended well, and how many entries their week has."""
    query = """
        select count(*), count(*) filter (where status = 'completed'),
               (select messages_used from ai_usage where user_id = %s)
        from ai_chat_turns where user_id = %s
    """
    return asked(cloud.database_url, query, phone.user_id, phone.user_id)


def answers(script: Script) -> int:
    """How often a model was asked to answer as the coach."""
    return len([request for request in script.requests(script.word) if request["body"].get("tools")])


def test_steps_of_a_room_that_are_refused_for_want_of_room_are_done_later(
    strict: Cloud, phone: Phone, script: Script
) -> None:
    script.plans(*(script.task(key) for key in TASKS))
    for key in TASKS:
        script.works(key)
        script.behave(script.brief(key), "delay", seconds=1)
    room = Room.open(phone, script)
    ended = "select status from rooms where id = %s and status in ('completed', 'failed')"

    assert eventually(lambda: asked(strict.database_url, ended, room.id), SLOWLY) == ("completed",)
    assert room.failures()
    assert set(room.failures()) == {"Lambda.TooManyRequestsException"}
    assert [script.asked(key) for key in TASKS] == [2] * len(TASKS)  # nothing was paid for twice


def test_a_turn_that_the_gateway_would_cut_off_is_one_answer_and_one_charge(
    strict: Cloud, phone: Phone, script: Script
) -> None:
    session = phone.open_session("Slow")
    script.behave(script.word, "script", content=json.dumps({"answer": "Rest well. " * 480, "citations": []}))
    script.behave(script.word, "pace", seconds=0.1)
    question = f"How deep should I squat, {script.word}?"
    phone.ask(session, "").expect(422)  # starts the function: on a busy machine that alone may take its 30 s
    begun = phone.ask(session, question, **ONE).expect(202).body

    assert eventually(lambda: turns(strict, phone) == (1, 1, 1), SLOWLY)
    answer = phone.ask(session, question, **ONE).expect(200).body
    assert answer["turn"]["id"] == begun["turn"]["id"]
    lasted = "select extract(epoch from ended_at - started_at) from ai_chat_turns where id = %s"
    (seconds,) = asked(strict.database_url, lasted, begun["turn"]["id"])
    assert 30 < seconds < 60  # the HTTP API would have stopped waiting
    assert answers(script) == 1


def test_a_second_delivery_of_an_asynchronous_turn_does_nothing(strict: Cloud, phone: Phone, script: Script) -> None:
    session = phone.open_session("Twice")
    phone.ask(session, f"How deep should I squat, {script.word}?", prefer="respond-async").expect(202)

    assert eventually(lambda: turns(strict, phone) == (1, 1, 1), SLOWLY)
    assert answers(script) == 1


def test_an_account_of_more_than_a_function_may_answer_with_is_exported(strict: Cloud, phone: Phone) -> None:
    session = phone.open_session("Years")
    rows = [(session, phone.user_id, secrets.token_hex(40_000)) for _ in range(100)]
    with psycopg.connect(strict.database_url) as connection:
        insert = "insert into ai_chat_messages (session_id, user_id, role, content) values (%s, %s, 'user', %s)"
        connection.cursor().executemany(insert, rows)
    exported = phone.call("GET", "/v1/account/export").expect(200).body
    content = gzip.decompress(httpx.get(exported["url"], timeout=WITHIN).raise_for_status().content)

    assert len(content) > ANSWER_BYTES
    assert rows[-1][2].encode() in content


def test_a_request_that_would_be_too_large_an_event_for_a_function_does_not_reach_it(phone: Phone) -> None:
    def sent(text: str) -> Answer:
        return phone.call("POST", "/v1/knowledge/documents", {"source": "long.md", "text": text})

    sent("a" * 5_000_000).expect(403)
    assert sent("深" * 2_100_000).expect(413).body == {"message": "Request Entity Too Large"}
    sent('"' * 1_600_000).expect(413)
