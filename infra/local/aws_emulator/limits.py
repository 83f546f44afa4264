# ruff: noqa: SLF001 - the emulator has no public places for these
"""What AWS refuses, cuts off or does twice, and the laptop spares its user; `--limits NAME,NAME` switches it on."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import apigateway, lambda_svc

Answer = tuple[int, dict[str, str], bytes]
Result = dict[str, Any]

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
GATEWAY_SECONDS = 30.0
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; a body stands in the event as a JSON string:
# https://zaccharles.medium.com/deep-dive-lambdas-request-payload-size-limit-2-2-6350c1ae5577
REQUEST_BYTES = 6 * 1024 * 1024
ANSWER_BYTES = 6 * 1024 * 1024
EVENT_BYTES = 1024 * 1024
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
STATE_BYTES = 256 * 1024
UNAVAILABLE = {"statusCode": 503, "body": json.dumps({"message": "Service Unavailable"})}
FAULT = {"statusCode": 500, "body": json.dumps({"message": "Internal Server Error"})}


def throttle() -> None:
    """More functions at once than the account may run are refused: an HTTP client gets 503, a workflow its error."""
    refuse: Callable[..., Result] = lambda_svc._throttle_response
    answer: Callable[..., tuple[Result | None, str | None]] = lambda_svc.lambda_execute_result_to_api_proxy_response

    def refuse_by_name(*arguments: Any, **named: Any) -> Result:
        result = refuse(*arguments, **named)
        result["body"]["errorType"] = "Lambda.TooManyRequestsException"
        return result

    def answer_as_the_gateway(result: Result) -> tuple[Result | None, str | None]:
        if result.get("throttle"):
            return UNAVAILABLE, None
        return (FAULT, None) if result.get("error") else answer(result)

    lambda_svc._throttle_response = refuse_by_name
    lambda_svc.lambda_execute_result_to_api_proxy_response = answer_as_the_gateway


def cut_off() -> None:
    """The HTTP API waits for a function for 30 s; the function goes on."""
    invoke: Callable[..., Awaitable[Answer]] = apigateway._invoke_lambda_proxy

    async def invoke_in_time(*arguments: Any, **named: Any) -> Answer:
        running = asyncio.ensure_future(invoke(*arguments, **named))
        try:
            return await asyncio.wait_for(asyncio.shield(running), GATEWAY_SECONDS)
        except TimeoutError:
            return _gateway_answer(503, "Service Unavailable")

    apigateway._invoke_lambda_proxy = invoke_in_time


def bound_payloads() -> None:
    """A request that becomes more than 6 MB in an event (the gateway itself takes 10), an answer of more than 6, and
    an asynchronous event of more than 1 are refused."""
    proxy: Callable[..., Awaitable[Answer]] = apigateway._invoke_lambda_proxy
    invoke: Callable[..., Awaitable[Any]] = lambda_svc._invoke
    execute: Callable[..., Result] = lambda_svc._execute_function_with_config_scope

    async def proxy_bounded(*arguments: Any, **named: Any) -> Answer:
        body = arguments[6] or b""
        is_too_large = _in_event(body) > REQUEST_BYTES
        return _gateway_answer(413, "Request Entity Too Large") if is_too_large else await proxy(*arguments, **named)

    async def invoke_bounded(name: str, event: Result, headers: dict[str, str], *rest: Any) -> Any:
        kind = {key.lower(): value for key, value in headers.items()}.get("x-amz-invocation-type")
        if kind == "Event" and len(json.dumps(event)) > EVENT_BYTES:
            return error_response_json("RequestTooLargeException", "The event is too large", 413)
        return await invoke(name, event, headers, *rest)

    def execute_bounded(function: Result, event: Result) -> Result:
        result = execute(function, event)
        if len(json.dumps(result.get("body"))) <= ANSWER_BYTES:
            return result
        return {"error": True, "body": {"errorType": "Function.ResponseSizeTooLarge"}, "log": ""}

    apigateway._invoke_lambda_proxy = proxy_bounded
    lambda_svc._invoke = invoke_bounded
    lambda_svc._execute_function_with_config_scope = execute_bounded


def deliver_twice() -> None:
    """Events come at least once: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html."""
    deliver: Callable[..., None] = lambda_svc.invoke_async_with_retry

    def deliver_again(*arguments: Any, **named: Any) -> None:
        deliver(*arguments, **named)
        deliver(*arguments, **named)

    lambda_svc.invoke_async_with_retry = deliver_again


def wait() -> None:
    """Step Functions wait between two attempts as long as they are told to."""
    from ministack.services import stepfunctions

    stepfunctions._SFN_WAIT_SCALE = 1.0


def bound_states() -> None:
    """What goes into a step of a workflow, or comes of it, and is larger ends the workflow, whatever it would catch."""
    from ministack.services import stepfunctions

    execute: Callable[..., tuple[Any, Any]] = stepfunctions._execute_task

    def execute_bounded(state: Result, given: Any, *rest: Any) -> tuple[Any, Any]:
        _bound(given)
        output, following = execute(state, given, *rest)
        _bound(output)
        return output, following

    def _bound(value: Any) -> None:
        if len(json.dumps(value).encode()) > STATE_BYTES:
            raise stepfunctions._ExecutionError("States.DataLimitExceeded", "The state is too large")

    stepfunctions._execute_task = execute_bounded


LIMITS: dict[str, Callable[[], None]] = {
    "throttling": throttle,
    "cut-off": cut_off,
    "payloads": bound_payloads,
    "repetition": deliver_twice,
    "waits": wait,
    "states": bound_states,
}


def apply(names: Iterable[str]) -> None:
    """Switch these on in the imported emulator, before it serves."""
    for name in names:
        LIMITS[name]()


def _in_event(body: bytes) -> int:
    """How many bytes a text becomes as a JSON string."""
    return len(body) + sum(map(body.count, (b'"', b"\\", b"\n", b"\r", b"\t")))


def _gateway_answer(status: int, message: str) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode()
