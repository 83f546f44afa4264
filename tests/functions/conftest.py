"""The real handlers in this process, on a real database, gateway and model server, as if just started by Lambda."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import httpx
import psycopg
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from infra.local.offline_models.server import RunningModels, running_models
from infra.local.postgres.server import PostgresServer
from infra.local.supabase_gateway.keys import Keys
from shared.platform.process import forget
from tests.support.functions.invocations import BUCKET, WEBHOOK_SECRET, User, request
from tests.support.functions.rooms_cloud import RoomsCloud, rooms_cloud
from tests.support.gateway import Served, served_in_background
from tests.support.model_requests import check_body
from tests.support.stub_server import Request, Response, StubServer, stub_server


@pytest.fixture(scope="session")
def supabase(postgres_server: PostgresServer, template: str, gateway_keys: Keys) -> Iterator[Served]:
    with served_in_background(postgres_server.create_database("functions", template), gateway_keys) as served:
        yield served


@pytest.fixture(scope="session")
def models() -> Iterator[RunningModels]:
    """Whatever the functions have asked of them at last is a request by openai's own types."""
    with running_models() as models:
        yield models
        for record in models.requests(""):
            if record["endpoint"] == "chat" and record["status"] == 200:
                check_body(record["body"])


@pytest.fixture(scope="session")
def parameters(supabase: Served) -> Iterator[StubServer]:
    """SSM with the secrets, and a Lambda that takes every invocation; both are asked at the same endpoint."""
    values = {"/service-key": supabase.service_key, "/openai-key": "offline", "/webhook-secret": WEBHOOK_SECRET}
    values |= {"/brave-api-key": "offline"}

    def reply(asked: Request) -> Response:
        if asked.path.endswith("/invocations"):
            return Response(status=202)
        found = [{"Name": name, "Value": values[name]} for name in json.loads(asked.body)["Names"]]
        return Response(json.dumps({"Parameters": found}).encode())

    with stub_server() as server:
        server.reply = reply
        yield server


@pytest.fixture(autouse=True)
def just_started(
    monkeypatch: pytest.MonkeyPatch, supabase: Served, models: RunningModels, parameters: StubServer
) -> Iterator[None]:
    """The environment that serverless.yml gives, and nothing remembered from an earlier invocation."""
    environment = {
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": parameters.url,
        "SUPABASE_URL": supabase.url,
        "SUPABASE_ANON_KEY": supabase.anon_key,
        "SUPABASE_SERVICE_KEY_PARAMETER": "/service-key",
        "OPENAI_API_KEY_PARAMETER": "/openai-key",
        "WEBHOOK_SECRET_PARAMETER": "/webhook-secret",
        "OPENAI_BASE_URL": models.base_url,
        "OPENAI_DIALECT": "responses",
        "CHAT_MODEL": "hercules-extractive-1",
        "EMBEDDING_MODEL": "minilm-l6-int8",
        "KNOWLEDGE_BUCKET": BUCKET,
        "INGEST_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/ingest",
        "INGEST_DEAD_LETTER_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    forget()
    yield
    forget()


@pytest.fixture
def add_user(supabase: Served) -> Callable[[], User]:
    def add() -> User:
        body = {"email": f"{uuid4()}@example.com", "password": "correct horse"}
        headers = {"apikey": supabase.anon_key}
        answer = httpx.post(f"{supabase.url}/auth/v1/signup", json=body, headers=headers).json()
        return User(answer["user"]["id"], answer["access_token"])

    return add


@pytest.fixture
def user(add_user: Callable[[], User]) -> User:
    return add_user()


@pytest.fixture
def database(supabase: Served) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(supabase.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def session(user: User) -> str:
    return str(request("create_session", "POST", "/v1/chat/sessions", user.token, {}).body["id"])


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Client]:
    """The knowledge bucket, and beside it the queue of its events."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for service in ("S3", "SQS"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", f"https://{service.lower()}.eu-central-1.amazonaws.com")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-central-1")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for queue in ("ingest", "dead"):
            boto3.client("sqs", region_name="eu-central-1").create_queue(QueueName=queue)
        yield s3


@pytest.fixture
def cloud(parameters: StubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RoomsCloud]:
    """What rooms need of AWS."""
    with rooms_cloud(parameters, monkeypatch) as running:
        yield running


@pytest.fixture
def mark() -> str:
    """A word that no other test's prompts hold."""
    return f"mark-{uuid4().hex}"
