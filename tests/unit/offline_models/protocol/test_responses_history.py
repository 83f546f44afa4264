"""What a request to /v1/responses refers to: calls, thoughts, earlier answers."""

from typing import Any

import httpx
import pytest

from infra.local.offline_models.server import RunningModels
from tests.unit.offline_models.protocol.events import refused, whole

USER = {"role": "user", "content": "hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "1"}
THINKING: dict[str, Any] = {
    "reasoning": {"effort": "low"},
    "include": ["reasoning.encrypted_content"],
    "store": False,
}


def test_a_call_with_its_output_is_accepted(http: httpx.Client) -> None:
    assert whole(http, input=[USER, CALL, RESULT])["status"] == "completed"


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([USER, CALL], "No tool output found for function call c1."),
        ([USER, CALL, USER], "No tool output found for function call c1."),
        ([USER, CALL, {**CALL, "call_id": "c2"}, RESULT], "No tool output found for function call c2."),
        ([USER, RESULT], "No tool call found for function call output with call_id c1."),
        ([USER, RESULT, CALL], "No tool call found for function call output with call_id c1."),
    ],
)
def test_a_call_torn_from_its_output_is_refused(http: httpx.Client, items: list[Any], message: str) -> None:
    error = refused(http.post("/responses", json={"model": "m", "input": items}))
    assert (error["message"], error["param"], error["code"]) == (message, "input", None)


@pytest.fixture
def thought(models: RunningModels, http: httpx.Client, mark: str) -> list[dict[str, Any]]:
    """A thought with the call that it led to."""
    models.behave(mark, "script", tool_calls=[{"name": "f", "arguments": "{}", "id": "c1"}])
    return list(whole(http, input=mark, **THINKING)["output"])


def test_a_thought_goes_back_in_front_of_what_it_led_to(http: httpx.Client, thought: list[dict[str, Any]]) -> None:
    assert whole(http, input=[USER, *thought, RESULT], **THINKING)["status"] == "completed"
    bare = [{name: part for name, part in item.items() if name != "id"} for item in thought]
    assert whole(http, input=[USER, *bare, RESULT], **THINKING)["status"] == "completed"


def test_a_thought_leads_to_an_answer_too(http: httpx.Client) -> None:
    output = whole(http, input="hi", **THINKING)["output"]
    assert [item["type"] for item in output] == ["reasoning", "message"]
    assert whole(http, input=[USER, *output, USER], **THINKING)["status"] == "completed"


def test_a_thought_torn_from_what_it_led_to_is_refused(http: httpx.Client, thought: list[dict[str, Any]]) -> None:
    other = {**CALL, "call_id": "c2"}
    for items in ([thought[0]], [thought[0], USER], [thought[0], other, {**RESULT, "call_id": "c2"}]):
        error = refused(http.post("/responses", json={"model": "m", "input": [USER, *items], **THINKING}))
        assert "was provided without its required following item." in error["message"]
        assert (error["param"], error["code"]) == ("input", None)


def test_what_a_thought_led_to_goes_back_with_it_or_without_its_id(
    http: httpx.Client, thought: list[dict[str, Any]]
) -> None:
    call = thought[1]
    error = refused(http.post("/responses", json={"model": "m", "input": [USER, call, RESULT], **THINKING}))
    assert error["message"].startswith(f"Item '{call['id']}' of type 'function_call' was provided without its required")
    anonymous = {name: part for name, part in call.items() if name != "id"}
    assert whole(http, input=[USER, anonymous, RESULT], **THINKING)["status"] == "completed"


def test_a_changed_thought_is_refused(http: httpx.Client, thought: list[dict[str, Any]]) -> None:
    sealed = thought[0]["encrypted_content"]
    other = "B" if sealed[4] == "A" else "A"
    for changed in (sealed[:4] + other + sealed[5:], sealed[:-8] + "AAAAAAAA", "gAAAA", "é"):
        items = [USER, {**thought[0], "encrypted_content": changed}, thought[1], RESULT]
        error = refused(http.post("/responses", json={"model": "m", "input": items, **THINKING}))
        assert error["code"] == "invalid_encrypted_content"
    items = [USER, {**thought[0], "id": "rs_other"}, thought[1], RESULT]
    refused(http.post("/responses", json={"model": "m", "input": items, **THINKING}))


def test_nothing_is_found_that_was_not_stored(http: httpx.Client, thought: list[dict[str, Any]]) -> None:
    bare = {name: part for name, part in thought[0].items() if name != "encrypted_content"}
    for item in (bare, {"type": "item_reference", "id": "msg_1"}):
        items = [USER, item, thought[1], RESULT]
        error = refused(http.post("/responses", json={"model": "m", "input": items, **THINKING}), 404)
        assert "not found. Items are not persisted when `store` is set to false." in error["message"]


def test_an_answer_is_not_kept(http: httpx.Client) -> None:
    answered = whole(http, input="hi")["id"]
    error = refused(http.post("/responses", json={"model": "m", "input": "hi", "previous_response_id": answered}))
    assert (error["param"], error["code"]) == ("previous_response_id", "previous_response_not_found")
