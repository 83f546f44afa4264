"""The offline models as one HTTP application: OpenAI's routes, Gemini's under /gemini, and the tests' own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as HttpResponse
from starlette.routing import Route

from infra.local.offline_models import embeddings, web_search
from infra.local.offline_models.behaviours import BEHAVIOUR, Behaviours, Endpoint, Plan, Provider, Raw
from infra.local.offline_models.completion import complete
from infra.local.offline_models.conversation import Json, Request, Response
from infra.local.offline_models.delivery import Delivery, Reply, encoded, request_id
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.protocol import (
    chat_answers,
    embedding_requests,
    gemini_answers,
    gemini_rules,
    moderation_requests,
    openai_rules,
    responses_answers,
)
from infra.local.offline_models.protocol.errors import ApiError, from_validation
from infra.local.offline_models.protocol.responses_history import messages_of
from infra.local.offline_models.request_log import Dialect, Record, RequestLog, texts_of

MAX_BODY = 10 * 1024 * 1024  # bytes

Answer = Callable[[Json, Plan, Record], Awaitable[Reply]]


def create_app() -> Starlette:
    """The application; MiniLM loads in the background, /health answers once it has."""
    service = Service()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        service.embedder.close()

    return Starlette(
        routes=[*_routes(service, "/v1", "openai"), *_routes(service, "/gemini/v1", "gemini"), *_local_routes(service)],
        lifespan=lifespan,
        exception_handlers={ApiError: _error, HTTPException: _error, ValidationError: _error, Exception: _error},
    )


def _routes(service: "Service", root: str, provider: Provider) -> list[Route]:
    def route(path: str, endpoint: Endpoint, answer: Answer, dialect: Dialect | None = None) -> Route:
        return Route(root + path, partial(service.serve, endpoint, provider, dialect, answer), methods=["POST"])

    chat = service.chat_completion if provider == "openai" else service.gemini_completion
    routes = [
        Route(f"{root}/models", _models),
        route("/embeddings", "embeddings", service.embedding),
        route("/chat/completions", "chat", chat, "chat_completions"),
    ]
    if provider == "gemini":
        return routes
    moderation = route("/moderations", "moderations", service.moderation)
    return [*routes, route("/responses", "chat", service.response, "responses"), moderation]


def _local_routes(service: "Service") -> list[Route]:
    async def health(_request: HttpRequest) -> JSONResponse:
        await service.embedder.ready()
        return JSONResponse({"status": "ok"})

    async def add_behaviour(request: HttpRequest) -> JSONResponse:
        behaviour = BEHAVIOUR.validate_json(await request.body())
        return JSONResponse({"id": service.behaviours.add(behaviour)}, status_code=201)

    async def remove_behaviour(request: HttpRequest) -> HttpResponse:
        if not service.behaviours.remove(request.path_params["id"]):
            raise ApiError(404, "No such behaviour: it is spent or was never there.")
        return HttpResponse(status_code=204)

    async def requests(request: HttpRequest) -> JSONResponse:
        found = service.log.matching(request.query_params.get("match", ""))
        return JSONResponse([record.as_json() for record in found])

    return [
        Route("/health", health),
        Route(web_search.PATH, web_search.search),
        Route("/local/behaviours", add_behaviour, methods=["POST"]),
        Route("/local/behaviours/{id}", remove_behaviour, methods=["DELETE"]),
        Route("/local/requests", requests),
    ]


@dataclass(frozen=True)
class Service:
    embedder: Embedder = field(default_factory=Embedder)
    behaviours: Behaviours = field(default_factory=Behaviours)
    log: RequestLog = field(default_factory=RequestLog)

    async def serve(
        self, endpoint: Endpoint, provider: Provider, dialect: Dialect | None, answer: Answer, request: HttpRequest
    ) -> Delivery:
        _authorise(request)
        raw = await _read(request)
        body = _parsed(raw)
        record = self.log.open(endpoint, body, len(raw), provider, dialect)
        plan = self.behaviours.plan(endpoint, texts_of(endpoint, body), provider)
        return Delivery(await _reply(answer, body, plan, record), plan, record)

    async def embedding(self, body: Json, _plan: Plan, record: Record) -> Reply:
        request = embedding_requests.EmbeddingRequest.model_validate(body)
        embedding_requests.check_lengths(request.texts)
        texts = await self.embedder.read(request.texts)
        vectors = embeddings.padded(await self.embedder.vectors(texts), request.dimensions)
        record.prompt_tokens = sum(min(len(pieces), embeddings.MAX_PIECES) for pieces in texts)
        return embedding_requests.answer(request, vectors, record.prompt_tokens)

    async def moderation(self, body: Json, plan: Plan, _record: Record) -> Reply:
        request = moderation_requests.ModerationRequest.model_validate(body)
        return moderation_requests.answer(request, plan.scores.scores if plan.scores else {})

    async def chat_completion(self, body: Json, plan: Plan, record: Record) -> Reply:
        request = openai_rules.read_chat(body)
        said = await self._said(request.plain(), plan, record, openai_rules.too_long_for_chat)
        return chat_answers.completion(request, _unless_failed(said, streamed=request.stream))

    async def gemini_completion(self, body: Json, plan: Plan, record: Record) -> Reply:
        request = gemini_rules.read(body)
        said = await self._said(request.plain(), plan, record, gemini_rules.too_long)
        return gemini_answers.completion(request, _unless_failed(said, streamed=request.stream))

    async def response(self, body: Json, plan: Plan, record: Record) -> Reply:
        request = openai_rules.read_responses(body)
        said = await self._said(request.plain(messages_of(request)), plan, record, openai_rules.too_long)
        return responses_answers.response(request, said)

    async def _said(
        self, request: Request, plan: Plan, record: Record, too_long: Callable[[int, int], ApiError]
    ) -> Response:
        said = await complete(request, self.embedder, plan.script, too_long, gullible=bool(plan.gullible))
        record.prompt_tokens, record.completion_tokens = said.prompt_tokens, said.completion_tokens
        return said


async def _reply(answer: Answer, body: Json, plan: Plan, record: Record) -> Reply:
    if plan.hang:
        return Reply(())
    if wanted := plan.status:
        error = ApiError(wanted.status, wanted.message, param=wanted.param, code=wanted.code, kind=wanted.type)
        return Reply((_error_body(error, record.provider),), wanted.status, headers=wanted.all_headers)
    if plan.raw:
        return _verbatim(plan.raw)
    try:
        reply = await answer(body, plan, record)
    except (ValidationError, ApiError) as fault:
        error = fault if isinstance(fault, ApiError) else from_validation(fault)
        return Reply((_error_body(error, record.provider),), error.status)
    return reply.broken() if plan.malformed else reply


def _error_body(error: ApiError, provider: Provider) -> bytes:
    return encoded(gemini_answers.error_body(error) if provider == "gemini" else error.body())


def _unless_failed(said: Response, *, streamed: bool | None) -> Response:
    """A whole answer that failed is an error; a stream says so at its end."""
    if said.error and not streamed:
        raise ApiError(500, said.error.message, code=said.error.code)
    return said


def _verbatim(wanted: Raw) -> Reply:
    headers = {"content-type": wanted.content_type} if wanted.content_type else {}
    parts = [wanted.body] if isinstance(wanted.body, str) else wanted.body
    encoded_parts = tuple(part.encode("utf-8", "surrogatepass") for part in parts)
    return Reply(encoded_parts, wanted.status, streamed=isinstance(wanted.body, list), headers=headers)


def _authorise(request: HttpRequest) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(401, "You didn't provide an API key: any will do, as 'Authorization: Bearer KEY'.")


async def _models(request: HttpRequest) -> JSONResponse:
    _authorise(request)
    names = (chat_answers.MODEL, embeddings.MODEL)
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "hercules"} for name in names]
    return JSONResponse({"object": "list", "data": data}, headers=request_id())


async def _read(request: HttpRequest) -> bytes:
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


def _error(request: HttpRequest, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException):
        error = ApiError(error.status_code, f"Invalid URL ({request.method} {request.url.path})")
    elif isinstance(error, ValidationError):
        error = from_validation(error)
    elif not isinstance(error, ApiError):
        error = ApiError(500, "The offline models failed; their log says why.")
    return JSONResponse(error.body(), status_code=error.status, headers=request_id())
