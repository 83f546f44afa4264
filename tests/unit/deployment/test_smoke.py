"""What a deployment is asked when it is there."""

import json
from collections.abc import Callable, Iterator

import pytest

from infra.deployment.smoke import smoke
from tests.support.stub_server import Request, Response, StubServer, stub_server

WHOLE = {"schema_version": "2", "schema_expected": "2"}


@pytest.fixture
def api() -> Iterator[StubServer]:
    with stub_server() as server:
        server.reply = answering()
        yield server


def answering(version: str = "1.0", deep: dict[str, str] = WHOLE, refused: int = 401) -> Callable[[Request], Response]:
    def reply(asked: Request) -> Response:
        if asked.path == "/health":
            return Response(json.dumps({"version": version}).encode())
        if asked.path == "/v1/usage":
            return Response(status=refused, content_type="application/problem+json")
        return Response(json.dumps(deep).encode()) if asked.headers["apikey"] == "key" else Response(status=401)

    return reply


def test_a_deployment_that_is_well_is_one_of_which_nothing_is_said(api: StubServer) -> None:
    assert smoke(api.url, "key", "1.0") == []


def test_another_version_another_schema_and_an_open_door_are_told(api: StubServer) -> None:
    api.reply = answering("0.9", WHOLE | {"schema_version": "1"}, 200)

    assert smoke(api.url, "key", "1.0") == [
        "GET /health is of version 0.9, not 1.0.",
        "GET /v1/usage without a token answers 200, not a problem of 401.",
        "The schema is at 1, the functions expect 2.",
    ]


def test_an_operator_who_is_refused_is_told(api: StubServer) -> None:
    assert smoke(api.url, "wrong", "1.0") == ["GET /health/deep answers 401 to the service key."]
