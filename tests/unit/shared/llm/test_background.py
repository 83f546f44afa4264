"""A model call in the background can be waited for, and stopped while it hangs in a read."""

import threading
import time
from collections.abc import Iterator

import pytest

from infra.local.offline_models.server import RunningModels
from shared.llm.background import BackgroundStream
from shared.llm.chat import Answer, stream_answer
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from shared.prompts.coach import ANSWER_SCHEMA
from tests.unit.shared.llm.conftest import CHAT_MODEL


def consume(pieces: Iterator[str]) -> None:
    with BackgroundStream(Answer(CHAT_MODEL), pieces) as stream:
        while stream.wait(5):
            pass


def test_waiting_ends_when_the_answer_is_whole() -> None:
    answer = Answer(CHAT_MODEL)

    def pieces() -> Iterator[str]:
        for word in ("Rest ", "well."):
            answer.text += word
            yield word

    consume(pieces())
    assert answer.text == "Rest well."


def test_what_the_call_raises_reaches_whoever_waits() -> None:
    def pieces() -> Iterator[str]:
        yield "Rest "
        raise ModelError(code="model_interrupted")

    with pytest.raises(ModelError) as failed:
        consume(pieces())
    assert failed.value.reason == "model_interrupted"


def test_waiting_for_a_silent_call_ends_when_patience_does() -> None:
    silence = threading.Event()

    def pieces() -> Iterator[str]:
        silence.wait(30)
        yield "at last"

    with BackgroundStream(Answer(CHAT_MODEL), pieces()) as stream:
        assert stream.wait(0.01)
        silence.set()


def test_leaving_ends_a_call_that_hangs_in_a_read(models: RunningModels, mark: str) -> None:
    models.behave(mark, "script", content="Rest. " * 100, times=None)
    behaviour = models.behave(mark, "pace", seconds=5, times=None)
    answer = Answer(CHAT_MODEL)
    pieces = stream_answer(
        answer,
        [{"role": "user", "content": mark}],
        schema=ANSWER_SCHEMA,
        max_tokens=500,
        deadline=Deadline.after(60),
        keep=0,
        user_id="8f14e45f-ceea-467f-a0e6-1d3a5e0f4c11",  # type: ignore[arg-type]
    )
    with BackgroundStream(answer, pieces) as stream:
        while not answer.text:
            assert stream.wait(5)
    models.forget(behaviour)
    deadline = time.monotonic() + 4  # sooner than the next piece of text would have come
    while not (aborted := [item for item in models.requests(mark) if item["aborted"]]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert aborted
