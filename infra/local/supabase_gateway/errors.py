"""The root of everything that the gateway refuses, whichever of Supabase's servers it stands in for."""

from starlette.responses import JSONResponse


class GatewayError(Exception):
    """A refusal that knows its HTTP answer, in the shape that Supabase's own server gives it."""

    def __init__(self, status: int, body: dict[str, object], headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.response = JSONResponse(body, status, headers)
