# ruff: noqa: SLF001 - the emulator has no public places for these
"""What the emulator lacks or does otherwise than AWS, mended when it starts.

Each patch says what goes wrong without it, and tests/unit/aws_emulator/test_patches.py has a test for each
that fails once upstream has mended it: then the patch goes.
"""

import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import apigateway, lambda_svc, s3, ssm, stepfunctions
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, str]]

CORS = "access-control-"
PINNED_ID = "ms-custom-id"  # the emulator's own tag
# As long as the HTTP API waits for a function: whoever is queued longer has no client any more.
MAX_WAIT_SECONDS = 30.0
FIRST_PAUSE = 0.15  # seconds of an execution, a number that nothing else there waits for
# GetParameters: ParameterNameList and PSParameterName in botocore's model of SSM.
MOST_PARAMETERS, MOST_CHARACTERS = 10, 2048
# The line behind a traceback's indented ones: the class of the exception, with or without its module.
_RAISED = re.compile(r"^  .*\n(?:\w+\.)*(\w+)(?::|$)", re.MULTILINE)


def apply(*, queueing: bool = True) -> None:
    """Mend the imported emulator; call it once, before it serves."""
    provision_websocket_deployments()
    provision_websocket_route_responses()
    store_cors_as_the_data_plane_reads_it()
    leave_cors_to_the_api()
    keep_the_ids_of_apis()
    give_buckets_what_was_kept()
    provision_alarms_on_several_metrics()
    provision_composite_alarms()
    if queueing:
        queue_instead_of_throttling()
    name_the_exception_that_a_function_raised()
    refuse_what_the_parameter_store_refuses()
    begin_executions_at_once()


