import json

import pytest

from shared.auth.operators import require_operator
from shared.platform.errors import ForbiddenError, UnauthorizedError
from tests.support.stub_server import StubServer
from tests.support.token_issuer import ISSUER, SigningKey, claims
from tests.unit.shared.conftest import KnowSecret

SERVICE_KEY = "sb_secret_for-tests-only"


@pytest.fixture(autouse=True)
def auth_server(
    stub: StubServer, es256: SigningKey, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret
) -> StubServer:
    know_secret("/service-key", SERVICE_KEY)
    monkeypatch.setenv("SUPABASE_URL", stub.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", "anon")
    monkeypatch.setenv("SUPABASE_SERVICE_KEY_PARAMETER", "/service-key")
    monkeypatch.setenv("SUPABASE_JWT_ISSUER", ISSUER)
    stub.says(json.dumps({"keys": [es256.jwk]}).encode())
    return stub


def test_the_service_key_is_enough(auth_server: StubServer) -> None:
    require_operator(SERVICE_KEY)
    assert not auth_server.asked


@pytest.mark.parametrize("key", ["", "anon", SERVICE_KEY[:-1], SERVICE_KEY.upper(), f"{SERVICE_KEY} ", "schlüssel"])
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(UnauthorizedError):
        require_operator(key)


def test_a_user_made_operator_is_let_in(es256: SigningKey) -> None:
    require_operator(es256.token(claims(app_metadata={"role": "operator"})))


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"app_metadata": {"role": "user"}},
        {"user_metadata": {"role": "operator"}},
        {"app_metadata": {"roles": ["operator"]}},
        {"app_metadata": {"role": ["operator"]}},
    ],
    ids=str,
)
def test_another_user_is_turned_away(es256: SigningKey, metadata: dict[str, object]) -> None:
    with pytest.raises(ForbiddenError):
        require_operator(es256.token(claims(**metadata)))


def test_an_operator_whose_token_has_ended_is_nobody(es256: SigningKey) -> None:
    token = es256.token(claims(app_metadata={"role": "operator"}, exp=1_700_000_000))
    with pytest.raises(UnauthorizedError):
        require_operator(token)
