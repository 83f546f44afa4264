"""The chat model's answer to a request: text, JSON or a tool call, counted in tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import uuid4

from infra.local.offline_models import extractive
from infra.local.offline_models.behaviours import Step
from infra.local.offline_models.cited_answer import cited, in_schema
from infra.local.offline_models.conversation import Call, Completion, Conversation, FinishReason
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.errors import ApiError
from infra.local.offline_models.json_schema import SchemaError
from infra.local.offline_models.prompt_reading import Prompt, read_prompt
from infra.local.offline_models.proposal_report import report
from infra.local.offline_models.provider_rules.models import input_tokens_of
from infra.local.offline_models.room_roles.acting import play
from infra.local.offline_models.tool_rules import Choice, chosen_calls, injected_calls
from shared.llm import tokens

# OpenAI's own estimate: a message costs 4 tokens beside its text, the opening of the reply 3.
_IN_JSON = "Answer in JSON"  # the prompt's word for it, where no schema can be sent
PER_MESSAGE, PER_REPLY = 4, 3
# The pretend model thinks so many tokens; real ones think tens to thousands.
THOUGHTS = {"minimal": 8, "low": 16, "medium": 32, "high": 64, "xhigh": 128, "max": 256}


class ContextExceededError(Exception):
    """The prompt has more tokens than the model reads; each provider has its own words for it."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"{tokens} of {limit}")
        self.tokens = tokens
        self.limit = limit


async def complete(
    asked: Conversation, embedder: Embedder, script: Step | None = None, *, gullible: bool = False
) -> Completion:
    """The scripted answer, or the model's own, which is the same for the same request.

    A gullible model calls whatever tool any text in the prompt tells it to.

    Raises ContextExceededError, and ApiError for a schema that cannot be filled.
    """
    prompt_tokens = await asyncio.to_thread(_prompt_tokens, asked)
    if prompt_tokens > (limit := input_tokens_of(asked.model)):
        raise ContextExceededError(prompt_tokens, limit)
    if script:
        return _priced(_scripted(script), asked, prompt_tokens, script)
    thoughts = THOUGHTS.get(asked.effort or "none", 0)
    said = _cut(await _answer(asked, embedder, gullible=gullible), asked.token_limit, thoughts)
    return _priced(said, asked, prompt_tokens)


def _priced(said: Completion, asked: Conversation, prompt_tokens: int, script: Step | None = None) -> Completion:
    thoughts = min(THOUGHTS.get(asked.effort or "none", 0), asked.token_limit or 2**31)
    completion_tokens = thoughts + _completion_tokens(said)
    said = replace(said, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, reasoning_tokens=thoughts)
    return replace(said, **script.usage.model_dump()) if script and script.usage else said


async def _answer(asked: Conversation, embedder: Embedder, *, gullible: bool) -> Completion:
    prompt = read_prompt(asked.messages)
    try:
        part = await play(asked, embedder)
        choice = Choice(part.calls) if part else chosen_calls(asked, prompt)
        if gullible and asked.tools and asked.tool_choice != "none":
            choice = Choice((*choice.calls, *injected_calls(asked.messages).calls))
        if choice.calls:
            return _called(choice)
        return Completion(part.text if part else await _content(asked, prompt, choice.needs, embedder))
    except SchemaError as fault:
        raise ApiError(400, f"Invalid schema: {fault}", code="invalid_schema") from fault


async def _content(asked: Conversation, prompt: Prompt, needs: Sequence[str], embedder: Embedder) -> str:
    said = [*report(prompt), *needs]
    quotes = await extractive.find_quotes(prompt, embedder, floor=extractive.WELL if said else extractive.FLOOR)
    text = extractive.answer(quotes, said)
    if asked.schema is not None:
        return json.dumps(in_schema(asked.schema, prompt.question, text, quotes), ensure_ascii=False)
    if asked.as_json or _IN_JSON in asked.instructions:
        return json.dumps(cited(text, quotes) if '"citations"' in asked.instructions else {"answer": text})
    return text


def _called(choice: Choice) -> Completion:
    calls = (Call(_call_id(), name, json.dumps(arguments, ensure_ascii=False)) for name, arguments in choice.calls)
    return Completion(calls=tuple(calls), finish_reason="tool_calls")


def _scripted(step: Step) -> Completion:
    calls = tuple(Call(call.id or _call_id(), call.name, call.arguments_text) for call in step.tool_calls)
    reason: FinishReason = "tool_calls" if calls else "stop"
    return Completion(step.content, calls, step.refusal, step.finish_reason or reason, error=step.error)


def _call_id() -> str:
    return f"call_{uuid4().hex[:24]}"


def _cut(said: Completion, limit: int | None, thoughts: int) -> Completion:
    """What is left of an answer or of a call's arguments under the caller's token limit, when it has thought."""
    if limit is None or _completion_tokens(said) + thoughts <= limit:
        return said
    left = max(0, limit - thoughts)
    if said.content is not None:
        return replace(said, content=tokens.truncate(said.content, left), finish_reason="length")
    return replace(said, calls=tuple(_cut_calls(said.calls, left)), finish_reason="length")


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


def _prompt_tokens(asked: Conversation) -> int:
    texts = [message.text for message in asked.messages]
    calls = [call for message in asked.messages for call in message.calls]
    texts += [part for call in calls for part in (call.name, call.arguments)]
    texts += [part for tool in asked.tools for part in (tool.name, tool.description, json.dumps(tool.parameters))]
    if asked.schema:
        texts.append(json.dumps(asked.schema))
    return sum(map(tokens.count, texts)) + PER_MESSAGE * len(asked.messages) + PER_REPLY
