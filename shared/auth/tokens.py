"""Verifies Supabase access tokens. In the function, since an HTTP API's own authorizer knows no ES256."""

from typing import Any
from uuid import UUID

import jwt

from shared.auth.principal import Principal
from shared.auth.signing_keys import SigningKeys, fetch_jwks
from shared.platform import settings
from shared.platform.errors import UnauthorizedError
from shared.platform.observability import logger
from shared.platform.process import keep
from shared.platform.secrets import read_secret
from shared.platform.text import JsonObject

LEEWAY = 10  # seconds that clocks may differ
MAX_LENGTH = 8192  # characters; an API Gateway header line holds no more
EXPIRED = "token_expired"
CLAIMS = ["exp", "iss", "aud", "sub", "role"]


class TokenVerifier:
    """Checks signature, algorithm, issuer, audience, expiry and role."""

    def __init__(self, issuer: str, audience: str, keys: SigningKeys, secret: str = "") -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._secret = secret  # of a project that still signs with HS256; empty: such tokens are refused

    def verify(self, token: str) -> Principal:
        """Raises UnauthorizedError for anything but a valid token of a signed-in user.

        Its code is token_expired where a new token is all that is needed. Why another one was refused, the log says:
        most often a setting of the operator's, such as the issuer.
        """
        if len(token) > MAX_LENGTH:
            raise _refused("TooLong")
        try:
            claims = self._claims(token)
            user_id = UUID(claims["sub"])
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as fault:
            raise _refused(type(fault).__name__) from None
        if claims["role"] != "authenticated":
            raise _refused("AnotherRole")
        return Principal(user_id, token, _app_role(claims))

    def _claims(self, token: str) -> JsonObject:
        header = jwt.get_unverified_header(token)
        key, algorithm = self._key(header)
        claims: JsonObject = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=self._issuer,
            audience=self._audience,
            leeway=LEEWAY,
            options={"require": CLAIMS},
        )
        return claims

    def _key(self, header: JsonObject) -> tuple[Any, str]:
        """The algorithm is the key's own: what the token says of it only has to agree."""
        if header.get("alg") == "HS256" and self._secret:
            return self._secret, "HS256"
        key = self._keys.get(str(header.get("kid", "")))
        if key is None:
            raise _refused("UnknownKey")
        return key, key.algorithm_name


def _refused(cause: str) -> UnauthorizedError:
    """`cause` is the name of a rule, most of PyJWT's exceptions: it says nothing of the token."""
    logger.info("a token was refused", cause=cause)
    expired = cause == jwt.ExpiredSignatureError.__name__
    return UnauthorizedError("The access token has expired.", code=EXPIRED) if expired else UnauthorizedError()


def _app_role(claims: JsonObject) -> str:
    metadata = claims.get("app_metadata")
    return str(metadata.get("role", "")) if isinstance(metadata, dict) else ""


@keep
def verifier() -> TokenVerifier:
    """The verifier of this process, which keeps its keys between invocations."""
    auth = settings.load(settings.AuthSettings)
    secret = read_secret(auth.supabase_jwt_secret_parameter) if auth.supabase_jwt_secret_parameter else ""
    keys = SigningKeys(lambda: fetch_jwks(auth.jwks_url))
    return TokenVerifier(auth.issuer, auth.supabase_jwt_audience, keys, secret)
