import json
from typing import Any

import pytest
from fastapi import routing
from starlette.testclient import TestClient

from shared.api.app import create_app, lambda_handler
from tests.unit.shared.api.conftest import ORIGIN
from tests.unit.shared.api.probe import router


class Context:
    """Of an invocation with three seconds left."""

    aws_request_id = "invocation-1"

    def get_remaining_time_in_millis(self) -> int:
        return 3000


def event(method: str, path: str, body: str | None = None, **headers: str) -> dict[str, Any]:
    """As API Gateway sends it, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "limit=1",
        "headers": {"host": "api.example", "content-type": "application/json", **headers},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7"},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def invoke(method: str, path: str, body: str | None = None, **headers: str) -> dict[str, Any]:
    handler = lambda_handler(router)
    return handler(event(method, path, body, **headers), Context())  # type: ignore[arg-type]


def test_a_lambda_answers_what_the_gateway_asks() -> None:
    answer = invoke("POST", "/things", '{"name": "x", "size": 3}')
    assert answer["statusCode"] == 201
    assert json.loads(answer["body"]) == {"name": "x", "size": 3}
    assert answer["headers"]["location"] == "/things/1"
    assert answer["headers"]["cache-control"] == "no-store"
    assert not answer["isBase64Encoded"]


def test_where_an_endpoint_stands_is_known_as_its_source_says_it() -> None:
    lambda_handler(router)
    for route in (each for each in router.routes if isinstance(each, routing.APIRoute)):
        known = routing._endpoint_context_cache.pop(id(route.endpoint))  # noqa: SLF001
        assert known == routing._extract_endpoint_context(route.endpoint)  # noqa: SLF001


def test_a_lambda_reads_the_query() -> None:
    assert len(json.loads(invoke("GET", "/things")["body"])["items"]) == 1


def test_a_lambda_tells_a_problem_as_text_and_not_in_base64() -> None:
    answer = invoke("GET", "/broken")
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (500, False)
    assert json.loads(answer["body"])["code"] == "internal_error"


def test_the_gateways_id_is_the_requests_unless_the_client_has_one() -> None:
    assert invoke("GET", "/things")["headers"]["x-request-id"] == "JKJaXmPLvHcESHA="
    assert invoke("GET", "/things", **{"x-request-id": "request-1"})["headers"]["x-request-id"] == "request-1"


def test_a_lambda_knows_how_long_it_may_run() -> None:
    assert 0 < float(invoke("GET", "/time")["body"]) <= 3


def test_an_allowed_origin_may_read_answers_and_faults(client: TestClient) -> None:
    for path in ("/things", "/full", "/broken", "/nowhere"):
        headers = client.get(path, headers={"origin": ORIGIN}).headers
        assert headers["access-control-allow-origin"] == ORIGIN
        exposed = headers["access-control-expose-headers"]
        assert {"X-Request-Id", "Retry-After", "Location", "Idempotent-Replayed"} <= set(exposed.split(", "))


@pytest.mark.parametrize("origin", ["https://evil.example", "http://app.example", f"{ORIGIN}.evil.example", "null"])
def test_another_origin_may_not(client: TestClient, origin: str) -> None:
    assert "access-control-allow-origin" not in client.get("/things", headers={"origin": origin}).headers


def test_no_origin_is_allowed_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORS_ALLOWED_ORIGINS", raising=False)
    answer = TestClient(create_app(router)).get("/things", headers={"origin": ORIGIN})
    assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_origin_may_send_what_the_api_takes(client: TestClient) -> None:
    wanted = {
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,idempotency-key",
    }
    answer = client.options("/things", headers={"origin": ORIGIN, **wanted})
    assert answer.status_code == 200
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


def test_the_api_is_not_documented_at_run_time(client: TestClient) -> None:
    assert {client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


def test_the_app_also_runs_behind_a_server_that_announces_its_start() -> None:
    with TestClient(create_app(router)) as client:
        assert client.get("/things").status_code == 200
