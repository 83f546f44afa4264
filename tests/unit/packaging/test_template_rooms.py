"""The state machine that runs rooms, who may drive it, and the bucket that has their files."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from shared.rooms import errors, storage
from tests.unit.packaging.compiled_template import Template

pytestmark = pytest.mark.xdist_group("template")

STEPS = {"plan_room", "run_agent", "ask_owner", "review_room", "finish_room"}
BUCKET = {"Ref": "RoomsBucket"}
MACHINE = {"Ref": "RoomWorkflow"}


@pytest.fixture
def machine(template: Template) -> dict[str, Any]:
    properties: dict[str, Any] = template.resources["RoomWorkflow"]["Properties"]
    return properties


def states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state by its name, those inside maps too."""
    for name, state in definition["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def levels(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine itself and each that is inside a state: names are of one level."""
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from levels(state["ItemProcessor"])


def following(state: dict[str, Any]) -> list[str]:
    """The states to which one leads."""
    ways = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    return [way[key] for way in ways for key in ("Next", "Default") if key in way]


def reached(level: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    wanted = [level["StartAt"]]
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += following(level["States"][name])
    return found


def tasks(machine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: state for name, state in states(machine["Definition"]) if state["Type"] == "Task"}


def function_of(template: Template, machine: dict[str, Any], task: dict[str, Any]) -> str:
    """The name of the function that a task invokes."""
    substitution = task["Parameters"]["FunctionName"].strip("${}")
    logical_id = machine["DefinitionSubstitutions"][substitution]["Fn::GetAtt"][0]
    return next(name for name in STEPS if template.function_id(name) == logical_id)


def test_the_workflow_outlives_its_steps_and_may_wait_for_days(machine: dict[str, Any]) -> None:
    assert machine["StateMachineType"] == "STANDARD"
    assert tasks(machine)["AskOwner"]["TimeoutSeconds"] == 7 * 24 * 3600


# Step Functions refuse a machine of which one of these does not hold: https://states-language.net/spec.html
def test_every_state_leads_to_others_that_there_are_and_is_reached(machine: dict[str, Any]) -> None:
    for level in levels(machine["Definition"]):
        assert reached(level) == set(level["States"])


def test_every_state_has_one_way_out_or_is_an_end(machine: dict[str, Any]) -> None:
    for name, state in states(machine["Definition"]):
        if state["Type"] in ("Succeed", "Fail", "Choice"):
            assert not {"Next", "End"} & set(state), name
        else:
            assert ("Next" in state) != (state.get("End") is True), name


def test_what_catches_all_stands_alone_and_last(machine: dict[str, Any]) -> None:
    for name, state in states(machine["Definition"]):
        for caught in (state.get("Retry", []), state.get("Catch", [])):
            for place, each in enumerate(caught):
                is_all = "States.ALL" in each["ErrorEquals"]
                assert not is_all or (each["ErrorEquals"] == ["States.ALL"] and place == len(caught) - 1), name


def test_the_workflow_invokes_its_steps_and_nothing_else(template: Template, machine: dict[str, Any]) -> None:
    (statement,) = template.statements("RoomWorkflowRole")
    invoked = {function_of(template, machine, task) for task in tasks(machine).values()}

    assert statement["Action"] == "lambda:InvokeFunction"
    assert {resource["Fn::GetAtt"][0] for resource in statement["Resource"]} == set(map(template.function_id, STEPS))
    assert invoked == STEPS


def test_no_step_is_reached_over_http(template: Template) -> None:
    routed = {
        integration["IntegrationUri"]["Fn::GetAtt"][0]
        for integration in template.of_type("ApiGatewayV2::Integration").values()
        if "Fn::GetAtt" in integration["IntegrationUri"]
    }

    assert not routed & set(map(template.function_id, STEPS))


def test_every_step_is_tried_again_and_given_as_long_as_its_function_may_run(
    template: Template, machine: dict[str, Any]
) -> None:
    for name, task in tasks(machine).items():
        assert task["Retry"][-1]["ErrorEquals"] == ["States.ALL"], name
        if name != "FailTask":
            function = template.functions()[function_of(template, machine, task)]
            assert task["TimeoutSeconds"] > function["Timeout"], name


def test_a_step_that_fails_for_good_ends_the_room_and_an_agent_only_its_task(machine: dict[str, Any]) -> None:
    ends = {name: {each["Next"] for each in state.get("Catch", [])} for name, state in states(machine["Definition"])}

    assert {name for name, nexts in ends.items() if nexts == {"GiveUp"}} == {"Plan", "Waves", "Review", "Finish"}
    assert {name for name, nexts in ends.items() if nexts == {"FailTask"}} == {"RunAgent", "AskOwner"}


def test_the_errors_that_are_told_apart_are_ours(machine: dict[str, Any]) -> None:
    """An error is known by the name of its class: renaming one must be seen here."""
    named = {error for task in tasks(machine).values() for each in task["Retry"] for error in each["ErrorEquals"]}
    classes = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}

    ours = {error for error in named if not error.startswith(("States.", "Lambda."))}
    outages = {"ProviderUnavailable", "ProviderRateLimited"}
    assert ours == outages | {"ProviderMisconfigured", "TaskInterrupted", "TaskBusy", "BudgetHeld"}
    assert ours <= classes


# https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html, and what Lambda throttles with
REFUSED = {
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
}


def longest_wait(retrier: dict[str, Any]) -> float:
    """Seconds that all attempts of a retrier may be apart."""
    most: float = retrier.get("MaxDelaySeconds", float("inf"))
    pauses = (retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n for n in range(retrier["MaxAttempts"]))
    return sum(min(float(pause), most) for pause in pauses)


def test_a_step_that_lambda_has_no_room_for_waits_with_jitter_for_20_minutes(machine: dict[str, Any]) -> None:
    for name, task in tasks(machine).items():
        (refused,) = [each for each in task["Retry"] if "Lambda.TooManyRequestsException" in each["ErrorEquals"]]
        assert set(refused["ErrorEquals"]) == REFUSED, name
        assert refused["JitterStrategy"] == "FULL", name
        assert refused["MaxDelaySeconds"] == 60, name
        assert longest_wait(refused) >= 1_200, name


def test_the_end_of_a_room_is_tried_most_of_all(machine: dict[str, Any]) -> None:
    longest = {name: sum(map(longest_wait, task["Retry"][-2:])) for name, task in tasks(machine).items()}

    assert max(longest, key=lambda name: longest[name]) == "GiveUp"
    assert longest["GiveUp"] > 3_600


def test_all_who_met_the_same_fault_do_not_come_back_at_the_same_moment(machine: dict[str, Any]) -> None:
    growing = [each for task in tasks(machine).values() for each in task["Retry"] if each.get("BackoffRate", 1) > 1]

    assert {each["JitterStrategy"] for each in growing} == {"FULL"}


def test_an_operators_mistake_is_never_tried_again(machine: dict[str, Any]) -> None:
    for name in ("Plan", "RunAgent"):  # a review catches it itself
        first = tasks(machine)[name]["Retry"][0]  # the first that fits counts
        assert ("ProviderMisconfigured" in first["ErrorEquals"], first["MaxAttempts"]) == (True, 0), name


def test_who_waits_for_a_dead_worker_waits_longer_than_its_lease(machine: dict[str, Any]) -> None:
    from shared.platform.settings import AgentSettings

    (busy,) = [each for each in tasks(machine)["RunAgent"]["Retry"] if each["ErrorEquals"] == ["TaskBusy"]]

    lease = AgentSettings.model_fields["task_lease_seconds"].default
    assert busy["BackoffRate"] == 1
    assert busy["IntervalSeconds"] * busy["MaxAttempts"] > 900 + lease


def test_the_template_has_no_null_which_cloudformation_refuses(machine: dict[str, Any]) -> None:
    def values(part: Any) -> Iterator[Any]:
        yield part
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from values(inner)

    assert None not in list(values(machine["Definition"]))


def test_only_ids_travel_through_the_workflow(machine: dict[str, Any]) -> None:
    passed = {name for task in tasks(machine).values() for name in task["Parameters"]["Payload"]}

    assert passed == {"room_id.$", "run.$", "task_id.$", "wait_id.$", "token.$", "fail.$", "error.$", "waited.$"}


def test_a_step_that_a_provider_has_no_capacity_for_waits_as_it_says_and_is_done_again(machine: dict[str, Any]) -> None:
    found = dict(states(machine["Definition"]))
    waits = {name: state for name, state in found.items() if state["Type"] == "Wait"}
    assert {state["Next"] for state in waits.values()} == {"Plan", "RunAgent", "Review"}
    for name, state in waits.items():
        (choice,) = [each for each in found.values() for each in each.get("Choices", []) if each["Next"] == name]
        path = state["SecondsPath"]
        assert choice["Variable"] in (path, path.replace("wait_seconds", "outcome"))
        assert found[state["Next"]]["Parameters"]["Payload"]["waited.$"] == path.replace("wait_seconds", "waited")
        retried = [error for each in found[state["Next"]]["Retry"][:-1] for error in each["ErrorEquals"]]
        assert "ProviderRateLimited" in retried or state["Next"] == "Review"  # and not again as any fault


def on_states(template: Template) -> list[dict[str, Any]]:
    """All that any role may do with Step Functions."""
    statements = [statement for role in template.of_type("IAM::Role") for statement in template.statements(role)]
    return [statement for statement in statements if str(statement["Action"]).startswith("states:")]


def test_who_starts_stops_and_wakes_rooms(template: Template) -> None:
    assert template.may("states:StartExecution", "RoomWorkflow") == {
        "approve_action",
        "continue_room",
        "create_room",
        "retry_room",
        "sweep",
    }
    assert template.may("states:StopExecution", ":execution:hercules-dev-rooms:*") == {
        "cancel_room",
        "delete_account",
        "sweep",
    }
    wakes = {"answer_room", "ask_owner", "hold_room", "sweep"}
    assert template.may("states:SendTaskSuccess", ":stateMachine:hercules-dev-rooms") == wakes
    assert {statement["Action"] for statement in on_states(template)} == {
        "states:StartExecution", "states:StopExecution", "states:SendTaskSuccess",
    }  # fmt: skip
    for statement in on_states(template):
        assert statement["Resource"] == MACHINE or ":hercules-dev-rooms" in str(statement["Resource"])


def test_who_starts_rooms_is_told_which_workflow_it_is(template: Template) -> None:
    told = {
        name
        for name, function in template.functions().items()
        if function["Environment"]["Variables"].get("ROOM_WORKFLOW_ARN") == MACHINE
    }

    assert told == template.may("states:StartExecution", "")


def test_files_are_read_and_written_by_those_who_work_with_them(template: Template) -> None:
    coach = "send_message"  # whose model may look into the user's rooms
    reading = {"export_room_file", "finish_room", "get_room_file", "review_room", "run_agent", coach}

    assert template.may("s3:GetObject", "${RoomsBucket.Arn}/rooms/*") == reading
    assert template.may("s3:GetObject", "${RoomsBucket.Arn}/rooms/uploads/*") == {
        "answer_room",
        "continue_room",
        "create_room",
    }
    assert template.may("s3:PutObject", "${RoomsBucket.Arn}/rooms/*") == {"run_agent"}
    assert template.may("s3:PutObject", "${RoomsBucket.Arn}/rooms/uploads/*") == {"create_room_upload"}
    assert template.may("s3:PutObject", "${RoomsBucket.Arn}/rooms/given/*") == {
        "answer_room",
        "continue_room",
        "create_room",
    }
    assert template.may("s3:DeleteObject", "${RoomsBucket.Arn}/rooms/*") == {"delete_account", "delete_room", "sweep"}
    assert template.may("s3:PutObject", "${RoomsBucket.Arn}/rooms/exports/*") == {
        "export_account",
        "export_room_file",
        "export_session",
    }


def test_who_works_with_files_is_told_where_they_are(template: Template) -> None:
    told = {
        name
        for name, function in template.functions().items()
        if function["Environment"]["Variables"].get("ROOMS_BUCKET") == BUCKET
    }

    working = {
        name for action in ("Get", "Put", "Delete") for name in template.may(f"s3:{action}Object", "RoomsBucket")
    }
    assert told == working


def test_versions_are_kept_and_what_was_deleted_is_forgotten(template: Template) -> None:
    bucket = template.resources["RoomsBucket"]["Properties"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    *_, rule = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "ExpirationInDays" not in rule


def test_the_bucket_forgets_exports_and_uploads_that_no_room_took_and_nothing_of_a_room(template: Template) -> None:
    rules = template.resources["RoomsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}

    assert expiring == {storage.exports_of("")[:14]: 1, storage.uploads_of("")[:14]: 3}
    assert not any(storage.given_of("").startswith(prefix) for prefix in expiring)


def test_browsers_upload_from_the_configured_origins_only(template: Template) -> None:
    (rule,) = template.resources["RoomsBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedOrigins"] == {"Fn::Split": [",", "http://localhost:8081"]}
    assert set(rule["AllowedHeaders"]) == {"content-type", "x-amz-checksum-sha256"}
