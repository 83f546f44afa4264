"""The app factory: FastAPI behind Mangum, with request ids, errors and CORS. One function, one route."""

from fastapi import APIRouter, FastAPI, routing
from fastapi.exceptions import EndpointContext
from fastapi.middleware.cors import CORSMiddleware
from mangum import Mangum

from shared.api.problems import MEDIA_TYPE, add_problem_handlers
from shared.api.request_identity import REQUEST_ID, RequestIdentity
from shared.platform import settings
from shared.quotas import RATE_LIMIT

TITLE = "Hercules"
# What a browser lets an app send, and read of an answer.
ALLOWED = ("Authorization", "apikey", "Content-Type", "Idempotency-Key", "Prefer", REQUEST_ID)
EXPOSED = (
    *(REQUEST_ID, "Retry-After", "Location", "Idempotent-Replayed", "Preference-Applied", "WWW-Authenticate"),
    *RATE_LIMIT,
)


def create_app(*routers: APIRouter) -> FastAPI:
    """An app of the given routers."""
    platform = settings.load(settings.PlatformSettings)
    app = FastAPI(title=TITLE, version=platform.service_version, docs_url=None, redoc_url=None, openapi_url=None)
    add_problem_handlers(app)
    app.add_middleware(RequestIdentity)
    # API Gateway answers preflights and overrides these headers; they count where no gateway is in front.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=platform.origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
    )
    for router in routers:
        app.include_router(router)
        _note_places(router)
    return app


def _note_places(router: APIRouter) -> None:
    """Where endpoints stand, which FastAPI tells of a faulty answer.

    At the first request it would read their source for that, for 15 ms; their code knows it.
    """
    for route in router.routes:
        if isinstance(route, routing.APIRoute):
            code = route.endpoint.__code__
            place = EndpointContext(function=code.co_name, file=code.co_filename, line=code.co_firstlineno)
            routing._endpoint_context_cache[id(route.endpoint)] = place  # noqa: SLF001


def lambda_handler(router: APIRouter) -> Mangum:
    """The Lambda handler of one router. Without `lifespan="off"` start-up events would run at every invocation."""
    return Mangum(create_app(router), lifespan="off", text_mime_types=["application/json", MEDIA_TYPE])
