import io
import json
from uuid import UUID

import pytest

from shared.platform.errors import UnavailableError
from shared.rooms import workflow
from tests.support.stub_server import Response, StubServer

ROOM = UUID(int=7)
MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:rooms"
EXECUTION = f"arn:aws:states:eu-central-1:000000000000:execution:rooms:{ROOM}-2"


@pytest.fixture(autouse=True)
def step_functions(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> StubServer:
    monkeypatch.setenv("ROOM_WORKFLOW_ARN", MACHINE)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
    return stub


def refused(code: str) -> Response:
    return Response(json.dumps({"__type": f"com.amazonaws.states#{code}"}).encode(), 400)


def test_a_run_of_a_room_is_one_execution_that_is_given_ids_only(step_functions: StubServer) -> None:
    step_functions.says(json.dumps({"executionArn": EXECUTION}).encode())
    assert workflow.start(ROOM, 2) == EXECUTION
    (asked,) = step_functions.asked
    body = json.loads(asked.body)
    assert asked.headers["x-amz-target"] == "AWSStepFunctions.StartExecution"
    assert (body["stateMachineArn"], body["name"]) == (MACHINE, f"{ROOM}-2")
    assert json.loads(body["input"]) == {"room_id": str(ROOM), "run": 2}


def test_a_run_that_was_started_before_is_the_same_execution(step_functions: StubServer) -> None:
    step_functions.reply = lambda _: refused("ExecutionAlreadyExists")
    assert workflow.start(ROOM, 2) == EXECUTION


@pytest.mark.parametrize("code", ["TaskDoesNotExist", "TaskTimedOut"])
def test_to_wake_what_has_ended_is_no_fault(step_functions: StubServer, code: str) -> None:
    step_functions.reply = lambda _: refused(code)
    workflow.wake("token")
    assert json.loads(step_functions.asked[0].body) == {"taskToken": "token", "output": "{}"}


@pytest.mark.parametrize("code", ["ExecutionDoesNotExist", "ValidationException"])
def test_to_stop_what_has_ended_is_no_fault(step_functions: StubServer, log: io.StringIO, code: str) -> None:
    step_functions.reply = lambda _: refused(code)
    workflow.stop(EXECUTION)
    assert json.loads(step_functions.asked[0].body)["executionArn"] == EXECUTION
    assert "ERROR" not in log.getvalue()


@pytest.mark.parametrize(
    "said",
    [refused("ExecutionLimitExceeded"), refused("TaskTimedOut"), Response(b"<html>", 502), Response(b"{}", 500)],
    ids=str,
)
def test_what_cannot_be_started_is_unavailable(step_functions: StubServer, said: Response) -> None:
    step_functions.reply = lambda _: said
    with pytest.raises(UnavailableError) as failed:
        workflow.start(ROOM, 1)
    assert failed.value.reason == "workflow_unavailable"
