import io
import json
from typing import Any

import pytest

from shared.platform.errors import InvalidRequestError, UnauthorizedError, UnavailableError
from shared.realtime.connections import answered, bearer_token, connection_id, reply


def fail(error: Exception) -> dict[str, Any]:
    def work() -> str:
        raise error

    return answered(work)


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_token_comes_in_the_authorization_header(name: str, scheme: str) -> None:
    assert bearer_token({"headers": {"Host": "x", name: f"{scheme} a.b.c"}}) == "a.b.c"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"headers": None},
        {"headers": {}},
        {"headers": {"authorization": ""}},
        {"headers": {"authorization": "Bearer"}},
        {"headers": {"authorization": "Bearer "}},
        {"headers": {"authorization": "Basic dXNlcjpwYXNz"}},
        {"headers": {"authorization": "a.b.c"}},
        {"headers": {}, "queryStringParameters": {"authorization": "Bearer a.b.c", "token": "a.b.c"}},
    ],
    ids=str,
)
def test_without_a_token_in_the_header_nobody_is_connected(event: dict[str, Any]) -> None:
    with pytest.raises(UnauthorizedError):
        bearer_token(event)


def test_a_connection_has_the_id_that_the_gateway_gave_it() -> None:
    assert connection_id({"requestContext": {"connectionId": "L0SM9cOFvHcCIhw=", "stage": "dev"}}) == "L0SM9cOFvHcCIhw="


def test_a_ping_is_answered() -> None:
    assert json.loads(reply('{"type": "ping", "at": 1}')) == {"v": 1, "type": "pong"}


@pytest.mark.parametrize("body", [None, "", "ping", "{", "\ud800"])
def test_a_frame_that_is_no_json_is_named_as_such(body: str | None) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        reply(body)
    assert refused.value.reason == "malformed_json"


@pytest.mark.parametrize("body", ["{}", "[]", "null", '"ping"', '{"type": "subscribe"}', '{"type": ["ping"]}'])
def test_a_frame_of_another_type_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        reply(body)
    assert refused.value.reason == "unknown_type"


def test_what_the_work_returns_is_the_answer() -> None:
    assert answered(lambda: "pong") == {"statusCode": 200, "body": "pong"}


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (UnauthorizedError(), 401, "unauthorized"),
        (InvalidRequestError("Not this one.", code="unknown_type"), 422, "unknown_type"),
        (UnavailableError(code="database_unavailable"), 503, "database_unavailable"),
    ],
)
def test_an_expected_error_is_answered_by_its_code(error: Exception, status: int, body: str) -> None:
    assert fail(error) == {"statusCode": status, "body": body}


def test_an_unexpected_error_tells_the_client_and_the_log_nothing_it_says(log: io.StringIO) -> None:
    assert fail(RuntimeError("my left knee")) == {"statusCode": 500, "body": "internal_error"}
    entry = json.loads(log.getvalue())
    assert (entry["message"], entry["fault"]) == ("unhandled", "RuntimeError")
    assert "knee" not in log.getvalue()
