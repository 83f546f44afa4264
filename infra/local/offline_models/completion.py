"""The response to a request: a script's, or the model's own; counted in tokens and cut at the limit."""

import asyncio
from dataclasses import replace

from infra.local.offline_models import tokens
from infra.local.offline_models.behaviours import Step
from infra.local.offline_models.conversation import Call, FinishReason, Request, Response, new_call_id
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend.answers import answer
from infra.local.offline_models.protocol.model_rules import input_tokens_of


class ContextExceededError(Exception):
    """The prompt has more tokens than the model reads; each provider has its own words for it."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"{tokens} of {limit}")
        self.tokens = tokens
        self.limit = limit


async def complete(request: Request, embedder: Embedder, script: Step | None, *, gullible: bool) -> Response:
    """A script's answer as it stands, or the model's own, which is the same for the same request.

    A gullible model calls whatever tool any text in the prompt tells it to.
    Raises ContextExceededError, and ApiError for a schema that cannot be filled.
    """
    prompt_tokens = await asyncio.to_thread(tokens.of_prompt, request)
    if prompt_tokens > (limit := input_tokens_of(request.model)):
        raise ContextExceededError(prompt_tokens, limit)
    thoughts = tokens.of_thoughts(request)
    if script:
        response = _scripted(script)
    else:
        response = await answer(request, embedder, gullible=gullible)
        if request.token_limit is not None:
            response = tokens.cut(response, request.token_limit - thoughts)
    completion_tokens = thoughts + tokens.of_response(response)
    if script and script.usage:
        return replace(response, **script.usage.model_dump())
    return replace(
        response, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens, reasoning_tokens=thoughts
    )


def _scripted(step: Step) -> Response:
    calls = tuple(Call(each.id or new_call_id(), each.name, each.arguments_text) for each in step.tool_calls)
    usual: FinishReason = "tool_calls" if calls else "stop"
    return Response(step.content, calls, step.refusal, step.finish_reason or usual, error=step.error)
