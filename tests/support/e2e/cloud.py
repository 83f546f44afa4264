"""One laptop cloud for all tests that need a whole one: the deployed functions, called from outside or by a browser."""

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from infra.local.cloud.description import Cloud
from infra.local.cloud.running import running_cloud
from tests.support.stub_server import StubServer, stub_server
from tests.support.waiting import WITHIN


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep them on one worker, so that one cloud serves them all."""
    for item in items:
        if {"e2e", "browser"} & set(item.path.parts):
            item.add_marker(pytest.mark.xdist_group("cloud"))


@pytest.fixture(scope="session")
def receiver() -> Iterator[StubServer]:
    """A system outside that may be told by webhook, under the name `diary`."""
    with stub_server() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def app() -> Iterator[StubServer]:
    """A web app on an origin of its own, which the cloud lets in; a test says what its pages are."""
    with stub_server() as app:
        yield app


@pytest.fixture(scope="session")
def cloud(receiver: StubServer, app: StubServer) -> Iterator[Cloud]:
    settings = {
        "WEBHOOK_ENDPOINTS": json.dumps({"diary": {"url": f"{receiver.url}/hook", "events": ["plan.shared"]}}),
        "CORS_ALLOWED_ORIGINS": f"http://localhost:8081,{app.url}",
    }
    with running_cloud(environment={**os.environ, **settings}) as cloud:
        yield cloud


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
