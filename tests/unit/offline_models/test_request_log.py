from typing import Any

import pytest
from openai import BadRequestError, OpenAI

from infra.local.offline_models.request_log import KEPT, MAX_BODY, RequestLog
from infra.local.offline_models.server import RunningModels
from tests.unit.offline_models.pretend.stage import asked


def test_a_chat_is_logged_with_its_prompt_and_its_price(models: RunningModels, client: OpenAI, mark: str) -> None:
    answer = client.chat.completions.create(model="some-model", messages=asked(mark), seed=7)
    assert answer.usage is not None
    (record,) = models.requests(mark)
    assert record == {
        "endpoint": "chat",
        "provider": "openai",
        "model": "some-model",
        "inputs": 0,
        "body": {"model": "some-model", "messages": asked(mark), "seed": 7},
        "status": 200,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "chunks_sent": 0,
        "aborted": False,
        "dialect": "chat_completions",
    }


def test_a_request_by_responses_is_found_by_any_of_its_texts(models: RunningModels, client: OpenAI, mark: str) -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": f"out-{mark}"}
    told: Any = [{"role": "user", "content": [{"type": "input_text", "text": f"part-{mark}"}]}, call, output]
    answer = client.responses.create(model="m", instructions=f"rule-{mark}", input=told)
    assert answer.usage is not None
    for word in ("rule", "part", "out"):
        (record,) = models.requests(f"{word}-{mark}")
        assert (record["endpoint"], record["dialect"], record["status"]) == ("chat", "responses", 200)
        assert record["prompt_tokens"] == answer.usage.input_tokens


def test_embeddings_are_logged_with_the_number_of_their_inputs(
    models: RunningModels, client: OpenAI, mark: str
) -> None:
    client.embeddings.create(model="m", input=["squat", mark])
    (record,) = models.requests(mark)
    assert (record["endpoint"], record["inputs"], record["status"]) == ("embeddings", 2, 200)


def test_refused_requests_are_logged_too(models: RunningModels, client: OpenAI, mark: str) -> None:
    with pytest.raises(BadRequestError):
        client.embeddings.create(model="m", input=[mark, ""])
    assert [record["status"] for record in models.requests(mark)] == [400]


def test_the_log_keeps_the_last_requests_only() -> None:
    log = RequestLog()
    for number in range(KEPT + 5):
        log.open("embeddings", {"model": "m", "input": f"text {number} "}, 10)
    assert len(log.matching("")) == KEPT
    assert log.matching("text 504 ")
    assert not log.matching("text 4 ")


def test_a_huge_body_is_logged_without_its_content() -> None:
    log = RequestLog()
    record = log.open("embeddings", {"model": "m", "input": ["a", "b"]}, MAX_BODY + 1)
    assert (record.body, record.inputs) == (None, 2)


def test_bodies_of_any_shape_are_logged() -> None:
    log = RequestLog()
    for body in (
        {},
        {"input": 5},
        {"input": [5, {"output": {}}]},
        {"messages": 5},
        {"messages": ["x", {"content": 3}]},
        {"messages": None},
    ):
        assert log.open("chat", body, 10).texts == []
