import io
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from shared.auth.signing_keys import (
    EMPTY_INTERVAL,
    MAX_REFETCHES,
    REFETCH_INTERVAL,
    TIME_TO_LIVE,
    SigningKeys,
    fetch_jwks,
)
from shared.platform.errors import UnavailableError
from tests.support.stub_server import StubServer
from tests.support.token_issuer import SigningKey
from tests.unit.shared.auth.conftest import KeyServer


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(key_server: KeyServer, clock: Clock) -> SigningKeys:
    return SigningKeys(key_server.fetch, clock)


def serve(key_server: KeyServer, *keys: SigningKey) -> None:
    key_server.document = {"keys": [key.jwk for key in keys]}


def ask_for_made_up_keys(keys: SigningKeys) -> None:
    for number in range(50):
        assert keys.get(f"made-up-{number}") is None


def test_keys_are_fetched_once_for_many_tokens(keys: SigningKeys, key_server: KeyServer) -> None:
    found = [keys.get("key-es"), keys.get("key-rs"), keys.get("key-es")]
    assert [key.algorithm_name for key in found if key] == ["ES256", "RS256", "ES256"]
    assert key_server.fetches == 1


def test_made_up_key_ids_cannot_flood_the_auth_server(keys: SigningKeys, key_server: KeyServer, clock: Clock) -> None:
    keys.get("key-es")
    ask_for_made_up_keys(keys)
    assert key_server.fetches == 1 + MAX_REFETCHES
    for minute in range(1, 11):
        clock.now += 60
        ask_for_made_up_keys(keys)
        assert key_server.fetches <= 1 + MAX_REFETCHES + 60 * minute // REFETCH_INTERVAL
    clock.now += MAX_REFETCHES * REFETCH_INTERVAL
    before = key_server.fetches
    ask_for_made_up_keys(keys)
    assert key_server.fetches > before


def test_made_up_key_ids_cannot_flood_an_auth_server_that_has_no_keys(keys: SigningKeys, key_server: KeyServer) -> None:
    """As of a project that still signs with HS256."""
    serve(key_server)
    for number in range(50):
        with pytest.raises(UnavailableError):
            keys.get(f"made-up-{number}")
    assert key_server.fetches == 1


def test_a_set_without_keys_signs_nobody_out(keys: SigningKeys, key_server: KeyServer, clock: Clock) -> None:
    known = key_server.document
    key_server.document = {"keys": []}
    with pytest.raises(UnavailableError) as refused:
        keys.get("key-es")
    assert refused.value.reason == "auth_unavailable"
    key_server.document = known
    clock.now += EMPTY_INTERVAL
    assert keys.get("key-es")

    key_server.document = {"keys": []}
    for _ in range(20):
        clock.now += TIME_TO_LIVE
        assert keys.get("key-es")
        assert keys.get("made-up") is None


def test_a_new_key_is_found_at_once(keys: SigningKeys, key_server: KeyServer, rs256: SigningKey) -> None:
    keys.get("key-es")
    serve(key_server, SigningKey("key-new", "RS256", rs256.private))
    assert keys.get("key-new")
    assert keys.get("key-es") is None


def test_a_new_key_is_found_soon_where_made_up_ones_were_looked_for(
    keys: SigningKeys, key_server: KeyServer, clock: Clock, rs256: SigningKey
) -> None:
    keys.get("key-es")
    ask_for_made_up_keys(keys)
    serve(key_server, SigningKey("key-new", "RS256", rs256.private))
    assert keys.get("key-new") is None
    clock.now += MAX_REFETCHES * REFETCH_INTERVAL
    assert keys.get("key-new")


def test_a_revoked_key_is_forgotten_in_time(
    keys: SigningKeys, key_server: KeyServer, clock: Clock, es256: SigningKey
) -> None:
    assert keys.get("key-rs")
    serve(key_server, es256)
    clock.now += TIME_TO_LIVE
    assert keys.get("key-rs") is None
    assert keys.get("key-es")


