"""The one way to ask a model: a request, put to one model after the other until one answers."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import takewhile
from types import ModuleType
from typing import Any

import httpx

from shared.llm.answer import Answer
from shared.llm.dialects import chat_completions, responses
from shared.llm.errors import ContentRefusedError, ModelError, Refusal, UnreadableThoughtsError
from shared.llm.providers import Model, client_of, forget_key, timeout
from shared.llm.request import Message, Request
from shared.llm.stream import BackgroundStream, events_of, shut_down
from shared.llm.structured import is_whole
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.observability import Value, count, logger, measure_together

MIN_SECONDS = 1.0  # seconds below which nobody is asked
MAX_WAIT = 2.0  # seconds before the same model is asked again; who asks for more is answered for with Retry-After
FIRST_WAIT = 0.5  # seconds, where nothing is said; twice as long before each further try of the same model
PATIENCE = 0.1  # seconds without news, after which the clock is looked at again
LAST_WORDS = 1.0  # seconds in which the usage may follow the model's own end
FIRST_SHARE = 0.5  # of the time, for a first sign of life from a model that another one stands in for
# Where a request fails so, the provider may have read all of it.
MAYBE_READ = (httpx.ReadTimeout, httpx.WriteTimeout, httpx.RemoteProtocolError, httpx.ReadError)

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
    _response: httpx.Response | None = field(default=None, repr=False)  # while it is read
    _reader: Any = field(default=None, repr=False)
    _alive_at: float = field(default=0.0, repr=False)
    _stalled: bool = field(default=False, repr=False)
    _left: bool = field(default=False, repr=False)  # whoever waited for it has gone
    _is_paid: bool = field(default=False, repr=False)  # the provider has been sent the prompt, and did not refuse it
    _bill: list[Answer] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.answer = Answer(self.models[0], self.request)

    def pieces(self) -> Iterator[str]:
        """The answer's text as it comes, and empty pieces for other signs of life; `answer` is whole behind the last.

        A stream that ends without the model's own end is an error: half an answer must not pass for a whole one.
        Raises ModelError: of several that failed the one that gives most hope.
        """
        faults: list[ModelError] = []
        hopeless: set[Model] = set()
        for number, model in enumerate(self.models):
            if model in hopeless or not self._waited(faults, number):
                continue
            try:
                yield from self._ask_with_thoughts(model, stood_in_for=set(self.models[number:]) != {model})
                return
            except ContentRefusedError:
                self.answer.finish = "content_filter"
                self.answer.settle()
                return
            except ModelError as error:
                faults.append(error)
                self._broke_off(error)
                if self.shown or self._left:
                    raise
                if error.is_repeated:
                    hopeless.add(model)
        raise max(faults, key=lambda fault: fault.hope, default=ModelError(code="model_timeout"))

    def whole(self) -> Answer:
        """The answer, once it is whole. Raises what `pieces` does."""
        with BackgroundStream(self) as stream:
            while stream.wait(PATIENCE):
                pass
        return self.answer

    def paid(self) -> list[Answer]:
        """All that was paid for, also of a call that is left before its end: it costs what it had cost then."""
        if self._bill is not None:
            return self._bill
        if self._is_paid and not self.answer.finish:
            self.answer.settle()
        bill = [*self.lost, self.answer] if self._is_paid else list(self.lost)
        self._bill = bill if self._left else None
        return bill

    def check(self) -> None:
        """End a stream that has stalled, or whose time is up: whoever reads it gets an error. From another thread."""
        if self._response is None or self._stalled:
            return
        quiet = time.monotonic() - self._alive_at
        allowed = LAST_WORDS if self.answer.finish else settings.load(settings.ModelSettings).stall_seconds
        late = quiet > allowed and (self.answer.finish or not self._reader.silent)
        if late or self.deadline.remaining(self.keep) <= 0:
            self._stalled = True
            shut_down(self._response)

    def leave(self) -> None:
        """End the call, whoever is asked now: nobody else will be. From another thread."""
        self._left = True
        shut_down(self._response)

    def _waited(self, faults: list[ModelError], number: int) -> bool:
        """Whether the next model can be asked: another at once, the same one after a moment that grows."""
        if self._left:
            return False
        before = self.models[:number]
        tries = len(list(takewhile(lambda model: model == self.models[number], reversed(before))))
        if not faults or not tries:
            return True
        wait = FIRST_WAIT * 2 ** (tries - 1) if faults[-1].stated is None else faults[-1].stated
        if wait > MAX_WAIT or self.deadline.remaining(self.keep) < wait + MIN_SECONDS:
            return False
        time.sleep(wait)
        return not self._left

    def _ask_with_thoughts(self, model: Model, *, stood_in_for: bool) -> Iterator[str]:
        """Once more without what it thought before, where the provider cannot read that any more."""
        try:
            yield from self._ask(model, stood_in_for=stood_in_for)
        except UnreadableThoughtsError as error:
            if self.shown or self._left:
                raise
            self._broke_off(error)
            self.request = self.request.without_thoughts
            yield from self._ask(model, stood_in_for=stood_in_for)

    def _ask(self, model: Model, *, stood_in_for: bool) -> Iterator[str]:
        self.answer = Answer(model, self.request)
        if self.deadline.remaining(self.keep) < MIN_SECONDS:
            raise ModelError(code="model_timeout")
        dialect = DIALECTS[model.dialect]
        self._stalled, self._is_paid, self._reader = False, False, dialect.Reader(self.answer)
        try:
            with closing(self._open(model, dialect.PATH, dialect.body(model, self.request), stood_in_for)) as response:
                self._alive_at, self._response = time.monotonic(), response
                if self._left:  # while the headers were waited for
                    shut_down(response)
                yield from self._read(response)
        # ValueError: what is no JSON; OSError, RuntimeError: of a connection that was shut from outside
        except (httpx.HTTPError, ValueError, OSError, RuntimeError) as error:
            if not self.answer.finish:
                raise self._fault(error, model) from None
        finally:
            self._response = None
        if not self.answer.finish and self.answer.text and is_whole(self.answer.text):
            self.answer.finish = "stop"
        if not self.answer.finish:
            raise ModelError(code="model_timeout" if self._stalled else "model_interrupted")
        self.answer.end(model.most_tokens(self.request))
        _measure(self.answer)

    def _open(self, model: Model, path: str, body: Message, stood_in_for: bool) -> httpx.Response:
        """The stream of an answer; once more where a kept connection had ended before the request came through.

        llama.cpp ends one behind each stream without saying so; nothing was read then, and nothing paid.
        """

        def post() -> httpx.Response:
            seconds = self.deadline.remaining(self.keep) * (FIRST_SHARE if stood_in_for else 1.0)
            first = min(settings.load(settings.ModelSettings).first_token_seconds, max(0.1, seconds))
            return client_of(model.provider).open(path, body, timeout(first))

        client_of(model.provider)  # its key may have to be read first, which is not yet asking
        self._is_paid = True
        try:
            return post()
        except httpx.HTTPError as error:
            self._is_paid = isinstance(error, MAYBE_READ)
            if not isinstance(error, httpx.RemoteProtocolError) or self._left:
                raise
        return post()

    def _read(self, response: httpx.Response) -> Iterator[str]:
        for event in events_of(response):
            self._alive_at = time.monotonic()
            yield self._reader.take(event)
            if self.answer.ran_away:
                return
            if not self.answer.finish and self.deadline.remaining(self.keep) <= 0:
                raise ModelError(code="model_timeout")

    def _fault(self, error: Exception, model: Model) -> ModelError:
        if self._stalled or isinstance(error, httpx.TimeoutException):
            return ModelError(code="model_timeout")
        if isinstance(error, ValueError):
            return ModelError(code="model_malformed")
        if not isinstance(error, httpx.HTTPStatusError):
            return ModelError(code="model_interrupted" if self.answer.raw or self.answer.calls else None)
        refusal = Refusal.of(error.response)
        fault = refusal.as_fault()
        refusal.report(fault, model.provider, model.name)
        if refusal.status == 401:
            forget_key(model.provider)
        return fault

    def _broke_off(self, fault: ModelError) -> None:
        """Note what was paid for nothing: a provider that took the request has read the prompt."""
        logger.warning("a model could not answer", provider=self.answer.model.provider, code=fault.reason)
        count("ModelFailures", provider=self.answer.model.provider)
        if self._is_paid:
            self._is_paid = False
            self.answer.settle()
            self.lost.append(self.answer)


def _measure(answer: Answer) -> None:
    """For the dashboard, and the alarm on what a day costs."""
    values: dict[str, Value] = {"ModelAnswers": (1, "Count"), "Tokens": (answer.usage.tokens, "Count")}
    values |= {"Dollars": (float(answer.cost.dollars), "None")}
    if answer.first_token_ms is not None:
        values |= {"FirstToken": (answer.first_token_ms, "Milliseconds")}
    measure_together(values, provider=answer.model.provider)
