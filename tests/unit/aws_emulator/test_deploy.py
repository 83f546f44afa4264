"""The real serverless.yml on the emulator, with functions that show what reaches them."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.deploy import Outputs, deploy, put_secrets
from infra.local.cloud.reloading import reloading
from infra.local.processes import free_port, running
from infra.packaging.table import function_names
from tests.support.waiting import eventually

pytestmark = pytest.mark.xdist_group("deployed stand-ins")

ROOT = Path(__file__).parents[3]
ORIGIN = "https://app.example"
SETTINGS = {
    "SUPABASE_URL": "http://127.0.0.1:1",
    "SUPABASE_ANON_KEY": "anon",
    "CHAT_MODEL": "some-model",
    "CORS_ALLOWED_ORIGINS": f"https://other.example,{ORIGIN}",
}

SHOW = """
import json, os
def handler(event, context):
    print(json.dumps(event))
    return {"statusCode": 200, "body": json.dumps({"event": event, "environment": dict(os.environ)})}
"""


@dataclass(frozen=True)
class Deployment:
    root: Path
    endpoint: str
    outputs: Outputs
    progress: list[str]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    root = project(tmp_path_factory.mktemp("project"))
    port, log, said = free_port(), tmp_path_factory.mktemp("emulator") / "log", list[str]()
    endpoint = f"http://127.0.0.1:{port}"
    with running("infra.local.aws_emulator", port=port, ready="/_ministack/health", log=log):
        put_secrets(endpoint, {"supabase-service-key": "the key"})
        yield Deployment(root, endpoint, deploy(endpoint, SETTINGS, root=root, progress=said.append), said)


def project(root: Path) -> Path:
    """A project with the real deployment files and functions that show what they get."""
    for name in ("serverless.yml", "package.json"):
        shutil.copy(ROOT / name, root)
    for name in ("functions", "resources"):
        shutil.copytree(ROOT / "infra" / name, root / "infra" / name)
    (root / "shared").mkdir()
    for name in function_names(ROOT):
        (root / "functions" / name).mkdir(parents=True)
        (root / "functions" / name / "handler.py").write_text(SHOW)
    return root


def test_a_request_reaches_its_function_with_its_settings(deployment: Deployment) -> None:
    url = f"{deployment.outputs.api_url}/v1/chat/sessions/42/messages?limit=1"
    shown = httpx.post(url, json={"content": "hello"}, timeout=60).json()

    assert shown["event"]["routeKey"] == "POST /v1/chat/sessions/{session_id}/messages"
    assert shown["event"]["pathParameters"] == {"session_id": "42"}
    assert (
        shown["environment"].items()
        >= {
            "STAGE": "local",
            "SUPABASE_URL": "http://127.0.0.1:1",
            "CHAT_MODEL": "some-model",
            "EMBEDDING_MODEL": "text-embedding-3-small",
            "AWS_ENDPOINT_URL": deployment.endpoint,
        }.items()
    )


def test_a_function_finds_its_secret_where_it_is_told(deployment: Deployment) -> None:
    shown = httpx.post(f"{deployment.outputs.api_url}/v1/chat/sessions", timeout=60).json()

    name = shown["environment"]["SUPABASE_SERVICE_KEY_PARAMETER"]
    parameter = client("ssm", deployment.endpoint).get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (parameter["Value"], parameter["Type"]) == ("the key", "SecureString")
    assert "the key" not in shown["environment"].values()


def test_one_of_several_origins_is_let_in_and_a_stranger_is_not(deployment: Deployment) -> None:
    def preflight(origin: str) -> httpx.Headers:
        asked = {"origin": origin, "access-control-request-method": "POST"}
        return httpx.options(f"{deployment.outputs.api_url}/v1/chat/sessions", headers=asked).headers

    assert preflight(ORIGIN)["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in preflight("https://evil.example")


def test_a_socket_is_answered(deployment: Deployment) -> None:
    with connect(deployment.outputs.ws_url) as socket:
        socket.send('{"type": "ping"}')
        shown = json.loads(socket.recv(timeout=60))

    assert shown["event"]["requestContext"]["routeKey"] == "$default"
    assert shown["event"]["body"] == '{"type": "ping"}'


def test_a_document_put_into_the_bucket_reaches_ingestion(deployment: Deployment) -> None:
    bucket = deployment.outputs.kb_bucket
    client("s3", deployment.endpoint).put_object(Bucket=bucket, Key="squat.md", Body=b"# Squat")

    deadline = time.monotonic() + 60
    while not any("squat.md" in line for line in logged(deployment.endpoint, "ingest_kb")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_week_the_sweep_and_the_upkeep_of_knowledge_have_their_schedules(deployment: Deployment) -> None:
    scheduler = client("scheduler", deployment.endpoint)
    schedules = [scheduler.get_schedule(Name=listed["Name"]) for listed in scheduler.list_schedules()["Schedules"]]
    found = {schedule["Target"]["Arn"].rpartition(":")[2]: schedule for schedule in schedules}

    assert found.keys() == {f"hercules-local-{name}" for name in ("ingest_kb", "reset_usage", "sweep")}
    assert {schedule["State"] for schedule in schedules} == {"ENABLED"}
    assert found["hercules-local-reset_usage"]["ScheduleExpressionTimezone"] == "UTC"


def test_the_deployment_tells_its_progress(deployment: Deployment) -> None:
    assert any("CREATE_COMPLETE - AWS::S3::Bucket - ServerlessDeploymentBucket" in line for line in deployment.progress)


def test_changed_code_is_in_the_next_answer_and_broken_code_is_told(deployment: Deployment) -> None:
    handler, said = deployment.root / "functions" / "health" / "handler.py", list[str]()

    def answer() -> str:
        return httpx.get(f"{deployment.outputs.api_url}/health", timeout=60).text

    with reloading(deployment.endpoint, said.append, deployment.root):
        handler.write_text("def handler(event, context:")
        eventually(lambda: said)
        assert said[0].startswith("not reloaded: SyntaxError")
        handler.write_text('def handler(event, context):\n    return {"statusCode": 200, "body": "changed"}\n')
        eventually(lambda: answer() == "changed")
    assert "reloaded: health" in said


def logged(endpoint: str, function: str) -> list[str]:
    """The lines of a function's log."""
    logs = client("logs", endpoint)
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/hercules-local-{function}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [event["message"] for event in events]
