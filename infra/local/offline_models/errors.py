"""Errors in the shape of OpenAI's API."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

# What OpenAI writes in `type` and `code` beside the statuses that clients tell apart.
_TYPES = {
    401: ("invalid_request_error", "invalid_api_key"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", "service_unavailable"),
}


class ApiError(Exception):
    """A refusal that is answered as `{"error": {message, type, param, code}}` with `status`."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, kind: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.kind = kind

    def body(self) -> dict[str, Any]:
        kind, code = _TYPES.get(self.status, ("invalid_request_error", None))
        error = {"message": self.message, "type": self.kind or kind, "param": self.param, "code": self.code or code}
        return {"error": error}


def from_validation(error: ValidationError) -> ApiError:
    """OpenAI names the first fault only, with its place written like `messages[0].content`."""
    fault = error.errors(include_url=False, include_input=False)[0]
    param = _place(fault["loc"])
    if fault["type"] == "missing":
        return ApiError(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    if fault["type"] == "extra_forbidden":
        return ApiError(400, f"Unknown parameter: '{param}'.", param=param, code="unknown_parameter")
    message = fault["msg"].removeprefix("Value error, ")
    if not param:
        return ApiError(400, message)
    return ApiError(400, f"Invalid value for '{param}': {message}", param=param, code="invalid_value")


def _place(loc: tuple[int | str, ...]) -> str:
    # pydantic also names the tried branch of a union (`str`, `list[TextPart]`), which the client never wrote
    place = ""
    for step in loc:
        if isinstance(step, int):
            place += f"[{step}]"
        elif step.islower() and step.isidentifier() and step != "str":
            place += f".{step}" if place else step
    return place
