import io
import json
from uuid import UUID

import pytest
from starlette.testclient import TestClient


def request_id(client: TestClient, sent: str | None = None) -> str:
    headers = {} if sent is None else {"x-request-id": sent}
    return str(client.get("/things", headers=headers).headers["x-request-id"])


@pytest.mark.parametrize("sent", ["0198a5f0-0000-7000-8000-00000000000a", "app_7.build-42", "12345678", "x" * 128])
def test_a_clients_own_id_is_kept(client: TestClient, sent: str) -> None:
    assert request_id(client, sent) == sent


@pytest.mark.parametrize(
    "sent", ["", "short", "x" * 129, 'quote"and{brace', "two words", "a/b/c/d/e", "%0d%0aSet-Cookie"]
)
def test_an_id_that_might_do_harm_is_replaced(client: TestClient, sent: str) -> None:
    assert UUID(request_id(client, sent))


def test_every_request_has_an_id_of_its_own(client: TestClient) -> None:
    first, second = UUID(request_id(client)), UUID(request_id(client))
    assert first != second


def test_the_id_is_in_every_line_that_is_logged(client: TestClient, log: io.StringIO) -> None:
    client.get("/broken", headers={"x-request-id": "request-7"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["about to break", "unhandled", "problem", "request"]
    assert {line["correlation_id"] for line in lines} == {"request-7"}


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [("GET", "/things?words=knee", 200, "/things"), ("GET", "/broken", 500, "/broken"), ("GET", "/my-knee", 404, None)],
)
def test_a_request_is_one_line_without_what_its_address_says(
    client: TestClient, log: io.StringIO, method: str, path: str, status: int, route: str | None
) -> None:
    client.request(method, path)
    (line,) = [each for each in map(json.loads, log.getvalue().splitlines()) if each["message"] == "request"]
    assert (line["method"], line.get("route"), line["status"]) == (method, route, status)
    assert line["milliseconds"] >= 0
    assert {"gateway_request_id", "function_request_id"} <= line.keys()
    assert "knee" not in log.getvalue()
