"""The switches, each seen through OpenAI's client."""

import json
import time
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam

from infra.local.offline_models.server import RunningModels
from tests.support.waiting import eventually

MODEL = "hercules-extractive-1"


def messages(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def chat(client: OpenAI, text: str) -> ChatCompletion:
    return client.chat.completions.create(model=MODEL, messages=messages(text))


def streamed(client: OpenAI, text: str) -> list[str]:
    with client.chat.completions.create(model=MODEL, messages=messages(text), stream=True) as chunks:
        return [chunk.choices[0].delta.content or "" for chunk in chunks]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_a_status_is_answered_once_to_the_requests_it_was_made_for(
    models: RunningModels, client: OpenAI, mark: str, status: int, error: type[openai.APIStatusError]
) -> None:
    models.behave(mark, "status", status=status, retry_after=7)
    assert chat(client, "something else").choices
    with pytest.raises(error) as refused:
        chat(client, f"please {mark} now")
    assert refused.value.status_code == status
    assert refused.value.response.headers["retry-after"] == "7"
    assert chat(client, mark).choices


def test_behaviours_of_one_kind_come_one_after_the_other(models: RunningModels, client: OpenAI, mark: str) -> None:
    for status in (429, 503):
        models.behave(mark, "status", status=status)
    for status in (429, 503):
        with pytest.raises(openai.APIStatusError) as refused:
            chat(client, mark)
        assert refused.value.status_code == status


def test_the_client_survives_one_rate_limit_by_trying_again(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "status", status=429, retry_after=0.01)
    assert chat(client.with_options(max_retries=1), mark).choices
    assert [record["status"] for record in models.requests(mark)] == [429, 200]


def test_a_status_may_say_everything_that_a_provider_says(models: RunningModels, client: OpenAI, mark: str) -> None:
    error = {"status": 429, "message": "No credit.", "type": "insufficient_quota", "code": "insufficient_quota"}
    models.behave(mark, "status", **error, param="model", headers={"retry-after-ms": "50", "x-request-id": "req_1"})
    with pytest.raises(openai.RateLimitError) as refused:
        chat(client, mark)
    said = refused.value
    assert (said.code, said.type, said.param, said.request_id) == (*[error["code"]] * 2, "model", "req_1")
    assert said.response.headers["retry-after-ms"] == "50"


def test_every_answer_can_be_found_again(http: httpx.Client, models: RunningModels) -> None:
    answers = [http.get("/models"), http.get("/nothing"), http.post("/chat/completions", json={})]
    assert all(answer.headers["x-request-id"].startswith("req_") for answer in answers)


def test_embeddings_fail_by_their_own_switch(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "status", endpoint="embeddings", status=500)
    assert chat(client, mark).choices
    with pytest.raises(openai.InternalServerError):
        client.embeddings.create(model="m", input=["other", mark])


def test_a_behaviour_without_times_lasts_until_it_is_removed(models: RunningModels, client: OpenAI, mark: str) -> None:
    behaviour = models.behave(mark, "status", status=500, times=None)
    for _ in range(3):
        with pytest.raises(openai.InternalServerError):
            chat(client, mark)
    models.forget(behaviour)
    assert chat(client, mark).choices


def test_a_delay_holds_the_whole_answer_back(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "delay", seconds=0.2)
    start = time.monotonic()
    chat(client, mark)
    assert time.monotonic() - start >= 0.2


def test_a_client_that_gives_up_waiting_is_recorded(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "hang")
    with pytest.raises(openai.APITimeoutError):
        chat(client.with_options(timeout=0.1), mark)
    eventually(lambda: models.requests(mark)[0]["aborted"])
    assert models.requests(mark)[0]["status"] is None


def test_a_pace_spreads_the_chunks_of_a_stream(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "pace", seconds=0.02, first_delay=0.1)
    start = time.monotonic()
    chunks = streamed(client, mark)
    assert time.monotonic() - start >= 0.1 + 0.02 * (len(chunks) - 1)


def test_a_client_that_leaves_in_the_middle_is_recorded(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "pace", seconds=0.05)
    with client.chat.completions.create(model=MODEL, messages=messages(mark), stream=True) as chunks:
        next(chunks)
        next(chunks)
    eventually(lambda: models.requests(mark)[0]["aborted"])
    record = models.requests(mark)[0]
    assert 2 <= record["chunks_sent"] < len(streamed(client, mark))
    assert not models.requests(mark)[1]["aborted"]


def test_a_cut_stream_breaks_after_its_chunks(models: RunningModels, client: OpenAI, mark: str) -> None:
    whole = streamed(client, mark)
    models.behave(mark, "cut", after=3)
    received: list[str] = []
    with (
        client.chat.completions.create(model=MODEL, messages=messages(mark), stream=True) as chunks,
        pytest.raises(openai.APIConnectionError) as broken,
    ):
        received.extend(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert "incomplete chunked read" in str(broken.value.__cause__)
    assert models.requests(mark)[1]["chunks_sent"] == 3
    assert not models.requests(mark)[1]["aborted"]
    assert streamed(client, mark) == whole


def test_a_cut_answer_breaks_in_its_body(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "cut")
    with pytest.raises(openai.APIConnectionError):
        chat(client, mark)


def test_a_malformed_answer_is_no_json(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "malformed", times=2)
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages(mark))
    with pytest.raises(json.JSONDecodeError):
        json.loads(raw.text)
    with pytest.raises(json.JSONDecodeError):
        streamed(client, mark)


def test_a_script_answers_step_by_step_and_then_the_model_is_itself_again(
    models: RunningModels, client: OpenAI, mark: str
) -> None:
    call = {"name": "log_workout", "arguments": {"reps": 5}}
    usage = {"prompt_tokens": 1000, "completion_tokens": 500}
    models.behave(mark, "script", steps=[{"tool_calls": [call]}, {"content": "Done.", "usage": usage}])
    first, second, third = (chat(client, mark) for _ in range(3))
    (called,) = first.choices[0].message.tool_calls or []
    assert called.type == "function"
    assert json.loads(called.function.arguments) == {"reps": 5}
    assert first.choices[0].finish_reason == "tool_calls"
    assert second.choices[0].message.content == "Done."
    assert second.usage is not None
    assert second.usage.total_tokens == 1500
    assert "knowledge base" in str(third.choices[0].message.content)


def test_a_script_is_given_verbatim_however_broken(models: RunningModels, client: OpenAI, mark: str) -> None:
    broken = {"name": "f", "arguments": '{"reps": '}
    models.behave(mark, "script", tool_calls=[broken], finish_reason="length", times=2)
    choice = chat(client, mark).choices[0]
    (called,) = choice.message.tool_calls or []
    assert called.type == "function"
    assert (called.function.arguments, choice.finish_reason) == ('{"reps": ', "length")
    with client.chat.completions.create(model=MODEL, messages=messages(mark), stream=True) as chunks:
        deltas = [chunk.choices[0].delta for chunk in chunks]
    calls = [call.function for delta in deltas for call in delta.tool_calls or [] if call.function]
    assert "".join(call.arguments or "" for call in calls) == '{"reps": '


def test_a_script_can_refuse(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "script", refusal="No.", finish_reason="content_filter")
    message = chat(client, mark).choices[0].message
    assert (message.content, message.refusal) == (None, "No.")


def test_a_failure_breaks_a_stream_off_with_an_error(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "script", content="Three", error={"code": "server_error", "message": "Lost."}, times=2)
    with pytest.raises(openai.InternalServerError, match="Lost"):
        chat(client, mark)
    with pytest.raises(openai.APIError, match="Lost"):
        streamed(client, mark)


@pytest.mark.parametrize(
    ("fields", "content_type"),
    [
        ({"body": '{"choices": null'}, "application/json"),
        ({"body": ['data: {"delta": "\\ud83d"}\n', "\n"]}, "text/event-stream; charset=utf-8"),
        ({"body": "<html>", "content_type": "text/html", "status": 502}, "text/html"),
    ],
)
@pytest.mark.parametrize("path", ["/chat/completions", "/responses"])
def test_what_is_given_is_sent_as_it_is(
    models: RunningModels, http: httpx.Client, mark: str, path: str, fields: dict[str, Any], content_type: str
) -> None:
    models.behave(mark, "raw", **fields)
    answer = http.post(path, json={"model": MODEL, "input": mark, "messages": messages(mark)})
    assert answer.text == "".join(fields["body"])
    assert (answer.status_code, answer.headers["content-type"]) == (fields.get("status", 200), content_type)


def test_behaviours_of_different_kinds_work_together(models: RunningModels, client: OpenAI, mark: str) -> None:
    models.behave(mark, "script", content="one two three four five six seven eight nine ten")
    models.behave(mark, "status", status=503)
    models.behave(mark, "cut", after=2)
    with pytest.raises(openai.InternalServerError):
        chat(client, mark)
    with pytest.raises(openai.APIConnectionError):
        streamed(client, mark)
    assert "knowledge base" in "".join(streamed(client, mark))


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "delay", "seconds": 1},
        {"match": "", "kind": "hang"},
        {"match": "x", "kind": "explode"},
        {"match": "x", "kind": "status", "status": 200},
        {"match": "x", "kind": "script"},
        {"match": "x", "kind": "raw"},
        {"match": "x", "kind": "hang", "tiems": 2},
        {"match": "x", "kind": "pace", "endpoint": "embeddings"},
    ],
)
def test_a_faulty_behaviour_is_refused(models: RunningModels, fields: dict[str, Any]) -> None:
    answer = httpx.post(f"{models.control_url}/local/behaviours", json=fields, trust_env=False)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_a_spent_behaviour_is_not_there_to_be_removed(models: RunningModels, client: OpenAI, mark: str) -> None:
    behaviour = models.behave(mark, "delay", seconds=0)
    chat(client, mark)
    answer = httpx.delete(f"{models.control_url}/local/behaviours/{behaviour}", trust_env=False)
    assert answer.status_code == 404