@pytest.mark.parametrize("fault", [httpx.ConnectError("down"), ValueError("no json")])
def test_known_keys_serve_while_the_auth_server_is_down(
    keys: SigningKeys, key_server: KeyServer, clock: Clock, fault: Exception
) -> None:
    keys.get("key-es")
    key_server.fault = fault
    for _ in range(50):
        clock.now += TIME_TO_LIVE / 50
        assert keys.get("key-es")
    assert key_server.fetches == 2


def test_the_auth_server_is_tried_again_after_an_interval(
    keys: SigningKeys, key_server: KeyServer, clock: Clock, rs256: SigningKey
) -> None:
    keys.get("key-es")
    key_server.fault = httpx.ConnectError("down")
    clock.now += TIME_TO_LIVE
    keys.get("key-es")
    key_server.fault = None
    serve(key_server, rs256)
    clock.now += REFETCH_INTERVAL
    assert keys.get("key-es") is None


def test_without_any_key_ever_fetched_nobody_can_be_judged(keys: SigningKeys, key_server: KeyServer) -> None:
    key_server.fault = httpx.ReadTimeout("slow")
    with pytest.raises(UnavailableError) as refused:
        keys.get("key-es")
    assert refused.value.reason == "auth_unavailable"
    key_server.fault = None
    assert keys.get("key-es")


UNUSABLE: list[Any] = [
    {"kty": "EC", "crv": "P-256", "kid": "bad"},
    {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA", "kid": "bad"},
    {"kty": "EC", "crv": "P-256", "x": "!", "y": "!", "kid": "bad"},
    {"kty": "RSA", "n": "!", "e": "AQAB", "kid": "bad"},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "bad", "alg": "RS512"},
    {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "bad", "alg": "HS256"},
    {"kty": "lattice", "kid": "bad"},
    {},
    None,
    "key",
    {"kty": "oct", "k": "AAAA", "kid": ["bad"]},
]


@pytest.mark.parametrize("entry", UNUSABLE, ids=str)
def test_a_key_of_no_use_does_not_spoil_the_others(
    keys: SigningKeys, key_server: KeyServer, es256: SigningKey, entry: Any
) -> None:
    key_server.document = {"keys": [entry, es256.jwk]}
    assert keys.get("bad") is None
    assert keys.get("key-es")


def test_a_key_without_an_id_is_of_no_use(
    keys: SigningKeys, key_server: KeyServer, es256: SigningKey, rs256: SigningKey
) -> None:
    unnamed = {name: value for name, value in es256.jwk.items() if name != "kid"}
    key_server.document = {"keys": [{**unnamed, "kid": ""}, unnamed, rs256.jwk]}
    assert keys.get("") is None


@pytest.mark.parametrize("document", [None, [], "keys", {"keys": None}, {"keys": 5}], ids=str)
def test_a_document_that_holds_no_keys_is_no_answer(keys: SigningKeys, key_server: KeyServer, document: Any) -> None:
    key_server.document = document
    with pytest.raises(UnavailableError):
        keys.get("key-es")


def test_a_fault_is_logged_without_its_words(keys: SigningKeys, key_server: KeyServer, log: io.StringIO) -> None:
    key_server.fault = httpx.ConnectError("https://user:password@auth.example")
    with pytest.raises(UnavailableError):
        keys.get("key-es")
    assert "the signing keys could not be fetched" in log.getvalue()
    assert "password" not in log.getvalue()


def test_the_document_is_fetched_over_http(stub: StubServer) -> None:
    stub.says(b'{"keys": []}')
    assert fetch_jwks(f"{stub.url}/auth/v1/.well-known/jwks.json") == {"keys": []}
    assert stub.asked[0].path == "/auth/v1/.well-known/jwks.json"


@pytest.mark.parametrize(("status", "body"), [(500, b'{"keys": []}'), (404, b"{}"), (200, b"<html>")])
def test_an_answer_that_is_no_document_counts_as_none(stub: StubServer, status: int, body: bytes) -> None:
    stub.says(body, status)
    with pytest.raises(UnavailableError):
        SigningKeys(lambda: fetch_jwks(stub.url)).get("key-es")
