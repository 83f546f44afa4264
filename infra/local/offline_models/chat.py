"""The chat model's answer to a request: text, JSON or a tool call, counted in tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from infra.local.offline_models import extractive
from infra.local.offline_models.behaviours import FinishReason, Step
from infra.local.offline_models.cited_answer import in_schema
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.errors import ApiError
from infra.local.offline_models.json_schema import SchemaError
from infra.local.offline_models.prompt_reading import Prompt, read_prompt
from infra.local.offline_models.proposal_report import report
from infra.local.offline_models.room_roles.acting import play
from infra.local.offline_models.schemas import ChatRequest
from infra.local.offline_models.tool_rules import Choice, chosen_calls, injected_calls
from shared.llm import tokens

CONTEXT_TOKENS = 128_000
# OpenAI's own estimate: a message costs 4 tokens beside its text, the opening of the reply 3.
PER_MESSAGE, PER_REPLY = 4, 3


@dataclass(frozen=True)
class Call:
    """A tool call; `arguments` is JSON unless a script or the token limit broke it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Completion:
    """What the model says, and its price in tokens."""

    content: str | None = None
    calls: tuple[Call, ...] = ()
    refusal: str | None = None
    finish_reason: FinishReason = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0


async def complete(
    request: ChatRequest, embedder: Embedder, script: Step | None = None, *, gullible: bool = False
) -> Completion:
    """The scripted answer, or the model's own, which is the same for the same request.

    A gullible model calls whatever tool any text in the prompt tells it to.

    Raises ApiError for a request that OpenAI would refuse.
    """
    prompt_tokens = await asyncio.to_thread(_prompt_tokens, request)
    if prompt_tokens > CONTEXT_TOKENS:
        message = f"The messages have {prompt_tokens} tokens, the model's context is {CONTEXT_TOKENS}."
        raise ApiError(400, message, param="messages", code="context_length_exceeded")
    said = (
        _scripted(script) if script else _cut(await _answer(request, embedder, gullible=gullible), request.token_limit)
    )
    said = replace(said, prompt_tokens=prompt_tokens, completion_tokens=_completion_tokens(said))
    return replace(said, **script.usage.model_dump()) if script and script.usage else said


async def _answer(request: ChatRequest, embedder: Embedder, *, gullible: bool) -> Completion:
    prompt = read_prompt(request.messages)
    try:
        part = await play(request, embedder)
        choice = Choice(part.calls) if part else chosen_calls(request, prompt)
        if gullible and request.tools and request.tool_choice != "none":
            choice = Choice((*choice.calls, *injected_calls(request.messages).calls))
        if choice.calls:
            return _called(choice)
        return Completion(part.text if part else await _content(request, prompt, choice.needs, embedder))
    except SchemaError as fault:
        raise ApiError(400, f"Invalid schema: {fault}", code="invalid_schema") from fault


async def _content(request: ChatRequest, prompt: Prompt, needs: Sequence[str], embedder: Embedder) -> str:
    said = [*report(prompt), *needs]
    quotes = await extractive.find_quotes(prompt, embedder, floor=extractive.WELL if said else extractive.FLOOR)
    text = extractive.answer(quotes, said)
    wanted = request.response_format
    if wanted is None or wanted.type == "text":
        return text
    schema = wanted.json_schema
    answer = in_schema(schema.schema_, prompt.question, text, quotes) if schema else {"answer": text}
    return json.dumps(answer, ensure_ascii=False)


def _called(choice: Choice) -> Completion:
    calls = (Call(_call_id(), name, json.dumps(arguments, ensure_ascii=False)) for name, arguments in choice.calls)
    return Completion(calls=tuple(calls), finish_reason="tool_calls")


def _scripted(step: Step) -> Completion:
    calls = tuple(Call(call.id or _call_id(), call.name, call.arguments_text) for call in step.tool_calls)
    reason: FinishReason = "tool_calls" if calls else "stop"
    return Completion(step.content, calls, step.refusal, step.finish_reason or reason)


def _call_id() -> str:
    return f"call_{uuid4().hex[:24]}"


def _cut(said: Completion, limit: int | None) -> Completion:
    """What is left of an answer or of a call's arguments under the caller's token limit."""
    if limit is None or _completion_tokens(said) <= limit:
        return said
    if said.content is not None:
        return replace(said, content=tokens.truncate(said.content, limit), finish_reason="length")
    return replace(said, calls=tuple(_cut_calls(said.calls, limit)), finish_reason="length")


def _cut_calls(calls: Sequence[Call], left: int) -> Iterator[Call]:
    for call in calls:
        left -= tokens.count(call.name)
        yield replace(call, arguments=tokens.truncate(call.arguments, max(0, left)))
        left -= tokens.count(call.arguments)
        if left <= 0:
            return


def _completion_tokens(said: Completion) -> int:
    texts = [said.content or "", said.refusal or ""]
    texts += [part for call in said.calls for part in (call.name, call.arguments)]
    return sum(map(tokens.count, texts))


def _prompt_tokens(request: ChatRequest) -> int:
    texts = [message.text for message in request.messages]
    calls = [call for message in request.messages for call in message.tool_calls or []]
    texts += [part for call in calls for part in (call.function.name, call.function.arguments)]
    texts += [tool.model_dump_json(exclude_none=True) for tool in request.tools or []]
    if request.response_format and request.response_format.json_schema:
        texts.append(json.dumps(request.response_format.json_schema.schema_))
    return sum(map(tokens.count, texts)) + PER_MESSAGE * len(request.messages) + PER_REPLY
