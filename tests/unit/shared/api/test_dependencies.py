import json

import pytest
from starlette.testclient import TestClient

from shared.platform.process import forget
from shared.platform.secrets import known_secrets
from tests.support.stub_server import StubServer
from tests.support.token_issuer import ISSUER, USER, SigningKey, claims
from tests.unit.shared.conftest import KnowSecret

SERVICE_KEY = "sb_secret_for-tests-only"


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.es256("key-es")


@pytest.fixture(autouse=True)
def project(stub: StubServer, key: SigningKey, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> StubServer:
    """A Supabase project that serves its keys; its service key is known."""
    know_secret("/service-key", SERVICE_KEY)
    monkeypatch.setenv("SUPABASE_URL", stub.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", "anon")
    monkeypatch.setenv("SUPABASE_SERVICE_KEY_PARAMETER", "/service-key")
    monkeypatch.setenv("SUPABASE_JWT_ISSUER", ISSUER)
    stub.says(json.dumps({"keys": [key.jwk]}).encode())
    return stub


def bearer(token: str, scheme: str = "Bearer") -> dict[str, str]:
    return {"authorization": f"{scheme} {token}"}


def test_a_valid_token_says_who_asks(client: TestClient, key: SigningKey) -> None:
    answer = client.get("/me", headers=bearer(key.token()))
    assert (answer.status_code, answer.json()) == (200, str(USER))


@pytest.mark.parametrize("path", ["/me", "/service", "/operator"])
@pytest.mark.parametrize(
    "headers",
    [{}, bearer(""), bearer("a.b.c"), bearer("dXNlcjpwYXNz", scheme="Basic"), {"authorization": "a.b.c"}],
    ids=str,
)
def test_without_a_valid_token_nobody_gets_in(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_the_service_key_is_not_read_for_a_stranger(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    forget(known_secrets)
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    assert client.get("/service", headers=bearer("a.b.c")).status_code == 401


@pytest.mark.parametrize("headers", [bearer(SERVICE_KEY), {"apikey": SERVICE_KEY}], ids=["bearer", "apikey"])
def test_the_service_key_opens_the_operators_door(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/operator", headers=headers).json() == "reached"


def test_a_user_does_not_come_through_the_operators_door(client: TestClient, key: SigningKey) -> None:
    answer = client.get("/operator", headers=bearer(key.token()))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_an_operators_token_opens_it(client: TestClient, key: SigningKey) -> None:
    token = key.token(claims(app_metadata={"role": "operator"}))
    assert client.get("/operator", headers=bearer(token)).json() == "reached"


@pytest.mark.parametrize("sent", [None, "k", "0198a5f0-0000-7000", "order 7 / try 1", "x" * 255])
def test_an_idempotency_key_is_taken_as_it_is(client: TestClient, sent: str | None) -> None:
    answer = client.post("/repeatable", headers={"idempotency-key": sent} if sent else {})
    assert (answer.status_code, answer.json()) == (200, sent)


@pytest.mark.parametrize("sent", [b"", b"x" * 256, "schlüssel".encode(), b"tab\tbed"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(client: TestClient, sent: bytes) -> None:
    answer = client.post("/repeatable", headers=[(b"idempotency-key", sent)])
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["errors"]] == ["header.Idempotency-Key"]


def test_outside_of_lambda_there_is_time(client: TestClient) -> None:
    assert 0 < client.get("/time").json() <= 30
