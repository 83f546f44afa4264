"""The root of everything that the gateway refuses, whichever of Supabase's servers it stands in for."""

from starlette.responses import JSONResponse


class GatewayError(Exception):
    """A refusal that knows its HTTP answer."""

    def __init__(self, status: int, body: dict[str, object], headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status = status
        self.body = body
        self.headers = headers or {}

    def response(self) -> JSONResponse:
        """The answer, in the shape that Supabase's own server gives it."""
        return JSONResponse(self.body, self.status, headers=self.headers)


class ApiKeyError(GatewayError):
    """The `apikey` header is missing or unknown: what Supabase's API gateway says, in front of every service."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(401, {"message": message, "hint": hint})


class BodyTooLargeError(GatewayError):
    """The request's body is larger than the gateway reads."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, {"code": "413", "message": f"The request body is larger than {limit} bytes"})
