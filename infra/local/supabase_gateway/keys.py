"""The project's keys: the one that signs tokens, and the API keys made with it."""

import hmac
import json
import os
import secrets
import time
import uuid
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ALGORITHM = "ES256"
TEN_YEARS = 10 * 365 * 24 * 3600


@dataclass(frozen=True)
class Keys:
    """What a Supabase project's API settings show, and its private signing key.

    `anon_key` and `service_key` are tokens; `publishable_key` and `secret_key` are the newer, opaque form of the same
    two, which are valid in the `apikey` header only.
    """

    signing_key: dict[str, str]
    anon_key: str
    service_key: str
    publishable_key: str
    secret_key: str

    @classmethod
    def generate(cls) -> Self:
        jwk = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
        signing_key = {**jwk, "alg": ALGORITHM, "use": "sig", "kid": str(uuid.uuid4())}
        now = int(time.time())
        claims = {"iss": "supabase", "ref": "local", "iat": now, "exp": now + TEN_YEARS}
        return cls(
            signing_key,
            anon_key=_signed(claims | {"role": "anon"}, signing_key),
            service_key=_signed(claims | {"role": "service_role"}, signing_key),
            publishable_key=f"sb_publishable_{secrets.token_urlsafe(24)}",
            secret_key=f"sb_secret_{secrets.token_urlsafe(24)}",
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """The keys in `path`, which is made first, readable by its owner only, if it does not exist."""
        if not path.exists():
            cls.generate().save(path)
        return cls(**json.loads(path.read_text()))

    def save(self, path: Path) -> None:
        """Write a new file; an existing one is never replaced."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)

    @cached_property
    def public_jwk(self) -> dict[str, object]:
        """The verification key, as JWKS shows it."""
        public = {name: value for name, value in self.signing_key.items() if name != "d"}
        return {**public, "key_ops": ["verify"], "ext": True}

    @cached_property
    def verifier(self) -> jwt.PyJWK:
        return jwt.PyJWK(self.public_jwk, ALGORITHM)

    def sign(self, claims: dict[str, object]) -> str:
        return _signed(claims, self.signing_key)

    def role_of(self, api_key: str) -> str | None:
        """The database role an API key stands for; None for a string that is none of them."""
        roles = {"anon": (self.anon_key, self.publishable_key), "service_role": (self.service_key, self.secret_key)}
        given, pairs = api_key.encode(), ((role, key) for role, keys in roles.items() for key in keys)
        return next((role for role, key in pairs if hmac.compare_digest(key.encode(), given)), None)


def _signed(claims: dict[str, object], signing_key: dict[str, str]) -> str:
    return jwt.encode(claims, jwt.PyJWK(signing_key, ALGORITHM).key, ALGORITHM, headers={"kid": signing_key["kid"]})
