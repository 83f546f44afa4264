"""A model call in the background can be waited for, and stopped while it hangs in a read."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from infra.local.offline_models.server import RunningModels
from shared.llm.call import ModelCall
from shared.llm.errors import ModelError
from shared.llm.providers import Model
from shared.llm.request import Request
from shared.llm.stream import BackgroundStream
from shared.platform.deadline import Deadline
from tests.support.waiting import eventually
from tests.unit.shared.llm.conftest import CHAT_MODEL


@dataclass
class Call:
    """What a stream needs of a call."""

    said: Iterator[str]
    checks: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def pieces(self) -> Iterator[str]:
        return self.said

    def check(self) -> None:
        self.checks += 1

    def leave(self) -> None:
        self.stopped.set()


def consume(call: Call, patience: float = 5) -> None:
    with stream_of(call) as stream:
        while stream.wait(patience):
            pass


def stream_of(call: Call) -> BackgroundStream:
    return BackgroundStream(call)  # type: ignore[arg-type]


def test_waiting_ends_when_the_answer_is_whole() -> None:
    call = Call(iter(["Rest ", "well."]))
    consume(call)
    assert not call.stopped.is_set()


def test_what_the_call_raises_reaches_whoever_waits() -> None:
    def pieces() -> Iterator[str]:
        yield "Rest "
        raise ModelError(code="model_interrupted")

    with pytest.raises(ModelError) as failed:
        consume(Call(pieces()))
    assert failed.value.reason == "model_interrupted"


def test_a_call_that_fails_while_the_clock_is_looked_at_does_not_pass_for_a_whole_answer() -> None:
    silence, readers = threading.Event(), queue.Queue[threading.Thread]()

    def pieces() -> Iterator[str]:
        readers.put(threading.current_thread())
        silence.wait(30)
        yield "Rest "
        raise ModelError(code="model_timeout")

    class LateCall(Call):
        def check(self) -> None:
            silence.set()
            readers.get(timeout=30).join()

    with pytest.raises(ModelError):
        consume(LateCall(pieces()), patience=0.01)


def test_waiting_for_a_silent_call_ends_when_patience_does_and_looks_at_the_clock() -> None:
    silence = threading.Event()

    def pieces() -> Iterator[str]:
        silence.wait(30)
        yield "at last"

    call = Call(pieces())
    with stream_of(call) as stream:
        assert stream.wait(0.01)
        assert call.checks == 1
        silence.set()


def test_leaving_early_stops_the_call() -> None:
    silence = threading.Event()

    def pieces() -> Iterator[str]:
        yield "Rest "
        silence.wait(30)

    call = Call(pieces())
    with stream_of(call) as stream:
        assert stream.wait(5)
    assert call.stopped.is_set()
    silence.set()


@pytest.mark.parametrize("dialect", ["responses", "chat_completions"])
def test_leaving_ends_a_call_that_hangs_in_a_read(
    models: RunningModels, environment: pytest.MonkeyPatch, mark: str, dialect: str
) -> None:
    environment.setenv("OPENAI_DIALECT", dialect)
    models.behave(mark, "script", content="Rest. " * 100, times=None)
    # Longer between two pieces than the test waits for the end.
    behaviour = models.behave(mark, "pace", seconds=0.4, times=None)
    request = Request([{"role": "user", "content": mark}], 500, UUID(int=1))
    call = ModelCall([Model("OpenAI", CHAT_MODEL)], request, Deadline.after(120))
    with BackgroundStream(call) as stream:
        while not call.answer.text:
            assert stream.wait(5)
    models.forget(behaviour)
    eventually(lambda: [item for item in models.requests(mark) if item["aborted"]], within=30)
