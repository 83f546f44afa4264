"""A stand-in for Supabase Auth: its keys, and tokens signed with them."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://project.supabase.co/auth/v1"
AUDIENCE = "authenticated"
USER = UUID("0198a5f0-0000-7000-8000-00000000000a")
SECRET = "a-legacy-jwt-secret-of-at-least-32-characters"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Claims = dict[str, Any]


def claims(**changed: Any) -> Claims:
    """Of a signed-in user; a claim that is changed to None is left out."""
    now = int(time.time())
    standard = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(USER),
        "role": "authenticated",
        "iat": now,
        "exp": now + 3600,
    }
    return {name: value for name, value in (standard | changed).items() if value is not None}


@dataclass(frozen=True)
class SigningKey:
    kid: str
    algorithm: str
    private: PrivateKey

    @classmethod
    def es256(cls, kid: str) -> "SigningKey":
        return cls(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def rs256(cls, kid: str) -> "SigningKey":
        return cls(kid, "RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def jwk(self) -> dict[str, Any]:
        if isinstance(self.private, rsa.RSAPrivateKey):
            public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def token(self, content: Claims | None = None, **header: Any) -> str:
        named = {"kid": self.kid} | header
        named = {name: value for name, value in named.items() if value is not None}
        return jwt.encode(content or claims(), self.private, self.algorithm, headers=named)


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def hs256(key: bytes, **header: Any) -> str:
    """Signed by hand: PyJWT itself would not take a public key for a secret."""
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', **header})}.{part(claims())}"
    return f"{signed}.{part(hmac.digest(key, signed.encode(), hashlib.sha256))}"
