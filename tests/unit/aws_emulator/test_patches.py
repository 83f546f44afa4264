# ruff: noqa: SLF001 - the emulator has no public places for these
"""Each patch twice: that the emulator needs it, and that it helps.

When a test of ministack "as it comes" fails, upstream has mended the fault: delete the patch and its tests.
"""

import contextlib
import io
import json
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from botocore.exceptions import WaiterError
from ministack.services import stepfunctions

from infra.local.aws_emulator import patches
from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.environment import REGION

pytestmark = pytest.mark.xdist_group("emulator")

ORIGIN = "https://app.example"

WEBSOCKET_API = {
    "Api": {
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": {
            "Name": "socket",
            "ProtocolType": "WEBSOCKET",
            "RouteSelectionExpression": "$request.body.action",
        },
    },
    "Route": {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "$default"},
    },
}
DEPLOYMENT = {
    "Deployment": {
        "Type": "AWS::ApiGatewayV2::Deployment",
        "DependsOn": "Route",
        "Properties": {"ApiId": {"Ref": "Api"}},
    }
}
ROUTE_RESPONSE = {
    "Response": {
        "Type": "AWS::ApiGatewayV2::RouteResponse",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "RouteId": {"Ref": "Route"},
            "RouteResponseKey": "$default",
        },
    }
}
HTTP_API = {
    "Api": {
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": {
            "Name": "http",
            "ProtocolType": "HTTP",
            "CorsConfiguration": {"AllowOrigins": [ORIGIN], "AllowMethods": ["GET"]},
        },
    },
}

RATE_ALARM = {
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "Metrics": [
                {"Id": "rate", "Expression": "100 * failed"},
                {
                    "Id": "failed",
                    "ReturnData": False,
                    "MetricStat": {
                        "Metric": {"Namespace": "AWS/ApiGateway", "MetricName": "5xx"},
                        "Period": 300,
                        "Stat": "Sum",
                    },
                },
            ],
            "EvaluationPeriods": 1,
            "Threshold": 2,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        },
    }
}
QUERY_ALARM = {
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "Metrics": [{"Id": "worst", "Expression": "SELECT AVG(Errors) FROM SCHEMA(Own, route)", "Period": 3600}],
            "EvaluationPeriods": 3,
            "Threshold": 0.1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        },
    }
}
COMPOSITE_ALARM = {
    "Alarm": {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Properties": {"AlarmName": "degraded", "AlarmRule": 'ALARM("other")'},
    }
}

SLOW_FUNCTION = """
import time
def handler(event, context):
    time.sleep(0.3)
    return "done"
"""


def created(endpoint: str, resources: dict[str, Any], name: str = "") -> dict[str, str]:
    """The physical ids of a new stack's resources; empty if CloudFormation refuses it."""
    cloudformation, name = client("cloudformation", endpoint), name or f"stack-{uuid.uuid4().hex}"
    with contextlib.suppress(cloudformation.exceptions.ClientError, WaiterError):
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        listed = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in listed}
    return {}


@pytest.mark.parametrize("alarm", [RATE_ALARM, QUERY_ALARM, COMPOSITE_ALARM])
def test_an_alarm_on_several_metrics_or_alarms_is_refused_as_it_comes(
    upstream_endpoint: str, alarm: dict[str, Any]
) -> None:
    assert not created(upstream_endpoint, alarm)


@pytest.mark.parametrize("alarm", [RATE_ALARM, QUERY_ALARM, COMPOSITE_ALARM])
def test_an_alarm_on_several_metrics_or_alarms_is_made(endpoint: str, alarm: dict[str, Any]) -> None:
    assert created(endpoint, alarm)


def preflight(endpoint: str, api_id: str, origin: str) -> httpx.Response:
    headers = {"origin": origin, "access-control-request-method": "GET"}
    return httpx.options(f"{endpoint}/_aws/execute-api/{api_id}/anything", headers=headers)


def test_a_websocket_deployment_is_refused_as_it_comes(upstream_endpoint: str) -> None:
    assert not created(upstream_endpoint, WEBSOCKET_API | DEPLOYMENT)


def test_a_websocket_deployment_is_made(endpoint: str) -> None:
    stack = created(endpoint, WEBSOCKET_API | DEPLOYMENT)

    deployments = client("apigatewayv2", endpoint).get_deployments(ApiId=stack["Api"])["Items"]
    assert [deployment["DeploymentId"] for deployment in deployments] == [stack["Deployment"]]


def test_a_route_response_is_refused_as_it_comes(upstream_endpoint: str) -> None:
    assert not created(upstream_endpoint, WEBSOCKET_API | ROUTE_RESPONSE)


def test_a_route_response_is_made(endpoint: str) -> None:
    stack = created(endpoint, WEBSOCKET_API | ROUTE_RESPONSE)

    gateway = client("apigatewayv2", endpoint)
    (route,) = gateway.get_routes(ApiId=stack["Api"])["Items"]
    (response,) = gateway.get_route_responses(ApiId=stack["Api"], RouteId=route["RouteId"])["Items"]
    assert response["RouteResponseId"] == stack["Response"]


def test_an_allowed_origin_is_refused_as_it_comes(upstream_endpoint: str) -> None:
    api_id = created(upstream_endpoint, HTTP_API)["Api"]

    assert "access-control-allow-origin" not in preflight(upstream_endpoint, api_id, ORIGIN).headers


def test_an_allowed_origin_is_let_in_and_another_is_not(endpoint: str) -> None:
    api_id = created(endpoint, HTTP_API)["Api"]

    allowed = preflight(endpoint, api_id, ORIGIN).headers
    assert allowed["access-control-allow-origin"] == ORIGIN
    assert allowed["access-control-allow-methods"] == "GET"
    assert "access-control-allow-origin" not in preflight(endpoint, api_id, "https://evil.example").headers


