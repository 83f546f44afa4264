"""The one renderer of errors: RFC 9457 problem documents."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.platform.errors import DomainError, InvalidRequestError, NotFoundError, QuotaExceededError, RateLimitedError
from shared.platform.observability import count, logger
from shared.platform.text import JsonObject
from shared.quotas import Usage, rate_limit_headers

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:hercules:problem:"


TITLES = {
    401: "No valid access token",
    403: "The account may not do that",
    404: "No such thing, or somebody else's",
    409: "Lost a race, out of date, or the same request is still at work",
    410: "Too late: expired",
    422: "Not valid; `code` says why, and `errors` lists the fields",
    429: "Too often, or the week's limit is reached; `Retry-After` says when to try again",
    500: "A fault of ours",
    503: "The database, a model provider or another service is down; `Retry-After` says when to try again",
}


def problems(*statuses: int) -> dict[int | str, JsonObject]:
    """The `responses` of a route for OpenAPI: the statuses given, and 500."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TITLES[status], "content": content} for status in (*statuses, 500)}


def add_problem_handlers(app: FastAPI) -> None:
    """Render every expected error of an app; `RequestIdentity` has the unexpected ones."""
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)


def render(request: Request, error: DomainError, status: int | None = None) -> JSONResponse:
    """Expected errors are logged with their code alone. `status` is the error's own unless given."""
    status = status or error.status
    logger.info("problem", status=status, code=error.reason)
    if isinstance(error, QuotaExceededError):
        count("QuotaRefusals", limit=str(error.extra.get("limit")))
    elif isinstance(error, RateLimitedError):
        count("RateRefusals", code=error.reason)
    document = {
        "type": f"{TYPE_PREFIX}{error.reason}",
        "title": error.title,
        "status": status,
        "detail": error.detail,
        "code": error.reason,
        "request_id": request.state.request_id,
        **error.extra,
    }
    headers = error.headers | ({"Retry-After": str(error.retry_after)} if error.retry_after is not None else {})
    if isinstance(error, QuotaExceededError) and "usage" in error.extra:
        headers |= rate_limit_headers(Usage.model_validate(error.extra["usage"]))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(document, status, headers, MEDIA_TYPE)


def _on_domain_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this type
    return render(request, error)


def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Names fields and rules; never repeats the value, which is the user's."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    found = error.errors()
    fields = [{"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in found]
    if any(item["type"] == "json_invalid" for item in found):
        return render(request, InvalidRequestError("The body is not JSON.", code="malformed_json"))
    return render(request, InvalidRequestError(extra={"errors": fields}))


def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Starlette's own: unknown paths and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    if error.status_code == 404:
        return render(request, NotFoundError("There is no such path.", code="path_not_found"))
    response = render(request, InvalidRequestError(error.detail, code="bad_request"), error.status_code)
    response.headers.update(error.headers or {})  # Allow, of a method that is not
    return response
