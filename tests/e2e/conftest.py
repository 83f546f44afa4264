"""One laptop cloud for all end-to-end tests: the deployed functions, called from outside."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.cloud.running import running_cloud
from infra.local.demo.phone import Phone
from tests.support.stub_server import StubServer, stub_server
from tests.support.waiting import WITHIN


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep them on one worker, so that one cloud serves them all."""
    for item in items:
        if "/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("cloud"))


@pytest.fixture(scope="session")
def receiver() -> Iterator[StubServer]:
    """A system outside that may be told by webhook, under the name `diary`."""
    with stub_server() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def cloud(receiver: StubServer) -> Iterator[Cloud]:
    endpoints = json.dumps({"diary": {"url": f"{receiver.url}/hook", "events": ["plan.shared"]}})
    with running_cloud(environment={**os.environ, "WEBHOOK_ENDPOINTS": endpoints}) as cloud:
        yield cloud


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
def knowledge(cloud: Cloud) -> str:
    """The name of a document that is in the knowledge base."""
    document = {
        "source": "deload.md",
        "text": "# Deloads\n\nA deload is a planned easier week, every four to eight weeks.",
    }
    answer = httpx.post(
        f"{cloud.api_url}/v1/knowledge/documents", json=document, headers={"apikey": cloud.service_key}, timeout=WITHIN
    )
    answer.raise_for_status()
    return document["source"]


@pytest.fixture
def behave(cloud: Cloud) -> Callable[..., None]:
    """Switch a misbehaviour of the models on, for texts that contain `match`."""
    control = cloud.openai_base_url.removesuffix("/v1")

    def switch(match: str, kind: str, **fields: Any) -> None:
        body = {"match": match, "kind": kind, **fields}
        httpx.post(f"{control}/local/behaviours", json=body, timeout=WITHIN).raise_for_status()

    return switch


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
