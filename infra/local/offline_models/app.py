"""The offline models as one HTTP application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from infra.local.offline_models.behaviours import Behaviours
from infra.local.offline_models.delivery import request_id
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.errors import ApiError
from infra.local.offline_models.local_routes import LocalRoutes
from infra.local.offline_models.openai_routes import OpenAIRoutes
from infra.local.offline_models.request_log import RequestLog


def create_app() -> Starlette:
    """The application; MiniLM loads in the background, /health answers once it has."""
    embedder, behaviours, log = Embedder(), Behaviours(), RequestLog()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        embedder.close()

    return Starlette(
        routes=[
            *OpenAIRoutes(embedder, behaviours, log).routes(),
            *OpenAIRoutes(embedder, behaviours, log, "gemini").routes(),
            *LocalRoutes(embedder, behaviours, log).routes(),
        ],
        lifespan=lifespan,
        exception_handlers={ApiError: _error, HTTPException: _error, Exception: _error},
    )


def _error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, HTTPException):
        error = ApiError(error.status_code, f"Invalid URL ({request.method} {request.url.path})")
    elif not isinstance(error, ApiError):
        error = ApiError(500, "The offline models failed; their log says why.")
    return JSONResponse(error.body(), status_code=error.status, headers=request_id())
