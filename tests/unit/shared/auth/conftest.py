from typing import Any

import pytest

from shared.auth.signing_keys import SigningKeys
from shared.auth.tokens import TokenVerifier
from tests.support.token_issuer import AUDIENCE, ISSUER, SigningKey


class KeyServer:
    """Serves a JWKS document, counts how often, and can be down."""

    def __init__(self, *keys: SigningKey) -> None:
        self.document: Any = {"keys": [key.jwk for key in keys]}
        self.fault: Exception | None = None
        self.fetches = 0

    def fetch(self) -> dict[str, Any]:
        self.fetches += 1
        if self.fault:
            raise self.fault
        document: dict[str, Any] = self.document
        return document


@pytest.fixture(scope="session")
def es256() -> SigningKey:
    return SigningKey.es256("key-es")


@pytest.fixture(scope="session")
def rs256() -> SigningKey:
    return SigningKey.rs256("key-rs")


@pytest.fixture
def key_server(es256: SigningKey, rs256: SigningKey) -> KeyServer:
    return KeyServer(es256, rs256)


@pytest.fixture
def verifying(key_server: KeyServer) -> TokenVerifier:
    return TokenVerifier(ISSUER, AUDIENCE, SigningKeys(key_server.fetch))
