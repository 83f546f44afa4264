"""OpenAI's routes, /v1/models, /v1/embeddings and /v1/chat/completions; under /gemini/v1 those of Gemini."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.offline_models import embeddings, extractive, responses, thought_signatures
from infra.local.offline_models.behaviours import Behaviours, Endpoint, Plan, Provider
from infra.local.offline_models.chat import complete
from infra.local.offline_models.delivery import Delivery, Reply
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.errors import ApiError, from_validation
from infra.local.offline_models.request_log import Record, RequestLog, texts_of
from infra.local.offline_models.schemas import ChatRequest, EmbeddingRequest

MAX_BODY = 10 * 1024 * 1024
# OpenAI's limits on one embeddings request.
MAX_INPUT_TOKENS, MAX_TOTAL_TOKENS = 8192, 300_000

Json = dict[str, Any]
Answer = Callable[[Json, Plan, Record], Awaitable[Reply]]


@dataclass(frozen=True)
class OpenAIRoutes:
    embedder: Embedder
    behaviours: Behaviours
    log: RequestLog
    provider: Provider = "openai"

    def routes(self) -> list[Route]:
        root = "/v1" if self.provider == "openai" else f"/{self.provider}/v1"
        return [
            Route(f"{root}/models", self.models),
            Route(f"{root}/embeddings", self.embeddings, methods=["POST"]),
            Route(f"{root}/chat/completions", self.chat, methods=["POST"]),
        ]

    async def models(self, request: Request) -> JSONResponse:
        _authorise(request)
        names = (extractive.MODEL, embeddings.MODEL)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "hercules"} for name in names]
        return JSONResponse({"object": "list", "data": data})

    async def embeddings(self, request: Request) -> Delivery:
        return await self._serve(request, "embeddings", self._embed)

    async def chat(self, request: Request) -> Delivery:
        return await self._serve(request, "chat", self._complete)

    async def _serve(self, request: Request, endpoint: Endpoint, answer: Answer) -> Delivery:
        _authorise(request)
        raw = await _read(request)
        body = _parsed(raw)
        record = self.log.open(endpoint, body, len(raw), self.provider)
        plan = self.behaviours.plan(endpoint, texts_of(endpoint, body), self.provider)
        return Delivery(await _reply(answer, body, plan, record), plan, record)

    async def _embed(self, body: Json, _plan: Plan, record: Record) -> Reply:
        request = EmbeddingRequest.model_validate(body)
        texts = await self.embedder.read(request.texts)
        _check_length([len(pieces) for pieces in texts])
        vectors = embeddings.padded(await self.embedder.vectors(texts), request.dimensions)
        record.prompt_tokens = sum(min(len(pieces), embeddings.MAX_PIECES) for pieces in texts)
        return responses.embeddings(request, vectors, record.prompt_tokens)

    async def _complete(self, body: Json, plan: Plan, record: Record) -> Reply:
        request = ChatRequest.model_validate(body)
        if self.provider == "gemini":
            thought_signatures.check(body)
        said = await complete(request, self.embedder, plan.step, gullible=plan.gullible)
        record.prompt_tokens, record.completion_tokens = said.prompt_tokens, said.completion_tokens
        reply = responses.completion(request, said)
        return thought_signatures.signed(reply) if self.provider == "gemini" else reply


async def _reply(answer: Answer, body: Json, plan: Plan, record: Record) -> Reply:
    if plan.hang:
        return Reply(())
    if wanted := plan.status:
        return responses.refusal(ApiError(wanted.status, wanted.message, code=wanted.code), wanted.retry_after)
    try:
        reply = await answer(body, plan, record)
    except ValidationError as fault:
        return responses.refusal(from_validation(fault))
    except ApiError as error:
        return responses.refusal(error)
    return responses.malformed(reply) if plan.malformed else reply


def _authorise(request: Request) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(401, "You didn't provide an API key: any will do, as 'Authorization: Bearer KEY'.")


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ApiError(413, f"The request is larger than {MAX_BODY} bytes.")
    return bytes(body)


def _parsed(raw: bytes) -> Json:
    try:
        body = from_json(raw, allow_inf_nan=False)  # unlike json.loads it refuses half a surrogate pair
    except ValueError as fault:
        raise ApiError(400, "We could not parse the JSON body of your request.") from fault
    if not isinstance(body, dict):
        raise ApiError(400, "The body of your request must be a JSON object.")
    return body


def _check_length(lengths: list[int]) -> None:
    for index, length in enumerate(lengths):
        if length > MAX_INPUT_TOKENS:
            message = f"input[{index}] has {length} tokens, the most is {MAX_INPUT_TOKENS}."
            raise ApiError(400, message, param="input", code="context_length_exceeded")
    if sum(lengths) > MAX_TOTAL_TOKENS:
        message = f"The inputs have {sum(lengths)} tokens, the most per request is {MAX_TOTAL_TOKENS}."
        raise ApiError(400, message, param="input", code="max_tokens_per_request")
