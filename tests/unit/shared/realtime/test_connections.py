import io
import json
from typing import Any

import pytest

from shared.platform.errors import InvalidRequestError, UnauthorizedError, UnavailableError
from shared.realtime.admission import bearer_token, sent_ticket
from shared.realtime.connections import connection_id, respond


def fail(error: Exception) -> dict[str, Any]:
    def work() -> None:
        raise error

    return respond(work)


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


@pytest.mark.parametrize(
    ("event", "ticket"),
    [
        ({"queryStringParameters": {"ticket": "t1"}}, "t1"),
        ({"queryStringParameters": {"ticket": "t1"}, "headers": {"Host": "x"}}, "t1"),
        ({"queryStringParameters": {"ticket": "t1"}, "headers": {"Authorization": "Bearer a.b.c"}}, ""),
        ({"queryStringParameters": {"ticket": ""}}, ""),
        ({"queryStringParameters": {"ticket": ["t1", "t2"]}}, ""),
        ({"queryStringParameters": {"Ticket": "t1"}}, ""),
        ({"queryStringParameters": None}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_a_ticket_comes_in_the_url_and_counts_where_no_header_is(event: dict[str, Any], ticket: str) -> None:
    assert sent_ticket(event) == ticket


def test_work_that_is_done_is_answered_with_200() -> None:
    done = []
    assert respond(lambda: done.append(1)) == {"statusCode": 200, "body": ""}
    assert done == [1]


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
