"""The model's own response: a move in a room, a tool call, or an answer that quotes."""

import json
from collections.abc import Sequence
from typing import Any

from infra.local.offline_models.conversation import Call, Json, Request, Response, new_call_id
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend import quotes, rooms
from infra.local.offline_models.pretend.prompts import Prompt
from infra.local.offline_models.pretend.proposals import Choice, chosen_calls, injected_calls
from infra.local.offline_models.pretend.quotes import Quote
from infra.local.offline_models.pretend.reports import BY_RULES, NOT_A_QUESTION, NOTHING, QUOTED, report
from infra.local.offline_models.pretend.schema_filling import SchemaError, fill
from infra.local.offline_models.protocol.errors import ApiError
from shared.knowledge.questions import needs_passages, searched


async def answer(request: Request, embedder: Embedder, *, gullible: bool) -> Response:
    """The same for the same request. Raises ApiError for a schema that cannot be filled."""
    prompt = Prompt(request.messages)
    try:
        move = await rooms.play(request, prompt, embedder)
        choice = Choice(move.calls) if move else chosen_calls(request, prompt)
        calls = list(choice.calls)
        if gullible and request.tools and request.tool_choice != "none":
            calls += injected_calls(request.messages)
        if calls:
            made = (Call(new_call_id(), name, json.dumps(given, ensure_ascii=False)) for name, given in calls)
            return Response(calls=tuple(made), finish_reason="tool_calls")
        return Response(move.text if move else await _content(request, prompt, choice.needs, embedder))
    except SchemaError as fault:
        raise ApiError(400, f"Invalid schema: {fault}", code="invalid_schema") from fault


async def _content(request: Request, prompt: Prompt, needs: Sequence[str], embedder: Embedder) -> str:
    said = [*report(prompt), *needs]
    floor = quotes.WELL if said else quotes.FLOOR
    behind = "".join(searched(prompt.question, prompt.asked_before)[1:])
    found = await quotes.find_quotes(prompt.question, prompt.passages, embedder, floor, behind)
    nothing = NOTHING if needs_passages(prompt.question) else NOT_A_QUESTION
    ending = [QUOTED] if found else [BY_RULES] if said else [nothing]
    text = "\n\n".join([*said, *(quote.text for quote in found), *ending])
    if request.schema is not None:
        return json.dumps(_in_schema(request.schema, prompt.question, text, found), ensure_ascii=False)
    if request.as_json or prompt.wants_json:
        cited = {"citations": [_cited(quote) for quote in found]} if prompt.wants_citations else {}
        return json.dumps({**({"urgent": None} if prompt.wants_verdict else {}), "answer": text, **cited})
    return text


def _in_schema(schema: Json, question: str, text: str, found: Sequence[Quote]) -> Any:
    """`answer` stands where a client can show it while the rest is still streaming, behind what may forbid that.

    The model goes by rules: that something is urgent only a test's script says.
    """
    filled = fill(schema, question)
    if not isinstance(filled, dict) or not {"answer", "citations"} <= filled.keys():
        return filled
    verdict = {"urgent": filled["urgent"]} if "urgent" in filled else {}
    rest = {name: part for name, part in filled.items() if name not in ("urgent", "answer", "citations")}
    return {**verdict, "answer": text, **rest, "citations": [_cited(quote) for quote in found]}


def _cited(quote: Quote) -> Json:
    return {"passage_id": quote.passage.id, "quote": quote.text}
