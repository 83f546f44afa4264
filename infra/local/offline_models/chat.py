"""The chat model's answer to a request: text, JSON or a tool call, counted in tokens."""

import json
from collections.abc import Sequence
from uuid import uuid4

from infra.local.offline_models import extractive
from infra.local.offline_models.cited_answer import cited, in_schema
from infra.local.offline_models.conversation import Call, Request, Response
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.json_schema import SchemaError
from infra.local.offline_models.prompt_reading import Prompt, read_prompt
from infra.local.offline_models.proposal_report import report
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.room_roles.acting import play
from infra.local.offline_models.tool_rules import Choice, chosen_calls, injected_calls

_IN_JSON = "Answer in JSON"  # the prompt's word for it, where no schema can be sent


async def answer(asked: Request, embedder: Embedder, *, gullible: bool) -> Response:
    prompt = read_prompt(asked.messages)
    try:
        part = await play(asked, embedder)
        choice = Choice(part.calls) if part else chosen_calls(asked, prompt)
        if gullible and asked.tools and asked.tool_choice != "none":
            choice = Choice((*choice.calls, *injected_calls(asked.messages).calls))
        if choice.calls:
            return _called(choice)
        return Response(part.text if part else await _content(asked, prompt, choice.needs, embedder))
    except SchemaError as fault:
        raise ApiError(400, f"Invalid schema: {fault}", code="invalid_schema") from fault


async def _content(asked: Request, prompt: Prompt, needs: Sequence[str], embedder: Embedder) -> str:
    said = [*report(prompt), *needs]
    quotes = await extractive.find_quotes(prompt, embedder, floor=extractive.WELL if said else extractive.FLOOR)
    text = extractive.answer(quotes, said)
    if asked.schema is not None:
        return json.dumps(in_schema(asked.schema, prompt.question, text, quotes), ensure_ascii=False)
    if asked.as_json or _IN_JSON in _instructions(asked):
        return json.dumps(cited(text, quotes) if '"citations"' in _instructions(asked) else {"answer": text})
    return text


def _called(choice: Choice) -> Response:
    calls = (Call(_call_id(), name, json.dumps(arguments, ensure_ascii=False)) for name, arguments in choice.calls)
    return Response(calls=tuple(calls), finish_reason="tool_calls")


def _call_id() -> str:
    return f"call_{uuid4().hex[:24]}"


def _instructions(asked: Request) -> str:
    """What the application told the model, not the user."""
    return "\n".join(message.text for message in asked.messages if message.role in ("system", "developer"))
