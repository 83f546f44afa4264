"""A room that runs during a deployment: Step Functions keeps its definition, and today's functions serve it."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from infra.contract.released import WORKFLOW
from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.environment import STAGE
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.rooms_script import SLOWLY, Room, Script, calls
from tests.support.waiting import eventually

LAMBDA = "arn:aws:lambda:eu-central-1:000000000000:function:hercules-"
STEPS = {
    "PlanRoom": "plan_room", "RunAgent": "run_agent", "AskOwner": "ask_owner", "ReviewRoom": "review_room",
    "FinishRoom": "finish_room",
}  # fmt: skip
INVOKE = {"Invoke": "lambda:invoke", "InvokeAndWait": "lambda:invoke.waitForTaskToken"}


@pytest.fixture
def script(cloud: Cloud) -> Script:
    return Script(cloud)


def substituted(definition: str) -> str:
    """The definition as CloudFormation makes it, for the functions of this cloud."""
    for name, function in STEPS.items():
        definition = definition.replace(f"${{{name}}}", f"{LAMBDA}{STAGE}-{function}")
    for name, integration in INVOKE.items():
        definition = definition.replace(f"${{{name}}}", f"arn:aws:states:::{integration}")
    return definition


@pytest.fixture
def before(cloud: Cloud) -> Iterator[str]:
    """The state machine of the last release, beside the one that is deployed."""
    machines = client("stepfunctions", cloud.aws_endpoint_url)
    made = machines.create_state_machine(
        name=f"released-{uuid4().hex[:8]}",
        definition=substituted(WORKFLOW.read_text()),
        roleArn="arn:aws:iam::000000000000:role/any",
    )
    yield made["stateMachineArn"]
    machines.delete_state_machine(stateMachineArn=made["stateMachineArn"])


def test_a_room_goes_on_with_the_workflow_of_the_last_release(
    cloud: Cloud, user: Phone, script: Script, before: str
) -> None:
    script.plans(script.task("t1"), script.task("t2"), script.task("t3", "t2"))
    script.works("t1")
    script.works("t2", calls("ask_owner", question="How many?"), script.writes("t2"), {"content": "Done."})
    for provider in ("openai", "gemini"):
        script.behave(script.brief("t3"), "status", status=500, provider=provider, times=None)
    room = Room.open(user, script)
    room.wait("active")
    machines = client("stepfunctions", cloud.aws_endpoint_url)
    machines.stop_execution(executionArn=room.execution()["executionArn"])
    execution = machines.start_execution(stateMachineArn=before, input=json.dumps({"room_id": room.id, "run": 1}))
    arn = execution["executionArn"]
    room.call("POST", "/answer", {"answer": "Three."})

    assert room.wait() == ("failed", "task_failed")
    assert {key: task["status"] for key, task in room.tasks.items()} == {"t1": "done", "t2": "done", "t3": "failed"}
    status = eventually(
        lambda: (found := machines.describe_execution(executionArn=arn)["status"]) != "RUNNING" and found, SLOWLY
    )
    assert status == "SUCCEEDED"
    assert (script.asked("t1"), script.asked("t2")) == (2, 3)  # nothing was paid for twice
