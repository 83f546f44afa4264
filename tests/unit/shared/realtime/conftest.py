"""API Gateway's management API, played by a server that says what a test tells it to."""

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from shared.realtime import push
from tests.support.stub_server import Request, Response, StubServer
from tests.support.waiting import eventually

STREAM = "session:0f8fad5b-d9cb-469f-a165-70867728950e"
WITHIN = 20.0  # seconds that a condition is waited for


class Sockets:
    """What arrived at which connection."""

    def __init__(self, stub: StubServer) -> None:
        self._stub = stub

    def frames(self, connection_id: str = "one") -> list[dict[str, Any]]:
        at_it = [asked for asked in self._stub.asked if asked.path.endswith(f"/@connections/{connection_id}")]
        return [json.loads(asked.body) for asked in at_it]

    def sizes(self) -> list[int]:
        return [len(asked.body) for asked in self._stub.asked]

    def text(self, connection_id: str = "one") -> str:
        deltas = [frame for frame in self.frames(connection_id) if frame["type"] == "message.delta"]
        return "".join(delta["data"]["text"] for delta in deltas)

    def arrived(self, number: int, connection_id: str = "one") -> None:
        eventually(lambda: len(self.frames(connection_id)) >= number)

    def refuse(self, status: int, connection_id: str) -> None:
        def reply(asked: Request) -> Response:
            return Response(b"", status if asked.path.endswith(f"/{connection_id}") else 200)

        self._stub.reply = reply

    def hang(self, connection_id: str, released: Event) -> None:
        """Answer pushes to one connection only when `released`."""

        def reply(asked: Request) -> Response:
            if asked.path.endswith(f"/{connection_id}"):
                released.wait(WITHIN)
            return Response(b"")

        self._stub.reply = reply


@pytest.fixture
def sockets(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> Sockets:
    environment = {
        "WEBSOCKET_API_ID": "abc123",
        "STAGE": "dev",
        "AWS_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": stub.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(push, "GRACE", WITHIN)
    return Sockets(stub)


@pytest.fixture
def released() -> Iterator[Event]:
    """Set at the end at the latest, so that no hanging push outlives its test."""
    event = Event()
    yield event
    event.set()
