"""OpenAI's routes, /v1/models, /embeddings, /chat/completions and /responses; under /gemini/v1 those of Gemini."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.offline_models import embeddings, extractive
from infra.local.offline_models.behaviours import Behaviours, Dialect, Endpoint, Plan, Provider, Raw
from infra.local.offline_models.chat import ContextExceededError, complete
from infra.local.offline_models.conversation import Completion, Conversation
from infra.local.offline_models.delivery import Delivery, Reply, encoded, malformed, refusal, request_id
from infra.local.offline_models.dialects import (
    chat_answers,
    embedding_vectors,
    gemini_answers,
    responses_answers,
    responses_events,
)
from infra.local.offline_models.dialects.chat_requests import ChatRequest
from infra.local.offline_models.dialects.embedding_vectors import EmbeddingRequest
from infra.local.offline_models.dialects.responses_history import ResponseStore, messages_of
from infra.local.offline_models.dialects.responses_requests import ResponsesRequest
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.errors import ApiError, from_validation
from infra.local.offline_models.provider_rules import context, gemini, openai
from infra.local.offline_models.provider_rules.models import effort_of
from infra.local.offline_models.request_log import Record, RequestLog, texts_of

MAX_BODY = 10 * 1024 * 1024

Json = dict[str, Any]
Answer = Callable[[Json, Plan, Record], Awaitable[Reply]]


@dataclass(frozen=True)
class OpenAIRoutes:
    embedder: Embedder
    behaviours: Behaviours
    log: RequestLog
    provider: Provider = "openai"
    store: ResponseStore = field(default_factory=ResponseStore)

    def routes(self) -> list[Route]:
        root = "/v1" if self.provider == "openai" else f"/{self.provider}/v1"
        responses = [Route(f"{root}/responses", self.responses, methods=["POST"])] if self.provider == "openai" else []
        return [
            Route(f"{root}/models", self.models),
            Route(f"{root}/embeddings", self.embeddings, methods=["POST"]),
            Route(f"{root}/chat/completions", self.chat, methods=["POST"]),
            *responses,
        ]

    async def models(self, request: Request) -> JSONResponse:
        _authorise(request)
        names = (extractive.MODEL, embeddings.MODEL)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "hercules"} for name in names]
        return JSONResponse({"object": "list", "data": data}, headers=request_id())

    async def embeddings(self, request: Request) -> Delivery:
        return await self._serve(request, "embeddings", self._embed)

    async def chat(self, request: Request) -> Delivery:
        return await self._serve(request, "chat", self._complete, "chat_completions")

    async def responses(self, request: Request) -> Delivery:
        return await self._serve(request, "chat", self._respond, "responses")

    async def _serve(
        self, request: Request, endpoint: Endpoint, answer: Answer, dialect: Dialect | None = None
    ) -> Delivery:
        _authorise(request)
        raw = await _read(request)
        body = _parsed(raw)
        record = self.log.open(endpoint, body, len(raw), self.provider, dialect)
        plan = self.behaviours.plan(endpoint, texts_of(endpoint, body), self.provider)
        return Delivery(await self._reply(answer, body, plan, record), plan, record)

    async def _embed(self, body: Json, _plan: Plan, record: Record) -> Reply:
        request = EmbeddingRequest.model_validate(body)
        texts = await self.embedder.read(request.texts)
        embedding_vectors.check_lengths([len(pieces) for pieces in texts])
        vectors = embeddings.padded(await self.embedder.vectors(texts), request.dimensions)
        record.prompt_tokens = sum(min(len(pieces), embeddings.MAX_PIECES) for pieces in texts)
        return embedding_vectors.answer(request, vectors, record.prompt_tokens)

    async def _complete(self, body: Json, plan: Plan, record: Record) -> Reply:
        if self.provider == "gemini":
            gemini.check_names(body)
        request = ChatRequest.model_validate(body)
        if self.provider == "gemini":
            gemini.check(request, body)
        else:
            openai.check_chat(request)
        said = await self._said(request.conversation(effort_of(request.model, request.reasoning_effort)), plan, record)
        if said.error and not request.stream:
            raise ApiError(500, said.error.message, code=said.error.code)
        if self.provider == "gemini":
            return gemini_answers.completion(request, said)
        return chat_answers.completion(request, said)

    async def _respond(self, body: Json, plan: Plan, record: Record) -> Reply:
        request = ResponsesRequest.model_validate(body)
        openai.check_responses(request)
        items = self.store.history(request)
        asked = request.conversation(messages_of(items, self.store), effort_of(request.model, request.effort))
        said = await self._said(asked, plan, record)
        started = responses_answers.envelope(request)
        ended = responses_answers.finished(started, responses_answers.output_of(request, said), said)
        self.store.note_thought(ended["output"])
        if request.store is not False:
            self.store.keep(ended, items)
        if request.stream:
            return Reply(responses_events.events(started, ended), streamed=True)
        return Reply((encoded(ended),))

    async def _said(self, asked: Conversation, plan: Plan, record: Record) -> Completion:
        try:
            said = await complete(asked, self.embedder, plan.step, gullible=plan.gullible)
        except ContextExceededError as fault:
            raise context.exceeded(fault.tokens, fault.limit, self.provider, record.dialect) from fault
        record.prompt_tokens, record.completion_tokens = said.prompt_tokens, said.completion_tokens
        return said

    async def _reply(self, answer: Answer, body: Json, plan: Plan, record: Record) -> Reply:
        if plan.hang:
            return Reply(())
        if wanted := plan.status:
            error = ApiError(wanted.status, wanted.message, param=wanted.param, code=wanted.code, kind=wanted.type)
            return self._refusal(error, wanted.all_headers)
        if plan.raw:
            return _verbatim(plan.raw)
        try:
            reply = await answer(body, plan, record)
        except ValidationError as fault:
            return self._refusal(from_validation(fault))
        except ApiError as error:
            return self._refusal(error)
        return malformed(reply) if plan.malformed else reply

    def _refusal(self, error: ApiError, headers: Mapping[str, str] | None = None) -> Reply:
        body = gemini_answers.error_body(error) if self.provider == "gemini" else error.body()
        return refusal(error.status, body, headers)


def _verbatim(wanted: Raw) -> Reply:
    headers = {"content-type": wanted.content_type} if wanted.content_type else {}
    if isinstance(wanted.body, str):
        return Reply((wanted.body.encode("utf-8", "surrogatepass"),), wanted.status, headers=headers)
    parts = tuple(part.encode("utf-8", "surrogatepass") for part in wanted.body)
    return Reply(parts, wanted.status, streamed=True, headers=headers)


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
