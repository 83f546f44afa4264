"""The one renderer of errors: RFC 9457 problem documents."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from shared.platform.errors import DomainError, InvalidRequestError, NotFoundError, QuotaExceededError
from shared.platform.observability import logger
from shared.platform.text import JsonObject
from shared.quotas import Usage, rate_limit_headers

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:hercules:problem:"


class FieldProblem(BaseModel):
    field: str = Field(examples=["body.content"])
    message: str


class Problem(BaseModel):
    """Every error of this API has this form; `code` is the one to act on."""

    type: str = Field(examples=[f"{TYPE_PREFIX}session_not_found"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["session_not_found"])
    request_id: str
    errors: list[FieldProblem] | None = Field(None, description="Of a validation error: each field and what is wrong.")


TITLES = {
    401: "No valid access token",
    403: "The account may not do that",
    404: "No such thing, or somebody else's",
    409: "Lost a race, out of date, or the same request is still at work",
    410: "Too late: expired",
    422: "Not valid; `errors` lists the fields",
    429: "The weekly limit is reached; `Retry-After` says when the next week begins",
    500: "A fault of ours",
    503: "The database or a model provider is down; `Retry-After` says when to try again",
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
