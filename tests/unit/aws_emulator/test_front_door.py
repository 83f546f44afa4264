"""Whom the emulator lets in, and what a browser may read."""

import asyncio
import json
import uuid

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.front_door import FrontDoor

pytestmark = pytest.mark.xdist_group("emulator")

ORIGIN = "https://app.example"
RULE = {"AllowedOrigins": [ORIGIN], "AllowedMethods": ["PUT"], "AllowedHeaders": ["content-type"]}
SECRET = json.dumps({"Name": "/secret", "WithDecryption": True})
READ_SECRET = {"x-amz-target": "AmazonSSM.GetParameter", "content-type": "application/x-amz-json-1.1"}


@pytest.fixture
def bucket(endpoint: str) -> str:
    """The address of a bucket with a rule for one origin."""
    name = f"bucket-{uuid.uuid4().hex}"
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [RULE]})
    return f"{endpoint}/{name}"


@pytest.fixture
def secret(endpoint: str) -> str:
    client("ssm", endpoint).put_parameter(Name="/secret", Value="sk-1", Type="SecureString", Overwrite=True)
    return "sk-1"


def preflight(url: str, origin: str, method: str, headers: str = "content-type") -> httpx.Response:
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    return httpx.options(url, headers=asked)


def test_a_bucket_answers_preflights_by_its_rules(bucket: str) -> None:
    allowed = preflight(f"{bucket}/a.csv", ORIGIN, "PUT")
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, ORIGIN)
    for origin, method, headers in (
        ("https://evil.example", "PUT", "content-type"),
        (ORIGIN, "DELETE", "content-type"),
        (ORIGIN, "PUT", "x-other"),
    ):
        refused = preflight(f"{bucket}/a.csv", origin, method, headers)
        assert (refused.status_code, refused.headers.get("access-control-allow-origin")) == (403, None)


@pytest.mark.parametrize(("origin", "shown"), [(ORIGIN, [ORIGIN]), ("https://evil.example", [])])
def test_what_a_bucket_answers_is_for_the_origins_of_its_rules(bucket: str, origin: str, shown: list[str]) -> None:
    answer = httpx.put(f"{bucket}/a.csv", content=b"a,b", headers={"origin": origin})

    assert answer.headers.get_list("access-control-allow-origin") == shown


def test_a_bucket_without_rules_shows_pages_nothing(endpoint: str) -> None:
    name = f"bucket-{uuid.uuid4().hex}"
    constraint = {"LocationConstraint": "eu-central-1"}
    client("s3", endpoint).create_bucket(Bucket=name, CreateBucketConfiguration=constraint)

    assert preflight(f"{endpoint}/{name}/a", ORIGIN, "GET").status_code == 403
    answer = httpx.get(f"{endpoint}/{name}/a", headers={"origin": ORIGIN})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/{bucket}"])
def test_no_page_reads_a_secret(endpoint: str, bucket: str, secret: str, path: str) -> None:
    url = endpoint + path.format(bucket=bucket.rpartition("/")[2])
    answer = httpx.post(url, content=SECRET, headers={**READ_SECRET, "origin": ORIGIN})

    assert answer.status_code == 403
    assert secret not in answer.text
    assert preflight(url, ORIGIN, "POST", "x-amz-target").headers.get("access-control-allow-origin") is None


def answers(kind: str, client_host: str, path: str) -> list[Message]:
    """What the door answers by itself to a request that came over the network card; nothing when it lets it in."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        """Answers nothing."""

    scope = {
        "type": kind,
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"192.168.1.5:4566")],
        "client": (client_host, 50000),
        "server": ("192.168.1.5", 4566),
    }
    asyncio.run(FrontDoor(inside)(scope, receive, send))
    return sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_another_machine_reaches_the_apis_and_nothing_else(kind: str) -> None:
    assert answers(kind, "192.168.1.77", "/")
    assert answers(kind, "192.168.1.77", "/2015-03-31/functions/x/invocations")
    assert not answers(kind, "192.168.1.77", "/_aws/execute-api/12345678/health")


@pytest.mark.parametrize("here", ["127.0.0.1", "192.168.1.5"])
def test_programs_on_this_machine_reach_everything(here: str) -> None:
    assert not answers("http", here, "/")
