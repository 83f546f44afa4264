"""What servers of Responses send beside their documentation: nothing that was said is lost, and nothing is made up."""

from typing import Any
from uuid import UUID

import pytest

from shared.llm.answer import Answer
from shared.llm.dialects import responses
from shared.llm.errors import ModelError
from shared.llm.providers import Model
from shared.llm.request import Request

MODEL = Model("OpenAI", "gpt-6-luna")


@pytest.fixture
def answer() -> Answer:
    return Answer(MODEL, Request([], 400, UUID(int=1)))


def read(answer: Answer, *events: Any) -> Answer:
    reader = responses.Reader(answer)
    for event in events:
        reader.take(event)
    return answer


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def said(piece: str, place: int = 0) -> dict[str, Any]:
    return event("output_text.delta", output_index=place, delta=piece)


def whole(text: str) -> dict[str, Any]:
    return event("output_text.done", output_index=0, text=text)


def added(item: Any) -> dict[str, Any]:
    return event("output_item.added", output_index=0, item=item)


def done(item: Any, place: int = 0) -> dict[str, Any]:
    return event("output_item.done", output_index=place, item=item)


def arguments(piece: str) -> dict[str, Any]:
    return event("function_call_arguments.delta", output_index=0, delta=piece)


def completed(**fields: Any) -> dict[str, Any]:
    return event("completed", response={"status": "completed", **fields})


def called(answer: Answer) -> list[tuple[str, str, str]]:
    return [(call.id, call.name, call.arguments) for call in answer.calls]


ONE = '{"n":1}'
CALL = {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "f", "arguments": ""}


@pytest.mark.parametrize(
    "events",
    [
        [
            said("Re"),
            said("st."),
        ],
        [event("output_text.delta", item_id="m", delta="Re"), event("output_text.delta", item_id="m", delta="st.")],
        [whole("Rest.")],
        [done({"type": "message", "content": "Rest."})],
        [event("output_item.done", item={"type": "message", "content": [{"type": "output_text", "text": "Rest."}]})],
        # Deltas of which some were lost, and the whole behind them.
        [
            said("Re"),
            whole("Rest."),
        ],
        # A comment on the way, then the answer; an empty message behind it.
        [
            said("Hm"),
            said("Rest.", 1),
        ],
        [
            said("Rest."),
            said("", 1),
        ],
        [None, 7, "x", [], {}, {"type": 5}, event("ping"), said("Rest.")],
    ],
)
def test_the_text_is_what_the_last_message_says(answer: Answer, events: list[Any]) -> None:
    assert read(answer, *events, completed()).text == "Rest."
    assert answer.finish == "stop"


def test_an_answer_that_comes_only_with_the_end_is_taken(answer: Answer) -> None:
    output = [{"type": "message", "content": [{"type": "output_text", "text": "Rest."}]}, CALL | {"arguments": "{}"}]
    assert read(answer, completed(output=output)).text == "Rest."
    assert called(answer) == [("a", "f", "{}")]


@pytest.mark.parametrize(
    "events",
    [
        [
            added(CALL),
            done(CALL | {"arguments": '{"n":1}'}),
        ],
        [
            arguments('{"n":1}'),
            done(CALL),
        ],
        [
            added(CALL),
            event("function_call_arguments.done", output_index=0, arguments=ONE),
        ],
        [
            event("output_item.added", item=CALL),
            event("function_call_arguments.delta", item_id="fc_1", delta=ONE),
        ],
        [done(CALL | {"arguments": {"n": 1}})],
    ],
)
def test_a_call_is_put_together_whatever_of_it_comes(answer: Answer, events: list[Any]) -> None:
    read(answer, *events, completed())
    assert [(i, name, arguments.replace(" ", "")) for i, name, arguments in called(answer)] == [("a", "f", '{"n":1}')]


def test_what_follows_the_end_is_not_heard(answer: Answer) -> None:
    read(answer, said("Rest."), completed())
    read_on = responses.Reader(answer)
    read_on.ended = True
    read_on.take(said("junk", 1))
    assert answer.text == "Rest."


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "x",
        5,
        {"input_tokens": "x", "output_tokens": None},
        {"output_tokens": -5},
        {"input_tokens": 0, "output_tokens": 0},
    ],
)
def test_usage_that_is_none_is_estimated(answer: Answer, usage: Any) -> None:
    assert read(answer, completed(usage=usage)).usage.estimated


@pytest.mark.parametrize("tokens", [3_000_000_000, float("inf"), "1e99"])
def test_usage_beyond_all_bounds_is_no_usage_of_that_size(answer: Answer, tokens: Any) -> None:
    read(answer, completed(usage={"input_tokens": 5, "output_tokens": tokens, "input_tokens_details": [1]}))
    assert answer.usage.tokens <= 10_000_005


@pytest.mark.parametrize(
    ("reason", "finish"), [("max_output_tokens", "length"), ("content_filter", "content_filter"), (5, "length")]
)
def test_an_incomplete_answer_says_why(answer: Answer, reason: Any, finish: str) -> None:
    read(answer, event("incomplete", response={"incomplete_details": {"reason": reason}}))
    assert answer.finish == finish


@pytest.mark.parametrize(
    "failed",
    [
        event("failed", response={"error": {"code": "server_error", "message": "x"}}),
        {"type": "error", "code": "server_error", "message": "x"},
        {"error": {"message": "overloaded"}},
    ],
)
def test_a_failure_in_the_stream_is_a_failure(answer: Answer, failed: Any) -> None:
    with pytest.raises(ModelError) as raised:
        read(answer, said("Half"), failed)
    assert raised.value.reason == "model_unavailable"


def test_arguments_that_run_away_are_left_at_a_bound(answer: Answer) -> None:
    pieces = [event("function_call_arguments.delta", output_index=0, delta="x" * 1000) for _ in range(20)]
    assert read(answer, added(CALL), *pieces).ran_away


@pytest.mark.usefixtures("environment")
def test_every_thought_goes_back_before_what_came_of_it() -> None:
    thoughts = [{"type": "reasoning", "id": f"rs_{n}", "summary": [], "encrypted_content": "e"} for n in range(3)]
    answer = Answer(MODEL, Request([], 400, UUID(int=1)))
    items = [
        thoughts[0],
        thoughts[1],
        CALL | {"arguments": "{}"},
        thoughts[2],
        CALL | {"call_id": "b", "arguments": "{}"},
    ]
    done = [event("output_item.done", output_index=n, item=item) for n, item in enumerate(items)]
    read(answer, *done, completed())
    sent = responses.body(MODEL, Request([answer.message], 400, UUID(int=1)))["input"]
    assert [item.get("id") or item["call_id"] for item in sent] == ["rs_0", "rs_1", "a", "rs_2", "b"]
    other = responses.body(Model("OpenAI", "gpt-6-sol"), Request([answer.message], 400, UUID(int=1)))["input"]
    assert [item["type"] for item in other] == ["function_call", "function_call"]
