"""What comes of one call of a model, put right as it comes: providers send much that no documentation knows."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from uuid import uuid4

from shared.llm.catalogue import FREE, Cost, cost
from shared.llm.client import whole_number
from shared.llm.errors import ModelError
from shared.llm.providers import Model
from shared.llm.request import Message, Request
from shared.llm.structured import is_whole, read_arguments
from shared.llm.tokens import count
from shared.platform.text import storable

Finish = Literal["", "stop", "length", "content_filter"]  # empty: it has not ended

CHARACTERS_A_TOKEN = 12  # no language has more; an answer beyond that runs away from its limit
MAX_CHARACTERS = 90_000  # whatever the limit: the database holds 100,000
MAX_REFUSAL = 2000  # characters


@dataclass
class ToolCall:
    """What the model wants called; `arguments` is JSON if the model says so."""

    id: str = ""
    name: str = ""
    arguments: str = ""
    extra: Any = None  # what Gemini hangs on it and wants back

    def as_message(self) -> Message:
        called: Message = {"name": self.name, "arguments": self.arguments}
        extra = {"extra_content": self.extra} if self.extra else {}
        return {"id": self.id, "type": "function", "function": called} | extra


@dataclass
class Usage:
    """In tokens; `cached` are those of the prompt that the provider had read before."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    estimated: bool = True  # until the provider states it

    @property
    def tokens(self) -> int:
        return self.prompt + self.completion

    def state(self, prompt: Any, completion: Any, cached: Any) -> None:
        """What the provider says of it, however it says it; without any number it says nothing."""
        said = whole_number(prompt), whole_number(completion)
        if any(said):
            self.prompt, self.completion = said
            self.cached = min(self.prompt, whole_number(cached))
            self.estimated = False


