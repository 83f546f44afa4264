"""The one way to ask a model: a request, put to one model after the other until one answers."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from shared.llm.answer import Answer
from shared.llm.background import BackgroundStream, shut_down
from shared.llm.client import timeout
from shared.llm.dialects import chat_completions, responses
from shared.llm.errors import (
    ContentRefusedError,
    ContextTooLongError,
    ModelError,
    ModelMisconfiguredError,
    Refusal,
    translate,
)
from shared.llm.prices import FREE, Cost
from shared.llm.providers import Model, client_of
from shared.llm.request import Message, Request
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.observability import count, logger

LEAST = 1.0  # seconds below which nobody is asked
LONGEST_WAIT = 2.0  # seconds before the same model is asked again; who asks for more is answered for with Retry-After
FIRST_WAIT = 0.5  # seconds, where nothing is said
PATIENCE = 0.1  # seconds without news, after which the clock is looked at again
SHARE = 0.5  # of the time, for a first sign of life from a model that another one stands in for
MOST_BODY = 8 * 1024 * 1024  # bytes of an answer that does not stream

DIALECTS: dict[str, ModuleType] = {"responses": responses, "chat_completions": chat_completions}


@dataclass
class ModelCall:
    """`models` in the order in which they are asked; one that stands there twice is asked twice. `keep` are the seconds
    that must be left when the answer has come.

    Nobody else is asked once something was `shown` to the user. What broke off after it was paid for is in `lost`.
    """

    models: Sequence[Model]
    request: Request
    deadline: Deadline
    keep: float = 0.0
    shown: bool = False
    answer: Answer = field(init=False)
    lost: list[Answer] = field(default_factory=list)
    _stream: Any = field(default=None, repr=False)  # openai's, while one is read
    _reader: Any = field(default=None, repr=False)
    _alive_at: float = field(default=0.0, repr=False)
    _stalled: bool = field(default=False, repr=False)
    _opened: bool = field(default=False, repr=False)  # the provider has taken the request, so it is paid

    def __post_init__(self) -> None:
        self.answer = Answer(self.models[0], self.request)

    def pieces(self) -> Iterator[str]:
        """The answer's text as it comes, and empty pieces for other signs of life; `answer` is whole behind the last.

        A stream that ends without the model's own end is an error: half an answer must not pass for a whole one.
        Raises ModelError of the last model that was asked.
        """
        fault = ModelError(code="model_timeout")
        hopeless: set[Model] = set()
        for number, model in enumerate(self.models):
            if model in hopeless or not self._waited(fault, number):
                continue
            self.answer = Answer(model, self.request)
            try:
                yield from self._asked(model, is_last=number == len(self.models) - 1)
                return
            except ContentRefusedError:
                self.answer.finish = "content_filter"
                return
            except ModelError as error:
                fault = error
                self._broke_off(error)
                if self.shown or isinstance(error, ContextTooLongError):
                    raise
                if error.is_repeated:
                    hopeless.add(model)
        raise fault

    def whole(self) -> Answer:
        """The answer, once it is whole. Raises what `pieces` does."""
        with BackgroundStream(self) as stream:
            while stream.wait(PATIENCE):
                pass
        return self.answer

    def paid(self) -> list[Answer]:
        """All that was paid for, also of a call that is left before its end."""
        if self._opened and not self.answer.finish:
            self.answer.settle()
        return [*self.lost, self.answer] if self._opened else list(self.lost)

    @property
    def lost_tokens(self) -> int:
        return sum(answer.usage.tokens for answer in self.lost)

    @property
    def lost_cost(self) -> Cost:
        return sum((answer.cost for answer in self.lost), FREE)

    def check(self) -> None:
        """End a stream that has stalled, or whose time is up: whoever reads it is told. From another thread."""
        if self._stream is None or self._stalled:
            return
        patience = settings.load(settings.ModelSettings).stall_seconds
        late = not self._reader.silent and time.monotonic() - self._alive_at > patience
        if late or self.deadline.remaining(self.keep) <= 0:
            self._stalled = True
            self.stop()

    def stop(self) -> None:
        """End the connection that another thread is reading from."""
        if self._stream is not None:
            shut_down(self._stream.response)

    def _waited(self, fault: ModelError, number: int) -> bool:
        """Whether the next model can be asked: another at once, the same one after a moment."""
        if number == 0 or self.models[number] != self.models[number - 1]:
            return True
        wait = FIRST_WAIT if fault.stated is None else fault.stated
        if wait > LONGEST_WAIT or self.deadline.remaining(self.keep) < wait + LEAST:
            return False
        time.sleep(wait)
        return True

    def _asked(self, model: Model, *, is_last: bool) -> Iterator[str]:
        import httpx2
        import openai

        seconds = self.deadline.remaining(self.keep)
        if seconds < LEAST:
            raise ModelError(code="model_timeout")
        dialect = DIALECTS[model.dialect]
        first = min(settings.load(settings.ModelSettings).first_token_seconds, seconds * (1.0 if is_last else SHARE))
        self._stalled, self._opened, self._reader = False, False, dialect.Reader(self.answer)
        try:
            stream = _opened(model, dialect.PATH, dialect.body(model, self.request), first)
            with stream:
                self._alive_at, self._opened, self._stream = time.monotonic(), True, stream
                yield from self._read(stream)
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, OSError) as error:  # ValueError: what is no JSON
            raise self._fault(error, model) from None
        finally:
            self._stream = None
        if not self.answer.finish:
            raise ModelError(code="model_timeout" if self._stalled else "model_interrupted")
        self.answer.end()
        self.answer.settle(model.most_tokens(self.request))

    def _read(self, stream: Any) -> Iterator[str]:
        for event in _events(stream):
            self._alive_at = time.monotonic()
            yield self._reader.take(event)
            if self.answer.ran_away:
                return
            if not self.answer.finish and self.deadline.remaining(self.keep) <= 0:
                raise ModelError(code="model_timeout")

    def _fault(self, error: Exception, model: Model) -> ModelError:
        import openai

        if self._stalled:
            return ModelError(code="model_timeout")
        if isinstance(error, ValueError):
            return ModelError(code="model_malformed")
        fault = translate(error, begun=bool(self.answer.raw or self.answer.calls))
        if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError):
            _log(Refusal.of(error), fault, model)
        return fault

    def _broke_off(self, fault: ModelError) -> None:
        """Note what was paid for nothing: a provider that took the request has read the prompt."""
        logger.warning("a model could not answer", provider=self.answer.model.provider, code=fault.reason)
        if self._opened:
            self.answer.settle()
            self.lost.append(self.answer)
            self._opened = False


def _opened(model: Model, path: str, body: Message, seconds: float) -> Any:
    """The stream of an answer; once more where a kept connection had ended before the request came through.

    llama.cpp ends one behind each stream without saying so; nothing was read then, and nothing paid.
    """
    import openai

    def post() -> Any:
        options: Any = {"timeout": timeout(seconds)}
        stream = openai.Stream[object]
        return client_of(model.provider).post(
            path, body=body, cast_to=object, options=options, stream=True, stream_cls=stream
        )

    try:
        return post()
    except openai.APIConnectionError as error:
        if isinstance(error, openai.APITimeoutError) or type(error.__cause__).__name__ != "RemoteProtocolError":
            raise
        return post()


def _events(stream: Any) -> Iterator[Any]:
    """The events of a stream; a server that does not stream sends one body."""
    if "json" not in stream.response.headers.get("content-type", ""):
        yield from stream
        return
    body = bytearray()
    for part in stream.response.iter_bytes():
        body += part
        if len(body) > MOST_BODY:
            raise ModelError(code="model_malformed")
    said = json.loads(body)
    if not isinstance(said, dict):
        raise ModelError(code="model_malformed")
    yield said


def _log(refusal: Refusal, fault: ModelError, model: Model) -> None:
    """For the operator: all that tells a refusal from an outage, and no word of the prompt."""
    is_mistake = isinstance(fault, ModelMisconfiguredError)
    (logger.error if is_mistake else logger.warning)(
        "a model provider refused a request",
        provider=model.provider,
        model=model.name,
        status=refusal.status,
        code=refusal.code,
        parameter=refusal.parameter,
        provider_request_id=refusal.request_id,
        fault=fault.reason,
    )
    if is_mistake:
        count("ModelMisconfigured")
