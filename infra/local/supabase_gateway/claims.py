"""Finds out who is asking: the API key says which project, the bearer token says who."""

from dataclasses import dataclass

import jwt
from starlette.requests import Request

from infra.local.supabase_gateway.errors import GatewayError
from infra.local.supabase_gateway.keys import ALGORITHM, Keys

AUDIENCE = "authenticated"
CLOCK_SKEW = 30  # seconds; PostgREST allows as much
NO_KEY = ("No API key found in request", "No `apikey` request header was found.")
UNKNOWN_KEY = ("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.")
# What PostgREST says of each fault of a token, and whether the token could be decoded. The first that fits counts.
REFUSED: tuple[tuple[type[jwt.PyJWTError], str, bool], ...] = (
    (jwt.ExpiredSignatureError, "JWT expired", True),
    (jwt.ImmatureSignatureError, "JWT not yet valid", True),
    (jwt.InvalidSignatureError, "No suitable key or wrong key type", False),
    (jwt.InvalidAlgorithmError, "Wrong or unsupported encoding algorithm", False),
    (jwt.PyJWTError, "JWT couldn't be decoded", False),
)


@dataclass(frozen=True)
class Caller:
    """The database role of a request, and the claims that row level security policies see."""

    role: str
    claims: dict[str, object]

    @property
    def subject(self) -> str | None:
        """The user's id; None for an API key."""
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) else None


class TokenRefusedError(Exception):
    """A bearer token that is not to be trusted. `decoded` says that only its claims are at fault."""

    def __init__(self, message: str, *, decoded: bool) -> None:
        super().__init__(message)
        self.message = message
        self.decoded = decoded


def bearer_token(request: Request) -> str | None:
    """The token of the Authorization header. The API key repeated there is none: clients send both."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token == request.headers.get("apikey"):
        return None
    return token.strip()


def caller(request: Request, keys: Keys) -> Caller:
    """Who a request runs as: its bearer token's role if it has one, else its API key's.

    Raises `TokenRefusedError`; without a known key `GatewayError`, 401 as Supabase's API gateway says it. The request
    log shows the outcome.
    """
    api_key, token = request.headers.get("apikey"), bearer_token(request)
    role = keys.role_of(api_key) if api_key else None
    if role is None:
        message, hint = UNKNOWN_KEY if api_key else NO_KEY
        raise GatewayError(401, {"message": message, "hint": hint})
    claims: dict[str, object] = {"role": role} if token is None else verify(token, keys)
    found = Caller(str(claims.get("role", "anon")), claims)
    request.scope["caller"] = found
    return found


def verify(token: str, keys: Keys) -> dict[str, object]:
    """The claims of a token that this project signed and that is valid now; `TokenRefusedError` otherwise."""
    try:
        # Audience is checked below: API keys have none, and PostgREST accepts a token without.
        claims: dict[str, object] = jwt.decode(
            token, keys.verifier.key, [ALGORITHM], options={"verify_aud": False}, leeway=CLOCK_SKEW
        )
    except jwt.PyJWTError as fault:
        message, decoded = next((message, decoded) for kind, message, decoded in REFUSED if isinstance(fault, kind))
        raise TokenRefusedError(message, decoded=decoded) from None
    audience = claims.get("aud", AUDIENCE)
    if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
        raise TokenRefusedError("JWT not in audience", decoded=True)
    return claims
