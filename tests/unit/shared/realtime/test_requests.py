import io
import json
from typing import Any

import pytest

from shared.realtime.requests import respond
from tests.support.stub_server import StubServer
from tests.unit.shared.conftest import KnowSecret
from tests.unit.shared.realtime.conftest import STREAM


def asked(body: Any) -> dict[str, Any]:
    """The frame that answers a client's, without the words of an error; what is no text is sent as JSON."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    result = respond({"requestContext": {"connectionId": "c1"}, "body": text})
    assert result["statusCode"] == 200
    frame: dict[str, Any] = json.loads(str(result["body"]))
    assert (frame["type"] == "error") == bool(frame.pop("detail", ""))
    return frame


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"v": 1, "type": "error", "code": code, **more}


@pytest.fixture
def database(stub: StubServer, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> StubServer:
    """PostgREST, saying what a test tells it to."""
    monkeypatch.setenv("SUPABASE_URL", stub.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", "anon")
    monkeypatch.setenv("SUPABASE_SERVICE_KEY_PARAMETER", "/key")
    know_secret("/key", "sb_secret_key")
    return stub


def test_a_ping_is_answered() -> None:
    assert asked({"type": "ping", "at": 1}) == {"v": 1, "type": "pong"}


@pytest.mark.parametrize("body", [None, "", "ping", "{", "\ud800", "[" * 100_000], ids=lambda body: repr(body)[:8])
def test_a_frame_that_is_no_json_is_named_as_such(body: str | None) -> None:
    assert asked(body) == error("malformed_json")


@pytest.mark.parametrize("body", [{}, [], None, {"type": "shout"}, {"type": ["ping"]}, {"type": None}, {"type": {}}])
def test_a_frame_of_another_type_is_refused(body: Any) -> None:
    assert asked(json.dumps(body)) == error("unknown_type")


@pytest.mark.parametrize("kind", ["subscribe", "unsubscribe"])
@pytest.mark.parametrize(
    "stream",
    [
        None,
        7,
        "",
        "session:",
        "session:abc",
        f"{STREAM}:more",
        STREAM.replace("session", "SESSION"),
        f"{STREAM}\n",
        f"{STREAM}\x00",
        STREAM.replace("session", "planet"),
        [STREAM],
    ],
    ids=repr,
)
def test_what_names_no_stream_is_not_looked_for(database: StubServer, kind: str, stream: Any) -> None:
    named = {"stream": stream} if isinstance(stream, str) else {}
    assert asked({"type": kind, "stream": stream}) == error("stream_not_found", **named)
    assert asked({"type": kind}) == error("stream_not_found")
    assert not database.asked


def test_a_subscription_is_confirmed_with_the_seq_it_begins_behind(database: StubServer) -> None:
    database.says(json.dumps({"stream": STREAM, "as_of": 41}).encode())

    assert asked({"type": "subscribe", "stream": STREAM}) == {
        "v": 1,
        "type": "subscribed",
        "stream": STREAM,
        "as_of": 41,
    }
    (call,) = database.asked
    assert call.path == "/rest/v1/rpc/subscribe"
    assert json.loads(call.body) == {"p_connection_id": "c1", "p_stream": STREAM}


def test_the_end_of_a_subscription_is_confirmed(database: StubServer) -> None:
    database.says(b"null")

    assert asked({"type": "unsubscribe", "stream": STREAM}) == {"v": 1, "type": "unsubscribed", "stream": STREAM}
    assert database.asked[0].path == "/rest/v1/rpc/unsubscribe"


@pytest.mark.parametrize(("kind", "told"), [("subscribe", "subscribed"), ("unsubscribe", "unsubscribed")])
def test_a_uuid_may_be_written_in_capitals(database: StubServer, kind: str, told: str) -> None:
    database.says(json.dumps({"stream": STREAM, "as_of": 41}).encode())
    frame = asked({"type": kind, "stream": "session:" + STREAM.removeprefix("session:").upper()})

    assert (frame["type"], frame["stream"]) == (told, STREAM)
    assert json.loads(database.asked[0].body)["p_stream"] == STREAM


def test_a_strangers_stream_is_not_found(database: StubServer) -> None:
    database.says(b'{"code": "PT404", "message": "stream_not_found"}', status=404)

    assert asked({"type": "subscribe", "stream": STREAM}) == error("stream_not_found", stream=STREAM)


def test_an_error_has_words_for_the_user(database: StubServer) -> None:
    database.says(b'{"code": "PT404", "message": "stream_not_found"}', status=404)
    body = json.dumps({"type": "subscribe", "stream": STREAM})
    frame = json.loads(str(respond({"requestContext": {"connectionId": "c1"}, "body": body})["body"]))

    assert frame["detail"] == "There is no such stream."


@pytest.mark.parametrize("body", [{"type": "ping"}, {"type": "subscribe", "stream": "none"}, {"type": "shout"}])
def test_the_id_that_a_client_gives_is_in_the_answer(body: dict[str, str]) -> None:
    assert asked({**body, "id": "seventh"})["id"] == "seventh"


@pytest.mark.parametrize("sent", [7, None, {}, "x" * 101])
def test_what_is_no_short_text_is_not_said_again(database: StubServer, sent: Any) -> None:
    assert asked({"type": "ping", "id": sent}) == {"v": 1, "type": "pong"}
    assert asked({"type": "subscribe", "stream": sent}) == error("stream_not_found")


def test_who_asks_too_often_is_told_when_to_try_again(database: StubServer) -> None:
    refusal = {"code": "PT429", "message": "too_many_listeners", "details": '{"limit": 100, "retry_after": 60}'}
    database.says(json.dumps(refusal).encode(), status=429)

    answer = asked({"type": "subscribe", "stream": STREAM})
    assert answer == error("too_many_listeners", stream=STREAM, retry_after=60)


def test_a_database_that_is_down_is_named_in_a_frame(database: StubServer) -> None:
    database.says(b'{"code": "PGRST002", "message": "no schema cache"}', status=503)

    assert asked({"type": "subscribe", "stream": STREAM}) == error("database_unavailable", stream=STREAM, retry_after=5)


def test_an_unexpected_fault_tells_the_client_and_the_log_nothing_it_says(
    database: StubServer, log: io.StringIO
) -> None:
    database.says(b'["my left knee"]')

    assert asked({"type": "subscribe", "stream": STREAM}) == error("internal_error", stream=STREAM)
    entry = json.loads(log.getvalue())
    assert (entry["message"], entry["fault"]) == ("unhandled", "ValidationError")
    assert "knee" not in log.getvalue()
