"""Starts, stops and wakes the state machine that runs rooms, without the 430 ms of importing boto3."""

import json
from typing import Any
from uuid import UUID

import httpx

from shared.platform import settings
from shared.platform.aws_signature import service_url, signed_headers
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault, logger
from shared.platform.process import keep
from shared.platform.tls import trusted

CONTENT_TYPE = "application/x-amz-json-1.0"
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
# What ended meanwhile needs no end and no answer, and no other try would wake by a token that is none.
ENDED = {"ExecutionDoesNotExist", "TaskDoesNotExist", "TaskTimedOut", "InvalidToken"}
STOPPED = {"ValidationException"}  # of StopExecution: it is no longer running; a wrong ARN would be InvalidArn


def start(room_id: UUID, run: int) -> str:
    """Start the run of a room and return the execution's ARN; safe to repeat. Raises UnavailableError."""
    machine = settings.load(settings.WorkflowSettings).room_workflow_arn
    name = f"{room_id}-{run}"
    result = _request(
        "StartExecution",
        {"stateMachineArn": machine, "name": name, "input": json.dumps({"room_id": str(room_id), "run": run})},
        settled={"ExecutionAlreadyExists"},
    )
    return str(result.get("executionArn") or f"{machine.replace(':stateMachine:', ':execution:')}:{name}")


def stop(execution_arn: str) -> None:
    """End an execution; what has ended already stays so. Raises UnavailableError."""
    _request("StopExecution", {"executionArn": execution_arn, "cause": "cancelled"}, settled=ENDED | STOPPED)


def wake(task_token: str) -> None:
    """Let an execution go on that waits for its owner. Raises UnavailableError."""
    _request("SendTaskSuccess", {"taskToken": task_token, "output": "{}"}, settled=ENDED)


@keep
def _client() -> httpx.Client:
    """One for the process: to make one anew takes longer than the request, and its connection is kept."""
    return httpx.Client(verify=trusted(), timeout=TIMEOUT)


def _request(action: str, request: dict[str, Any], settled: set[str]) -> dict[str, Any]:
    url = f"{service_url('states')}/"
    body = json.dumps(request).encode()
    target = f"AWSStepFunctions.{action}"
    try:
        headers = signed_headers("states", "POST", url, body, {"content-type": CONTENT_TYPE, "x-amz-target": target})
        response = _client().post(url, content=body, headers=headers)
        result: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as fault:
        log_fault("the workflow service did not answer", fault)
        raise UnavailableError(code="workflow_unavailable") from None
    error = str(result.get("__type", "")).rpartition("#")[2]
    if response.is_success or error in settled:
        return result
    logger.error("the workflow service refused", action=action, code=error or response.status_code)
    raise UnavailableError(code="workflow_unavailable")
