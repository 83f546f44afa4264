"""A turn between whose function and whose database something breaks: one answer, one charge, no locked session."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from shared.platform import settings
from shared.platform.process import forget
from tests.support.functions.invocations import Answer, Context, User, request
from tests.support.gateway import Served
from tests.support.stub_server import Request, Response, stub_server

Connection = psycopg.Connection[tuple[Any, ...]]
HTML = "text/html; charset=utf-8"
PAGE = b"<html>Web server is returning an unknown error</html>"
READ_ONLY = b'{"code":"25006","message":"cannot execute UPDATE in a read-only transaction","details":null,"hint":null}'
STALE = b'{"code":"PGRST002","message":"Could not query the database for the schema cache.","details":null,"hint":null}'


@dataclass(frozen=True)
class Fault:
    """What is answered in the database's place; `after`: once it has done what was asked."""

    response: Response
    after: bool = False


EDGE = [
    *(Fault(Response(PAGE, status, HTML)) for status in (520, 522, 525, 540, 502, 503)),
    Fault(Response(b"", 500)),
    Fault(Response(b"slow down", 429, "text/plain", {"retry-after": "1"})),
    Fault(Response(PAGE, 200, HTML)),
    Fault(Response(READ_ONLY, 405)),
    Fault(Response(STALE, 503)),
]


@dataclass
class Edge:
    """What stands between the functions and Supabase. It answers the next calls of a function with these faults."""

    supabase: str
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, asked: Request) -> Response:
        function = asked.path.rpartition("/rpc/")[2]
        with self.lock:
            self.asked.append(function)
            due = self.faults.get(function) or []
            fault = due.pop(0) if due else None
        if fault and not fault.after:
            return fault.response
        kept = {name: value for name, value in asked.headers.items() if name not in ("host", "content-length")}
        answer = httpx.request(asked.method, self.supabase + asked.path, content=asked.body, headers=kept)
        if fault:
            return fault.response
        return Response(answer.content, answer.status_code, answer.headers.get("content-type", "application/json"))


@pytest.fixture
def edge(supabase: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edge]:
    """No pause is waited for."""
    edge = Edge(supabase.url)
    monkeypatch.setattr("shared.platform.repetition.time.sleep", lambda _: None)
    monkeypatch.setenv("SUPABASE_JWT_ISSUER", f"{supabase.url}/auth/v1")
    with stub_server() as server:
        server.reply = edge.reply
        monkeypatch.setenv("SUPABASE_URL", server.url)
        forget(settings.load)
        yield edge


@pytest.fixture
def ask(user: User, session: str) -> Callable[..., Answer]:
    def asked(**options: Any) -> Answer:
        path = f"/v1/chat/sessions/{session}/messages"
        return request("send_message", "POST", path, user.token, {"content": f"How deep? {user.id}"}, **options)

    return asked


def books(database: Connection, user: User) -> tuple[Any, ...]:
    """Turns by their status, answers, messages charged, tokens reserved, and whether tokens were charged."""
    row = database.execute(
        "select (select array_agg(status order by started_at) from ai_chat_turns where user_id = %(user)s), "
        "(select count(*) from ai_chat_messages where user_id = %(user)s and role = 'assistant'), "
        "messages_used, tokens_reserved, tokens_used > 0 from ai_usage where user_id = %(user)s",
        {"user": user.id},
    ).fetchone()
    return row or ()


def answers(models: RunningModels, user: User) -> int:
    return sum(item["endpoint"] == "chat" for item in models.requests(user.id))


@pytest.mark.parametrize("fault", EDGE, ids=lambda fault: f"{fault.response.status} {fault.response.body[:9]!r}")
@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_that_was_paid_for_survives_what_the_edge_answers(
    edge: Edge,
    ask: Callable[..., Answer],
    user: User,
    models: RunningModels,
    database: Connection,
    fault: Fault,
    times: int,
) -> None:
    edge.faults["finish_turn"] = [fault] * times
    answer = ask(Idempotency_Key="k")

    assert (answer.status, edge.asked.count("finish_turn")) == (200, times + 1)
    assert books(database, user) == (["completed"], 1, 1, 0, True)
    assert ask(Idempotency_Key="k").body == answer.body
    assert answers(models, user) == 1


@pytest.mark.parametrize("function", ["begin_turn", "finish_turn"])
@pytest.mark.parametrize("times", [1, 2])
def test_what_was_done_and_not_heard_of_is_done_once(
    edge: Edge, ask: Callable[..., Answer], user: User, database: Connection, function: str, times: int
) -> None:
    edge.faults[function] = [Fault(Response(PAGE, 520, HTML), after=True)] * times
    assert ask().status == 200
    assert books(database, user) == (["completed"], 1, 1, 0, True)
    assert ask().status == 200


def test_an_answer_that_cannot_be_stored_is_charged_and_its_session_goes_on(
    edge: Edge, ask: Callable[..., Answer], user: User, database: Connection
) -> None:
    edge.faults["finish_turn"] = [Fault(Response(PAGE, 520, HTML))] * 100
    edge.faults["fail_turn"] = [Fault(Response(PAGE, 520, HTML))] * 2
    answer = ask()

    assert (answer.status, answer.body["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert books(database, user) == (["failed"], 0, 0, 0, True)
    row = database.execute("select partial_content from ai_chat_turns where user_id = %s", (user.id,)).fetchone()
    assert row is not None
    assert row[0]
    edge.faults.clear()
    assert ask().status == 200


def test_nobody_is_tried_again_beyond_the_time_that_is_left(edge: Edge, ask: Callable[..., Answer]) -> None:
    edge.faults["begin_turn"] = [Fault(Response(PAGE, 520, HTML))] * 100
    assert ask(context=Context(seconds_left=10.1)).status == 503
    assert edge.asked.count("begin_turn") == 1


def test_a_service_key_that_is_refused_signs_nobody_out(edge: Edge, ask: Callable[..., Answer]) -> None:
    refused = b'{"code":"PGRST301","message":"JWSError","details":null,"hint":null}'
    edge.faults["finish_turn"] = [Fault(Response(refused, 401))]
    answer = ask()
    assert (answer.status, answer.body["code"]) == (500, "database_misconfigured")
