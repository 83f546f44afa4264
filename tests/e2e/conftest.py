"""End-to-end tests: the deployed functions of a laptop cloud (tests/support/e2e/cloud.py), called from outside."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import psycopg
import pytest
from websockets.sync.client import ClientConnection, connect

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.contract_events import check_stored_events
from tests.support.e2e.answers import Answers


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-examples", action="store_true", help="keep the first answer of each kind as the contract's example"
    )


@pytest.fixture(autouse=True)
def contract(cloud: Cloud, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the API answers to httpx in a test is as the contract says."""
    send = httpx.Client.send

    def checked(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = send(client, request, **options)
        if str(request.url).startswith(cloud.api_url):
            answers.check(request, answer, cloud.api_url)
        return answer

    monkeypatch.setattr(httpx.Client, "send", checked)


@pytest.fixture(autouse=True)
def events(cloud: Cloud, seen_events: dict[str, int]) -> Iterator[None]:
    """Whatever events a test has made are as the contract says."""
    yield
    with psycopg.connect(cloud.database_url) as connection:
        check_stored_events(connection, seen_events)


@pytest.fixture(scope="session")
def seen_events() -> dict[str, int]:
    """The last seq of each stream that was looked at."""
    return {}


@pytest.fixture(scope="session")
def answers(request: pytest.FixtureRequest) -> Iterator[Answers]:
    answers = Answers()
    yield answers
    if request.config.getoption("--write-examples"):
        answers.write_examples()


@pytest.fixture
def user(cloud: Cloud) -> Iterator[Phone]:
    with Phone.sign_up(cloud, "user") as user:
        yield user


@pytest.fixture
def stranger(cloud: Cloud) -> Iterator[Phone]:
    with Phone.sign_up(cloud, "stranger") as stranger:
        yield stranger


@pytest.fixture
def session(user: Phone) -> str:
    return user.open_session("A test")


@pytest.fixture
def database(cloud: Cloud) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The cloud's database, as its owner."""
    with psycopg.connect(cloud.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def invoke(cloud: Cloud) -> Callable[[str, dict[str, Any]], Any]:
    """Call a deployed function directly, as a schedule would."""
    functions = client("lambda", cloud.aws_endpoint_url)

    def call(name: str, event: dict[str, Any]) -> Any:
        answer = functions.invoke(FunctionName=f"hercules-local-{name}", Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    return call


def workers(function: str) -> list[psutil.Process]:
    """The processes in which the emulator runs a function."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.environ().get("AWS_LAMBDA_FUNCTION_NAME") == f"hercules-local-{function}":
                found.append(process)
        except psutil.Error:
            continue
    return found


def subscribed(cloud: Cloud, user: Phone, session: str) -> ClientConnection:
    socket = connect(cloud.ws_url, additional_headers={"Authorization": f"Bearer {user.token}"})
    socket.send(json.dumps({"type": "subscribe", "stream": f"session:{session}"}))
    assert json.loads(socket.recv(timeout=30))["type"] == "subscribed"
    return socket


def replayed(user: Phone, session: str, after: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = user.call("GET", f"/v1/chat/sessions/{session}/events?after={after}").body["items"]
    return events
