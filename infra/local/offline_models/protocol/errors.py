"""Errors in the shape of OpenAI's API."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from infra.local.offline_models.conversation import Json

# What OpenAI writes in `type` and `code` beside the statuses that clients tell apart.
_TYPES = {
    401: ("invalid_request_error", "invalid_api_key"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", "service_unavailable"),
}
_TAGS = str.maketrans("", "", "<>")  # what tells the branches of a union apart is written like <message>


class ApiError(Exception):
    """A refusal that is answered as `{"error": {message, type, param, code}}` with `status`."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, kind: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        usual_kind, usual_code = _TYPES.get(status, ("invalid_request_error", None))
        self.fields = {"type": kind or usual_kind, "param": param, "code": code or usual_code}

    def body(self) -> Json:
        return {"error": {"message": self.message, **self.fields}}


def from_validation(error: ValidationError) -> ApiError:
    """OpenAI names the first fault only, with its place written like `messages[0].content`."""
    fault = error.errors(include_url=False)[0]
    param = _place(fault["loc"])
    if not param:
        return ApiError(400, fault["msg"].removeprefix("Value error, "))
    message, code = _worded(param, fault)
    return ApiError(400, message, param=param, code=code)


def _worded(param: str, fault: ErrorDetails) -> tuple[str, str]:
    """OpenAI's sentence for a fault, and its code: vectorize-io/hindsight#58, openai/codex#14355."""
    kind, context, value = fault["type"], fault.get("ctx", {}), fault["input"]
    if kind == "missing":
        return f"Missing required parameter: '{param}'.", "missing_required_parameter"
    if kind == "extra_forbidden":
        return f"Unknown parameter: '{param}'.", "unknown_parameter"
    if kind in ("greater_than_equal", "less_than_equal"):
        number, low = ("integer" if isinstance(value, int) else "decimal"), kind == "greater_than_equal"
        side, sign, bound = ("below minimum", ">=", context["ge"]) if low else ("above maximum", "<=", context["le"])
        message = f"Invalid '{param}': {number} {side} value. Expected a value {sign} {bound}, but got {value} instead."
        return message, f"{number}_{'below_min' if low else 'above_max'}_value"
    if kind == "string_too_long":
        message = f"Invalid '{param}': string too long. Expected a string with maximum length {context['max_length']}, "
        return message + f"but got a string with length {len(value)} instead.", "string_above_max_length"
    if kind in ("literal_error", "union_tag_invalid"):
        supported = context.get("expected") or context["expected_tags"]
        got = context.get("tag", value)
        return f"Invalid value: '{got}'. Supported values are: {supported}.".translate(_TAGS), "invalid_value"
    if kind.endswith("_type"):
        return f"Invalid type for '{param}': {fault['msg']}.", "invalid_type"
    return f"Invalid value for '{param}': {fault['msg'].removeprefix('Value error, ')}", "invalid_value"


def _place(loc: tuple[int | str, ...]) -> str:
    # pydantic also names the tried branch of a union (`str`, `list[TextPart]`), which the client never wrote
    place = ""
    for step in loc:
        if isinstance(step, int):
            place += f"[{step}]"
        elif step.islower() and step.isidentifier() and step != "str":
            place += f".{step}" if place else step
    return place