def answered(endpoint: str) -> list[str]:
    """The origins that are let in to what a function with CORS headers of its own answers."""
    code = (
        'def handler(event, context):\n    return {"headers": {"access-control-allow-origin": "*"}, "statusCode": 200}'
    )
    resources = {
        **HTTP_API,
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": f"arn:aws:lambda:{REGION}:000000000000:function:{made(endpoint, code)}",
                "PayloadFormatVersion": "2.0",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "GET /",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
            },
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
    }
    url = f"{endpoint}/_aws/execute-api/{created(endpoint, resources)['Api']}/"
    answer = httpx.get(url, headers={"origin": ORIGIN}, timeout=60)
    assert answer.status_code == 200
    return answer.headers.get_list("access-control-allow-origin")


def test_a_browser_is_told_of_two_origins_as_it_comes(upstream_endpoint: str) -> None:
    assert "*" in answered(upstream_endpoint)


def test_the_api_alone_says_which_origin_is_let_in(endpoint: str) -> None:
    assert answered(endpoint) == [ORIGIN]


def deployed_twice(endpoint: str) -> tuple[str, str]:
    """The ids of a stack's API, before and after the stack was deleted."""
    cloudformation, name = client("cloudformation", endpoint), f"stack-{uuid.uuid4().hex}"
    first = created(endpoint, HTTP_API, name)["Api"]
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return first, created(endpoint, HTTP_API, name)["Api"]


def test_an_api_has_another_id_each_time_as_it_comes(upstream_endpoint: str) -> None:
    first, second = deployed_twice(upstream_endpoint)
    assert first != second


def test_an_api_has_the_same_id_each_time(endpoint: str) -> None:
    first, second = deployed_twice(endpoint)
    assert first == second


def made(endpoint: str, code: str) -> str:
    """The name of a new function."""
    content, name = io.BytesIO(), f"function-{uuid.uuid4().hex}"
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("made.py", code)
    client("lambda", endpoint).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="made.handler",
        Code={"ZipFile": content.getvalue()},
    )
    return name


def burst(endpoint: str) -> set[int]:
    """The statuses of three calls of a slow function at the same time, where one may run."""
    name = made(endpoint, SLOW_FUNCTION)

    def status(_call: int) -> int:
        # Not with boto3, which tries again when it is throttled.
        url = f"{endpoint}/2015-03-31/functions/{name}/invocations"
        return httpx.post(url, json={}, timeout=60).status_code

    with ThreadPoolExecutor(3) as pool:
        return set(pool.map(status, range(3)))


def test_a_burst_is_throttled_as_it_comes(upstream_endpoint: str) -> None:
    assert 429 in burst(upstream_endpoint)


def test_a_burst_is_queued(endpoint: str) -> None:
    assert burst(endpoint) == {200}


def error_of(endpoint: str, message: str) -> str:
    """By which name the exception of a function is known to a state machine."""
    code = f"class OutOfReach(Exception): pass\ndef handler(event, context):\n    raise OutOfReach({message!r})\n"
    answer = client("lambda", endpoint).invoke(FunctionName=made(endpoint, code), Payload=b"{}")
    return str(json.loads(answer["Payload"].read())["errorType"])


def test_an_exception_has_no_name_as_it_comes(upstream_endpoint: str) -> None:
    assert error_of(upstream_endpoint, "down") == "Runtime.HandlerError"


@pytest.mark.parametrize("message", ["", "down", "down\nOther: for long"])
def test_an_exception_is_known_by_the_name_of_its_class(endpoint: str, message: str) -> None:
    assert error_of(endpoint, message) == "OutOfReach"


def parameters_of(endpoint: str, names: list[str]) -> int:
    """The status of a call for parameters. Not with boto3, which refuses by itself what AWS would."""
    headers = {"x-amz-target": "AmazonSSM.GetParameters", "content-type": "application/x-amz-json-1.1"}
    return httpx.post(f"{endpoint}/", json={"Names": names}, headers=headers).status_code


@pytest.mark.parametrize("names", [["/a", ""], [f"/{number}" for number in range(11)], []])
def test_too_many_parameters_or_one_without_a_name_are_passed_over_as_they_come(
    upstream_endpoint: str, names: list[str]
) -> None:
    assert parameters_of(upstream_endpoint, names) == 200


@pytest.mark.parametrize("names", [["/a", ""], [f"/{number}" for number in range(11)], []])
def test_too_many_parameters_or_one_without_a_name_are_refused(endpoint: str, names: list[str]) -> None:
    assert parameters_of(endpoint, names) == 400
    assert parameters_of(endpoint, ["/a"]) == 200


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds for which executions stand still; in truth none passes."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(stepfunctions, "time", time)
    monkeypatch.setattr(stepfunctions, "_executions", {"e": {"stateMachineArn": "gone"}})
    monkeypatch.setattr(stepfunctions, "_state_machines", {})
    monkeypatch.setattr(stepfunctions, "_fail_execution", lambda *_: None)
    return slept


def test_an_execution_stands_still_before_it_begins_as_it_comes(pauses: list[float]) -> None:
    stepfunctions._run_execution("e")
    assert pauses == [patches.FIRST_PAUSE]


def test_an_execution_begins_at_once_and_waits_where_it_is_told_to(pauses: list[float]) -> None:
    patches.begin_executions_at_once()
    stepfunctions._run_execution("e")
    stepfunctions.time.sleep(2.0)
    assert pauses == [2.0]
