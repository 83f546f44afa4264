# ruff: noqa: SLF001 - the emulator has no public places for these
"""What the emulator lacks or does otherwise than AWS, mended when it starts.

Each patch says what goes wrong without it, and tests/unit/aws_emulator/test_patches.py has a test for each
that fails once upstream has mended it: then the patch goes.
"""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from ministack.services import apigateway, lambda_svc
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, str]]

# As long as the HTTP API waits for a function: whoever is queued longer has no client any more.
MAX_WAIT_SECONDS = 30.0
# The line behind a traceback's indented ones: the class of the exception, with or without its module.
_RAISED = re.compile(r"^  .*\n(?:\w+\.)*(\w+)(?::|$)", re.MULTILINE)


def apply() -> None:
    """Mend the imported emulator; call it once, before it serves."""
    provision_websocket_deployments()
    provision_websocket_route_responses()
    store_cors_as_the_data_plane_reads_it()
    queue_instead_of_throttling()
    name_the_exception_that_a_function_raised()


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