@dataclass
class Answer:
    """Grows while its stream is read, and holds what had come when that broke."""

    model: Model
    request: Request
    raw: str = ""
    refusal: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    reasoning: list[Message] = field(default_factory=list)  # what OpenAI wants back, each with its place (`at`)
    phase: str = ""  # of OpenAI's message
    thought: int = 0  # characters of reasoning that were shown to us: for an estimate
    finish: Finish = ""
    usage: Usage = field(default_factory=Usage)
    ran_away: bool = False  # it went on far beyond its limit, and was left
    first_token_ms: int | None = None
    started: float = field(default_factory=time.monotonic, repr=False)
    ended: float | None = field(default=None, repr=False)  # as `started`, on the monotonic clock

    @property
    def text(self) -> str:
        """What was said, in characters that can be stored; the first half of a pair waits for its other half."""
        waits = "\ud800" <= self.raw[-1:] <= "\udbff" and not self.finish
        return clean(self.raw[:-1] if waits else self.raw)

    @property
    def is_cut(self) -> bool:
        """Whether it ended before its end: a call in it may be half a call."""
        return self.finish == "content_filter" or (self.finish == "length" and not is_whole(self.text))

    @property
    def is_refused(self) -> bool:
        return bool(self.refusal) or self.finish == "content_filter"

    @property
    def cost(self) -> Cost:
        return cost(self.model.name, self.usage.prompt, self.usage.completion, cached_tokens=self.usage.cached)

    @property
    def milliseconds(self) -> int:
        """For how long the model was asked: until its answer was whole or broke off, or until now."""
        return round(((self.ended or time.monotonic()) - self.started) * 1000)

    @property
    def message(self) -> Message:
        """What must stand in the next request, with all that its provider wants back."""
        said: Message = {"role": "assistant", "content": self.text or (None if self.calls else self.refusal)}
        if self.calls:
            said["tool_calls"] = [call.as_message() for call in self.calls]
        if self.reasoning:
            said["reasoning"] = {"model": self.model.name, "items": self.reasoning}
        return said | ({"phase": self.phase} if self.phase else {})

    def say(self, piece: str) -> str:
        """Take in a piece of text, as long as it does not run away; returns it."""
        if piece and self.first_token_ms is None:
            self.first_token_ms = round((time.monotonic() - self.started) * 1000)
        self.raw += piece
        if len(self.raw) + sum(len(call.arguments) for call in self.calls) > self.most_characters:
            self.raw = self.raw[: self.most_characters]
            self.finish, self.ran_away = "length", True
        return piece

    @property
    def most_characters(self) -> int:
        return min(CHARACTERS_A_TOKEN * self.request.visible_tokens, MAX_CHARACTERS)

    def end(self, most: int) -> None:
        """Put right what the whole shows to be wrong. Raises ModelError (model_malformed) for calls of nothing."""
        named = [call for call in self.calls if call.name]
        if self.calls and not named and not self.raw.strip():
            raise ModelError(code="model_malformed")
        self.calls = named
        seen: set[str] = set()
        for call in self.calls:
            if not call.id or call.id in seen:
                call.id = f"call_{uuid4().hex[:24]}"
            seen.add(call.id)
            call.arguments = clean(read_arguments(clean(call.arguments)))
        if self.finish == "stop" and not self.calls and self._is_left_open():
            self.finish = "length"
        self.settle(most)

    def _is_left_open(self) -> bool:
        """Whether the JSON that was asked for has begun and not ended, whatever the server says of its end."""
        said = self.text.strip().rstrip("`~").rstrip()
        return bool(self.request.schema) and said.startswith(("{", "[")) and not said.endswith(("}", "]"))

    def settle(self, most: int | None = None) -> None:
        """Count what the provider did not state.

        An answer that took the last of `most` tokens, or of the model's context, was cut, whatever the server says:
        llama.cpp ends both with `completed`.
        """
        self.ended = self.ended or time.monotonic()
        self.refusal = clean(self.refusal)[:MAX_REFUSAL]
        for call in self.calls:
            call.id, call.name, call.arguments = clean(call.id)[:64], clean(call.name)[:64], clean(call.arguments)
        if self.usage.estimated:
            said = [self.text, self.refusal, *(call.name + call.arguments for call in self.calls)]
            self.usage.prompt = self.request.prompt_tokens
            self.usage.completion = sum(map(count, said)) + self.thought // 4  # characters a token, of English
        elif most and self.finish == "stop" and not (self.text and is_whole(self.text)):
            full = self.usage.completion >= most or self.usage.tokens >= self.model.figures.context
            self.finish = "length" if full else "stop"


def clean(text: str) -> str:
    """Text that can be stored and sent: halves of a character that came apart are joined, others replaced."""
    if text.isascii():
        return storable(text)
    return storable(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def most_cost(models: Sequence[Model], request: Request) -> Cost:
    """The most that an answer of one of these models can cost."""
    costs = [cost(model.name, request.prompt_tokens, model.most_tokens(request)) for model in models]
    return Cost(max((each.dollars for each in costs), default=FREE.dollars), all(each.complete for each in costs))


@dataclass(frozen=True)
class Bill:
    """What was used, as the weekly limits are charged with it. `model` is the last one that was paid."""

    tokens: int = 0
    cost: Cost = FREE
    model: str | None = None
    estimated: bool = False

    @classmethod
    def of(cls, answers: Sequence[Answer], tokens: int = 0, more: Cost = FREE) -> Self:
        """The bill for these answers, and for `tokens` that cost `more` beside them."""
        return cls(
            sum(answer.usage.tokens for answer in answers) + tokens,
            sum((answer.cost for answer in answers), more),
            answers[-1].model.name if answers else None,
            any(answer.usage.estimated for answer in answers),
        )

    def row(self) -> dict[str, object]:
        """As private.charge_usage takes it."""
        charged = {"tokens": self.tokens, "cost": str(self.cost.dollars), "cost_complete": self.cost.complete}
        return {**charged, "model": self.model, "estimated": self.estimated}
