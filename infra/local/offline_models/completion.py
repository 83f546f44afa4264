"""The response to a request: a script's, or the model's own; counted in tokens and cut at the limit."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from infra.local.offline_models import tokens
from infra.local.offline_models.behaviours import Step
from infra.local.offline_models.conversation import Call, FinishReason, Request, Response, new_call_id
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend.answers import answer
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.protocol.model_rules import input_tokens_of


async def complete(
    request: Request,
    embedder: Embedder,
    script: Step | None,
    too_long: Callable[[int, int], ApiError],
    *,
    gullible: bool,
) -> Response:
    """A script's answer as it stands, or the model's own, which is the same for the same request.

    A gullible model calls whatever tool any text in the prompt tells it to. Raises ApiError for a schema that cannot be
    filled, and what `too_long` says, in the provider's words, of the tokens of a prompt and their limit.
    """
    prompt_tokens = await asyncio.to_thread(tokens.of_prompt, request)
    if prompt_tokens > (limit := input_tokens_of(request.model)):
        raise too_long(prompt_tokens, limit)
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
