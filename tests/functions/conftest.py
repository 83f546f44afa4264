"""The real handlers in this process, on a real database, gateway and model server, as if just started by Lambda."""

import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from infra.local.supabase_gateway.server import Served, served_in_background
from shared.auth.tokens import verifier
from shared.database.client import PATIENCE, UPKEEP, connections
from shared.knowledge.objects import s3_client
from shared.llm.client import client
from shared.llm.providers import gemini_client
from shared.platform import secrets, settings
from tests.asked import check_body
from tests.functions.events import http_event
from tests.unit.shared.stub_server import Asked, Said, StubServer, stub_server

BUCKET = "knowledge"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Context:
    """What Lambda says of an invocation."""

    seconds_left: float = 60.0
    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:test"
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


def run(function: str, event: dict[str, Any], context: Context | None = None) -> Any:
    """What the function's handler returns for an event."""
    return importlib.import_module(f"functions.{function}.handler").handler(event, context or Context())


def request(function: str, *arguments: Any, context: Context | None = None, **headers: Any) -> Answer:
    """Call an HTTP function: method, path, token, body."""
    result = run(function, http_event(*arguments, **headers), context)
    return Answer(result["statusCode"], json.loads(result["body"] or "null"), result["headers"])


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

    def reply(asked: Asked) -> Said:
        if asked.path.endswith("/invocations"):
            return Said(status=202)
        return Said(json.dumps({"Parameter": {"Value": values[json.loads(asked.body)["Name"]]}}).encode())

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
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(settings, "_loaded", {})
    monkeypatch.setattr(secrets, "_cache", {})
    yield
    for connected in (client, gemini_client):
        if connected.cache_info().currsize:
            connected().close()
        connected.cache_clear()
    s3_client.cache_clear()
    verifier.cache_clear()
    for patience in (PATIENCE, UPKEEP):
        connections(patience).close()
    connections.cache_clear()


@dataclass(frozen=True)
class User:
    id: str
    token: str


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
        boto3.client("sqs", region_name="eu-central-1").create_queue(QueueName="ingest")
        yield s3