def provision_websocket_deployments() -> None:
    """Without the type, a template with any WebSocket route is refused."""

    def create(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
        response = apigateway._create_deployment(properties["ApiId"], {})
        deployment_id = json.loads(response[2])["deploymentId"]
        return deployment_id, {"DeploymentId": deployment_id}

    def delete(deployment_id: str, properties: Properties) -> None:
        apigateway._delete_deployment(properties["ApiId"], deployment_id)

    provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Deployment"] = {"create": create, "delete": delete}


def provision_websocket_route_responses() -> None:
    """Without the type, a template whose WebSocket functions answer over the socket is refused."""

    def route_id(properties: Properties) -> str:
        # The emulator's Ref of a route is "api/route", where AWS gives the route alone.
        return str(properties["RouteId"]).rpartition("/")[2]

    def create(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
        response = apigateway._create_route_response(properties["ApiId"], route_id(properties), {})
        return json.loads(response[2])["routeResponseId"], {}

    def delete(response_id: str, properties: Properties) -> None:
        apigateway._delete_route_response(properties["ApiId"], route_id(properties), response_id)

    provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::RouteResponse"] = {"create": create, "delete": delete}


def store_cors_as_the_data_plane_reads_it() -> None:
    """Without it, CORS is stored in the template's spelling, not the API's, and refuses every origin."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create: Callable[..., Provisioned] = handlers["create"]
    update: Callable[..., Provisioned] = handlers["update"]

    def respelled(properties: Properties) -> Properties:
        cors = properties.get("CorsConfiguration")
        return properties | {"CorsConfiguration": provisioners._pascal_to_camel(cors)} if cors else properties

    handlers["create"] = lambda name, properties, *rest: create(name, respelled(properties), *rest)
    handlers["update"] = lambda api_id, old, new, *rest: update(api_id, old, respelled(new), *rest)


def leave_cors_to_the_api() -> None:
    """Without it, CORS headers of a function come beside those of its API, and a browser takes neither."""
    invoke: Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]] = apigateway._invoke_lambda_proxy

    async def invoke_without_cors(integration: Properties, api_id: str, *rest: Any, **more: Any) -> Any:
        status, headers, body = await invoke(integration, api_id, *rest, **more)
        if (apigateway._apis.get(api_id) or {}).get("corsConfiguration"):
            headers = {name: value for name, value in headers.items() if not name.lower().startswith(CORS)}
        return status, headers, body

    apigateway._invoke_lambda_proxy = invoke_without_cors


def keep_the_ids_of_apis() -> None:
    """Without it, the addresses of a stack's APIs are others each time that it is deployed anew."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    create: Callable[..., Provisioned] = handlers["create"]

    def create_under_its_id(name: str, properties: Properties, stack: str) -> Provisioned:
        # As long as AWS's, which the emulator expects in host names.
        api_id = hashlib.sha256(f"{stack} {name}".encode()).hexdigest()[:8]
        return create(name, properties | {"Tags": {**(properties.get("Tags") or {}), PINNED_ID: api_id}}, stack)

    handlers["create"] = create_under_its_id


def give_buckets_what_was_kept() -> None:
    """Without it, a template is refused whose bucket has kept objects: the bucket is there already."""
    kept = {name: bucket["objects"] for (_, name), bucket in s3._buckets._data.items()}
    s3._buckets._data.clear()
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create: Callable[..., Provisioned] = handlers["create"]

    def create_with_objects(*arguments: Any) -> Provisioned:
        name, attributes = create(*arguments)
        s3._buckets[name]["objects"].update(kept.pop(name, {}))
        return name, attributes

    handlers["create"] = create_with_objects


def provision_alarms_on_several_metrics() -> None:
    """Without it, a template with an alarm on an expression or a query is refused.

    Here it is one on the first of its metrics, and on nothing where it has none.
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
    create: Callable[..., Provisioned] = handlers["create"]
    update: Callable[..., Any] = handlers["update"]

    def simplified(properties: Properties) -> Properties:
        if not (metrics := properties.get("Metrics")):
            return properties
        rest = {name: value for name, value in properties.items() if name != "Metrics"}
        queried = {"Metric": {"Namespace": "Hercules", "MetricName": "Queried"}, "Stat": "Average"} | metrics[0]
        first: Properties = next((each["MetricStat"] for each in metrics if "MetricStat" in each), queried)
        return {**rest, **first["Metric"]} | {"Period": first["Period"], "Statistic": first["Stat"]}

    handlers["create"] = lambda name, properties, *rest: create(name, simplified(properties), *rest)
    handlers["update"] = lambda alarm, old, new, *rest: update(alarm, simplified(old), simplified(new), *rest)


def provision_composite_alarms() -> None:
    """Without the type, a template with one is refused. Here none of them ever rings."""

    def create(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
        return str(properties["AlarmName"]), {}

    def delete(_alarm: str, _properties: Properties) -> None:
        """There is nothing."""

    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::CompositeAlarm"] = {"create": create, "delete": delete}


def queue_instead_of_throttling() -> None:
    """Without it, a burst above the laptop's few workers meets the 429 that AWS has for a thousand."""
    acquire: Callable[..., tuple[str | None, str | None]] = lambda_svc._acquire_execution_slot

    def acquire_in_time(function: Properties, configuration: Properties) -> tuple[str | None, str | None]:
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        slot, limit = acquire(function, configuration)
        while limit == "account" and time.monotonic() < deadline:
            time.sleep(0.01)
            slot, limit = acquire(function, configuration)
        return slot, limit

    lambda_svc._acquire_execution_slot = acquire_in_time


def name_the_exception_that_a_function_raised() -> None:
    """Without it, every exception is a Runtime.HandlerError, and no state machine can tell one from another."""
    execute: Callable[..., Properties] = lambda_svc._execute_function_warm

    def execute_and_name(*arguments: Any) -> Properties:
        result = execute(*arguments)
        raised = _RAISED.findall(result.get("log", "")) if result.get("error") else []
        if raised and result["body"].get("errorType") == "Runtime.HandlerError":
            result["body"]["errorType"] = raised[-1]
        return result

    lambda_svc._execute_function_warm = execute_and_name


def refuse_what_the_parameter_store_refuses() -> None:
    """Without it, a name that is empty or one too many is passed over, for which AWS answers none of the others."""
    get: Callable[[Properties], Any] = ssm._get_parameters

    def get_if_valid(data: Properties) -> Any:
        names = data.get("Names", [])
        if not 1 <= len(names) <= MOST_PARAMETERS or not all(1 <= len(name) <= MOST_CHARACTERS for name in names):
            return error_response_json("ValidationException", "1 validation error detected: names", 400)
        return get(data)

    ssm._get_parameters = get_if_valid


def begin_executions_at_once() -> None:
    """Without it, each execution stands still before its first state, and each room takes so much longer."""

    def sleep(seconds: float) -> None:
        if seconds != FIRST_PAUSE:
            time.sleep(seconds)

    stepfunctions.time = SimpleNamespace(**{**vars(time), "sleep": sleep})
