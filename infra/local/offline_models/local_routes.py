"""The tests' own routes: /health, /local/behaviours and /local/requests."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.offline_models.behaviours import BEHAVIOUR, Behaviours
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.errors import ApiError, from_validation
from infra.local.offline_models.request_log import RequestLog


@dataclass(frozen=True)
class LocalRoutes:
    embedder: Embedder
    behaviours: Behaviours
    log: RequestLog

    def routes(self) -> list[Route]:
        return [
            Route("/health", self.health),
            Route("/local/behaviours", self.add_behaviour, methods=["POST"]),
            Route("/local/behaviours", self.clear_behaviours, methods=["DELETE"]),
            Route("/local/behaviours/{id}", self.remove_behaviour, methods=["DELETE"]),
            Route("/local/requests", self.requests),
            Route("/local/requests", self.clear_requests, methods=["DELETE"]),
        ]

    async def health(self, _request: Request) -> JSONResponse:
        await self.embedder.ready()
        return JSONResponse({"status": "ok"})

    async def add_behaviour(self, request: Request) -> JSONResponse:
        try:
            behaviour = BEHAVIOUR.validate_json(await request.body())
        except ValidationError as fault:
            raise from_validation(fault) from fault
        return JSONResponse({"id": self.behaviours.add(behaviour)}, status_code=201)

    async def clear_behaviours(self, _request: Request) -> Response:
        self.behaviours.clear()
        return Response(status_code=204)

    async def remove_behaviour(self, request: Request) -> Response:
        if not self.behaviours.remove(request.path_params["id"]):
            raise ApiError(404, "No such behaviour: it is spent or was never there.")
        return Response(status_code=204)

    async def requests(self, request: Request) -> JSONResponse:
        found = self.log.matching(request.query_params.get("match", ""))
        return JSONResponse([record.as_json() for record in found])

    async def clear_requests(self, _request: Request) -> Response:
        self.log.clear()
        return Response(status_code=204)
