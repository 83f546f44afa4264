"""Asks a chat model for one whole answer, with tools; of several providers the first that can give it."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.llm import providers, tokens
from shared.llm.chat import Message
from shared.llm.client import CONNECT_TIMEOUT
from shared.llm.errors import ModelError, translate
from shared.llm.prices import FREE, Cost, cost
from shared.llm.providers import Model
from shared.platform.deadline import Deadline
from shared.platform.observability import logger
from shared.platform.text import storable

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

LONGEST = 100.0  # seconds of one request: a file of 4,000 tokens at the 40 a second of a slow model
LEAST = 1.0  # seconds below which nobody is asked


@dataclass(frozen=True)
class Call:
    """What the model wants called; `arguments` is JSON if the model says so."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Request:
    """What is asked. `schema` is the JSON schema of an answer that calls no tool; without one it is plain text."""

    messages: list[Message]
    max_tokens: int
    user_id: UUID
    tools: Sequence[Message] = ()
    schema: Message | None = None

    @functools.cached_property
    def prompt_tokens(self) -> int:
        """An estimate, for a reservation."""
        said = [str(message.get("content") or "") for message in self.messages]
        called = [str(message["tool_calls"]) for message in self.messages if message.get("tool_calls")]
        return sum(map(tokens.count, [*said, *called, str(list(self.tools)), str(self.schema or "")]))


@dataclass(frozen=True)
class Completion:
    """One answer. `message` is what must stand in the next request, with all that the provider hung on it."""

    model: Model
    message: Message
    text: str
    calls: tuple[Call, ...]
    is_cut: bool  # it ended before its end: a call in it may be half a call
    prompt_tokens: int
    completion_tokens: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def cost(self) -> Cost:
        return cost(self.model.name, self.prompt_tokens, self.completion_tokens)

    def as_step(self, more_tokens: int = 0, more_cost: Cost = FREE) -> dict[str, Any]:
        """For the record of a room: what was said by whom, and what it cost together with what led to it."""
        price = self.cost + more_cost
        return {
            "response": self.text,
            "model_used": self.model.name,
            "provider": self.model.provider,
            "tool_calls": self.message.get("tool_calls"),
            "token_count": self.completion_tokens,
            "tokens": self.tokens + more_tokens,
            "cost": str(price.dollars),
            "cost_complete": price.complete,
        }


def most_cost(models: Sequence[Model], request: Request) -> Cost:
    """The most that an answer of one of these models can cost."""
    costs = [cost(model.name, request.prompt_tokens, request.max_tokens) for model in models]
    return Cost(max((each.dollars for each in costs), default=Decimal(0)), all(each.complete for each in costs))


def complete(models: Sequence[Model], request: Request, deadline: Deadline, keep: float) -> Completion:
    """The answer of the first of `models` that gives one. `keep` are the seconds that must be left then.

    Nobody is asked twice: whoever runs this tries again, after a while. Raises ModelError of the last one tried.
    """
    fault = ModelError()
    for model in models:
        try:
            return _ask(model, request, deadline, keep)
        except ModelError as error:
            logger.warning("a provider could not answer", provider=model.provider, code=error.reason)
            fault = error
    raise fault


def _ask(model: Model, request: Request, deadline: Deadline, keep: float) -> Completion:
    import httpx2
    import openai

    seconds = min(LONGEST, deadline.remaining(keep))
    if seconds < LEAST:
        raise ModelError(code="model_timeout")
    try:
        once = providers.client_of(model.provider).with_options(max_retries=0)
        answer: ChatCompletion = once.chat.completions.create(
            **_body(model, request), timeout=httpx2.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds))
        )
    except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:  # ValueError: an answer that is no JSON
        raise translate(error) from None
    return _read(model, request, answer)


def _body(model: Model, request: Request) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model.name,
        "messages": providers.in_its_words(model.provider, request.messages),
        "max_completion_tokens": request.max_tokens,
        **providers.own_parameters(model.provider, request.user_id),
    }
    if request.tools:
        body["tools"] = list(request.tools)
    if request.schema:
        schema = {"name": "answer", "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _read(model: Model, request: Request, answer: "ChatCompletion") -> Completion:
    """Calls are told by their presence: not every provider says `tool_calls` as the reason of its end."""
    if not answer.choices:
        raise ModelError(code="model_malformed")
    choice = answer.choices[0]
    raw = [_storable(call.to_dict()) for call in choice.message.tool_calls or [] if call.type == "function"]
    text = storable(choice.message.content or choice.message.refusal or "")
    message: Message = {"role": "assistant", "content": text or (None if raw else "")}
    if raw:
        message["tool_calls"] = raw
    usage = answer.usage
    return Completion(
        model,
        message,
        text,
        tuple(_call(call) for call in raw),
        choice.finish_reason in ("length", "content_filter"),
        usage.prompt_tokens if usage else request.prompt_tokens,
        usage.completion_tokens if usage else tokens.count(text + str(raw or "")),
    )


def _storable(raw: dict[str, Any]) -> dict[str, Any]:
    """A call with all that the provider hung on it."""
    function = raw["function"]
    return raw | {"function": function | {"arguments": storable(function["arguments"])}}


def _call(raw: dict[str, Any]) -> Call:
    return Call(str(raw["id"]), str(raw["function"]["name"]), str(raw["function"]["arguments"]))
