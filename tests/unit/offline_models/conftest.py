"""One server for all tests of a worker, and OpenAI's own client talking to it."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from openai import OpenAI

from infra.local.offline_models.server import RunningModels, running_models


@pytest.fixture(scope="session")
def models() -> Iterator[RunningModels]:
    with running_models() as running:
        yield running


@pytest.fixture(scope="session")
def client(models: RunningModels) -> Iterator[OpenAI]:
    with OpenAI(base_url=models.base_url, api_key="any", max_retries=0, timeout=30) as openai:
        yield openai


@pytest.fixture(scope="session")
def http(models: RunningModels) -> Iterator[httpx.Client]:
    """What no typed client would send goes this way."""
    with httpx.Client(base_url=models.base_url, headers={"authorization": "Bearer any"}, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def gemini_http(models: RunningModels) -> Iterator[httpx.Client]:
    root = f"{models.control_url}/gemini/v1"
    with httpx.Client(base_url=root, headers={"authorization": "Bearer any"}, trust_env=False) as client:
        yield client


@pytest.fixture
def mark() -> str:
    """A word that no other test's requests hold."""
    return f"mark-{uuid4().hex}"
