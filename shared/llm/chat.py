"""Streams one answer from the chat model."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.llm import tokens
from shared.llm.client import STALL_TIMEOUT, client, provider_parameters, timeout
from shared.llm.errors import ModelError, translate
from shared.platform import settings
from shared.platform.deadline import Deadline

if TYPE_CHECKING:
    from uuid import UUID

    from openai import Stream
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

Message = dict[str, Any]


@dataclass
class ToolCall:
    """What the model wants called; `arguments` is JSON if the model says so."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    def as_message(self) -> Message:
        return {
            "id": self.id,
            "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        }


@dataclass
class Answer:
    """What came of one call. Grows while the stream runs, and holds what had come when it broke."""

    model: str
    text: str = ""
    calls: dict[int, ToolCall] = field(default_factory=dict)  # by their place in the answer
    refusal: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: bool = True  # until the provider states the usage
    first_token_ms: int | None = None
    started: float = field(default_factory=time.monotonic, repr=False)
    response: Any = field(default=None, repr=False)  # the HTTP response, once its headers have come

    def take(self, chunk: "ChatCompletionChunk") -> str:
        """Take in one chunk; returns the text it added."""
        if chunk.usage:
            self.prompt_tokens = chunk.usage.prompt_tokens
            self.completion_tokens = chunk.usage.completion_tokens
            self.estimated = False
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        self.refusal += choice.delta.refusal or ""
        for part in choice.delta.tool_calls or []:
            self._take_call(part)
        piece = choice.delta.content or ""
        if piece and self.first_token_ms is None:
            self.first_token_ms = round((time.monotonic() - self.started) * 1000)
        self.text += piece
        return piece

    @property
    def is_cut(self) -> bool:
        """Whether it ended before its end: a call in it may be half a call."""
        return self.finish_reason in ("length", "content_filter")

    def estimate(self, messages: list[Message]) -> None:
        """Count what the provider did not state, as of a stream that was stopped."""
        if self.estimated:
            said = [call.arguments for call in self.calls.values()]
            self.prompt_tokens = sum(tokens.count(message["content"] or "") for message in messages)
            self.completion_tokens = sum(map(tokens.count, [self.text, *said]))

    def _take_call(self, part: "ChoiceDeltaToolCall") -> None:
        call = self.calls.setdefault(part.index, ToolCall())
        call.id = part.id or call.id
        if part.function:
            call.name += part.function.name or ""
            call.arguments += part.function.arguments or ""


def stream_answer(
    answer: Answer,
    messages: list[Message],
    *,
    schema: dict[str, Any],
    max_tokens: int,
    deadline: Deadline,
    keep: float,
    user_id: "UUID",
    tools: list[dict[str, Any]] | None = None,
) -> Iterator[str]:
    """Yield the answer's text as it comes, and fill `answer`.

    `schema` is the JSON schema of the whole answer, unless the model calls `tools`; `keep` the seconds that must be
    left when it ends. A stream that ends without the model's own end is an error: half an answer must not pass for a
    whole one. Raises ModelError.
    """
    import httpx2
    import openai

    seconds = deadline.remaining(keep + STALL_TIMEOUT)
    if seconds <= 0:
        raise ModelError(code="model_timeout")
    request = _request(answer.model, messages, schema, max_tokens)
    if tools:
        request["tools"] = tools
    request |= {"timeout": timeout(seconds), **provider_parameters(user_id)}
    try:
        stream: Stream[ChatCompletionChunk] = client().chat.completions.create(**request, stream=True)
        with stream:
            answer.response = stream.response
            for chunk in stream:
                if piece := answer.take(chunk):
                    yield piece
                # The next chunk may be as long in coming as a stall is allowed to be.
                if not answer.finish_reason and deadline.remaining(keep + STALL_TIMEOUT) <= 0:
                    raise ModelError(code="model_timeout")
    except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:  # ValueError: a chunk that is no JSON
        raise translate(error, begun=bool(answer.text)) from None
    if not answer.finish_reason:
        raise ModelError(code="model_interrupted")
    answer.estimate(messages)


def _request(model: str, messages: list[Message], schema: dict[str, Any], max_tokens: int) -> dict[str, Any]:
    return {
        "model": model,
        "messages": messages,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": schema},
        },
        "max_completion_tokens": max_tokens,
        "stream_options": {"include_usage": True},
    }


def chat_model() -> str:
    return settings.load(settings.ModelSettings).chat_model
