# ruff: noqa: SLF001 - the emulator has no public places for these
"""Each limit of AWS, switched on in the emulator's modules for one test."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from ministack.services import apigateway, lambda_svc, stepfunctions

from infra.local.aws_emulator import limits

BODY = 6  # of the arguments of the gateway's call of a function: the place of the request's body


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a limit replaces comes back after the test."""
    for module, names in (
        (apigateway, ["_invoke_lambda_proxy"]),
        (stepfunctions, ["_SFN_WAIT_SCALE", "_execute_task"]),
        (
            lambda_svc,
            [
                "_invoke",
                "_throttle_response",
                "_execute_function_with_config_scope",
                "invoke_async_with_retry",
                "lambda_execute_result_to_api_proxy_response",
            ],
        ),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))


def gateway(body: bytes = b"") -> limits.Answer:
    """What the HTTP API answers to a request with this body."""
    answer: limits.Answer = asyncio.run(apigateway._invoke_lambda_proxy(*[None] * BODY, body))
    return answer


def test_what_there_is_no_room_for_is_refused_by_the_names_that_aws_has() -> None:
    limits.apply(["throttling"])
    refused = lambda_svc._throttle_response(reason_code="any", msg="any")

    assert refused["body"]["errorType"] == "Lambda.TooManyRequestsException"
    answer, _ = lambda_svc.lambda_execute_result_to_api_proxy_response(refused)
    assert (answer["statusCode"], json.loads(answer["body"])) == (503, {"message": "Service Unavailable"})


def test_a_function_that_raises_is_answered_in_the_gateways_words() -> None:
    limits.apply(["throttling"])
    answer, _ = lambda_svc.lambda_execute_result_to_api_proxy_response({"error": True, "body": {"errorType": "X"}})

    assert (answer["statusCode"], json.loads(answer["body"])) == (500, {"message": "Internal Server Error"})


def test_the_gateway_stops_waiting_and_the_function_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GATEWAY_SECONDS", 0.01)
    done: list[bool] = []

    async def slow(*_: Any) -> limits.Answer:
        await asyncio.sleep(0.1)
        done.append(True)
        return 200, {}, b""

    async def asked() -> limits.Answer:
        answer: limits.Answer = await apigateway._invoke_lambda_proxy()
        while not done:
            await asyncio.sleep(0.01)
        return answer

    monkeypatch.setattr(apigateway, "_invoke_lambda_proxy", slow)
    limits.apply(["cut-off"])

    status, _, body = asyncio.run(asked())
    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})


def test_what_would_be_too_large_an_event_for_a_function_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def taken(*_: Any) -> limits.Answer:
        return 200, {}, b""

    monkeypatch.setattr(apigateway, "_invoke_lambda_proxy", taken)
    limits.apply(["payloads"])

    assert gateway(b"x" * limits.REQUEST_BYTES)[0] == 200
    assert gateway(b"x" * (limits.REQUEST_BYTES + 1))[0] == 413
    assert gateway(b'"' * (limits.REQUEST_BYTES // 2 + 1))[0] == 413  # as text in JSON each has a backslash


def test_an_answer_of_more_than_six_megabytes_is_a_fault_of_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_svc, "_execute_function_with_config_scope", lambda _, event: {"body": event})
    limits.apply(["payloads"])
    execute = lambda_svc._execute_function_with_config_scope

    assert execute({}, "x" * 1000) == {"body": "x" * 1000}
    assert execute({}, "x" * limits.ANSWER_BYTES)["body"] == {"errorType": "Function.ResponseSizeTooLarge"}


def test_an_event_of_more_than_a_megabyte_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def taken(*_: Any) -> tuple[int, dict[str, str], bytes]:
        return 202, {}, b""

    def status(size: int, kind: str) -> int:
        answer = asyncio.run(lambda_svc._invoke("any", {"text": "x" * size}, {"X-Amz-Invocation-Type": kind}))
        return int(answer[0])

    monkeypatch.setattr(lambda_svc, "_invoke", taken)
    limits.apply(["payloads"])

    assert status(1000, "Event") == 202
    assert status(limits.EVENT_BYTES, "Event") == 413
    assert status(limits.EVENT_BYTES, "RequestResponse") == 202


def test_an_event_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    delivered: list[Any] = []
    monkeypatch.setattr(lambda_svc, "invoke_async_with_retry", lambda _, event: delivered.append(event))
    limits.apply(["repetition"])
    lambda_svc.invoke_async_with_retry(SimpleNamespace(), "an event")

    assert delivered == ["an event"] * 2


def test_step_functions_wait_as_long_as_they_are_told() -> None:
    limits.apply(["waits"])

    assert stepfunctions._SFN_WAIT_SCALE == 1.0


def test_a_step_that_is_given_or_gives_more_than_256_kilobytes_ends_its_workflow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stepfunctions, "_execute_task", lambda state, given, *_: (given * state["times"], "Next"))
    limits.apply(["states"])
    half = "x" * (limits.STATE_BYTES // 2)

    assert stepfunctions._execute_task({"times": 1}, half, {}, {}) == (half, "Next")
    for times, given in ((3, half), (1, half * 3)):
        with pytest.raises(stepfunctions._ExecutionError, match="DataLimitExceeded"):
            stepfunctions._execute_task({"times": times}, given, {}, {})
