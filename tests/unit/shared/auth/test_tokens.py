import io
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.auth.signing_keys import SigningKeys
from shared.auth.tokens import MAX_LENGTH, TokenVerifier, verifier
from shared.platform.errors import UnauthorizedError
from tests.support.properties import unhurried
from tests.support.stub_server import StubServer
from tests.support.token_issuer import AUDIENCE, ISSUER, SECRET, USER, SigningKey, claims, hs256, part
from tests.unit.shared.auth.conftest import KeyServer
from tests.unit.shared.conftest import KnowSecret

json_values = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2)
headers = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["none", "ES256", "RS256", "HS256", "ES512"]) | json_values,
        "kid": st.sampled_from(["key-es", "key-rs"]) | json_values,
        "typ": json_values,
        "crit": json_values,
        "b64": json_values,
        "zip": json_values,
    },
)
parts = st.text(max_size=30) | (headers | json_values).map(part) | st.binary(max_size=60).map(part)
garbage = st.text() | st.lists(parts, max_size=5).map(".".join)


def refuse(verifying: TokenVerifier, token: str) -> UnauthorizedError:
    with pytest.raises(UnauthorizedError) as refused:
        verifying.verify(token)
    return refused.value


@pytest.fixture
def legacy(key_server: KeyServer) -> TokenVerifier:
    """Of a project whose HS256 secret is set."""
    return TokenVerifier(ISSUER, AUDIENCE, SigningKeys(key_server.fetch), SECRET)


@pytest.mark.parametrize("kind", ["es256", "rs256"])
def test_a_token_of_a_signed_in_user_says_who_asks(
    verifying: TokenVerifier, legacy: TokenVerifier, request: pytest.FixtureRequest, kind: str
) -> None:
    token = request.getfixturevalue(kind).token()
    for each in (verifying, legacy):
        user = each.verify(token)
        assert (user.user_id, user.token, user.app_role) == (USER, token, "")


def test_a_user_is_shown_without_the_token(verifying: TokenVerifier, es256: SigningKey) -> None:
    token = es256.token()
    assert token not in repr(verifying.verify(token))


@pytest.mark.parametrize(
    ("app_metadata", "role"),
    [({"role": "operator"}, "operator"), ({}, ""), (None, ""), ("operator", ""), (["role"], "")],
)
def test_the_role_in_the_app_is_in_app_metadata(
    verifying: TokenVerifier, es256: SigningKey, app_metadata: Any, role: str
) -> None:
    token = es256.token(claims(app_metadata=app_metadata, user_metadata={"role": "admin"}))
    assert verifying.verify(token).app_role == role


def test_clocks_may_differ_a_little(verifying: TokenVerifier, es256: SigningKey) -> None:
    assert verifying.verify(es256.token(claims(exp=int(time.time()) - 1)))


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": 1_700_000_000},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"exp": "soon"},
        {"aud": "anon"},
        {"aud": ["anon", "service_role"]},
        {"iss": "https://other.supabase.co/auth/v1"},
        {"iss": f"{ISSUER}/"},
        {"role": "anon"},
        {"role": "service_role"},
        {"role": ["authenticated"]},
        {"role": ""},
        {"sub": "root"},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=str,
)
def test_a_token_with_another_claim_is_refused(
    verifying: TokenVerifier, es256: SigningKey, changed: dict[str, Any]
) -> None:
    refuse(verifying, es256.token(claims(**changed)))


def test_a_token_that_has_expired_is_told_apart_and_no_other(verifying: TokenVerifier, es256: SigningKey) -> None:
    expired = refuse(verifying, es256.token(claims(exp=1_700_000_000)))
    assert (expired.reason, expired.detail) == ("token_expired", "The access token has expired.")
    forged = SigningKey.es256("key-es").token(claims(exp=1_700_000_000))
    assert refuse(verifying, forged).reason == "unauthorized"


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"exp": 1_700_000_000}, "ExpiredSignatureError"),
        ({"aud": "anon"}, "InvalidAudienceError"),
        ({"iss": "https://evil.example"}, "InvalidIssuerError"),
        ({"role": "anon"}, "AnotherRole"),
        ({"sub": "root"}, "ValueError"),
        ({"padding": "x" * MAX_LENGTH}, "TooLong"),
    ],
    ids=str,
)
def test_the_log_says_why_a_token_was_refused_and_nothing_of_it(
    verifying: TokenVerifier, es256: SigningKey, log: io.StringIO, changed: dict[str, Any], cause: str
) -> None:
    refuse(verifying, es256.token(claims(**changed)))

    entry = json.loads(log.getvalue())
    assert (entry["message"], entry["cause"]) == ("a token was refused", cause)
    assert "evil" not in log.getvalue()


@pytest.mark.parametrize("claim", ["exp", "iss", "aud", "sub", "role"])
def test_no_claim_may_be_missing(verifying: TokenVerifier, es256: SigningKey, claim: str) -> None:
    refuse(verifying, es256.token(claims(**{claim: None})))


@pytest.mark.parametrize("header", [{"kid": None}, {"kid": "unknown"}, {"kid": ""}, {"kid": "key-rs"}], ids=str)
def test_a_token_must_name_the_key_that_signed_it(
    verifying: TokenVerifier, es256: SigningKey, header: dict[str, Any]
) -> None:
    refuse(verifying, es256.token(**header))


def test_another_key_cannot_sign_under_a_known_name(verifying: TokenVerifier) -> None:
    refuse(verifying, SigningKey.es256("key-es").token())


def test_an_algorithm_other_than_the_keys_own_is_refused(verifying: TokenVerifier, rs256: SigningKey) -> None:
    refuse(verifying, jwt.encode(claims(), rs256.private, "RS512", headers={"kid": "key-rs"}))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_token_without_a_signature_is_refused(
    verifying: TokenVerifier, legacy: TokenVerifier, algorithm: str, signature: str
) -> None:
    token = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'key-es'})}.{part(claims())}.{signature}"
    refuse(verifying, token)
    refuse(legacy, token)


def test_a_public_key_does_not_serve_as_a_secret(
    verifying: TokenVerifier, legacy: TokenVerifier, es256: SigningKey, rs256: SigningKey
) -> None:
    for key in (es256, rs256):
        token = hs256(key.public_pem, kid=key.kid)
        refuse(verifying, token)
        refuse(legacy, token)


def test_hs256_is_accepted_only_where_its_secret_is_set(verifying: TokenVerifier, legacy: TokenVerifier) -> None:
    token = hs256(SECRET.encode())
    assert legacy.verify(token).user_id == USER
    refuse(verifying, token)
    refuse(verifying, hs256(SECRET.encode(), kid="key-es"))
    refuse(verifying, hs256(b""))


def test_another_secret_is_refused(legacy: TokenVerifier) -> None:
    refuse(legacy, hs256(SECRET.upper().encode()))


def test_a_token_that_was_changed_is_refused(verifying: TokenVerifier, es256: SigningKey) -> None:
    header, _, signature = es256.token().split(".")
    changed = part(claims(sub="0198a5f0-0000-7000-8000-00000000000b"))
    refuse(verifying, f"{header}.{changed}.{signature}")
    refuse(verifying, f"{header}.{changed}.")


def test_a_token_longer_than_a_header_line_is_refused_unread(
    verifying: TokenVerifier, key_server: KeyServer, es256: SigningKey
) -> None:
    token = es256.token(claims(padding="x" * MAX_LENGTH))
    refuse(verifying, token)
    assert key_server.fetches == 0


@settings(unhurried, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=garbage)
def test_garbage_is_refused_and_nothing_else_happens(
    verifying: TokenVerifier, legacy: TokenVerifier, token: str
) -> None:
    refuse(verifying, token)
    refuse(legacy, token)


def test_deeply_nested_garbage_is_refused(verifying: TokenVerifier) -> None:
    nested = part(b"[" * (MAX_LENGTH * 3 // 4 - 10))
    assert len(nested) < MAX_LENGTH
    refuse(verifying, f"{nested}.e30.AAAA")


def test_a_refusal_says_nothing_of_the_token(verifying: TokenVerifier, es256: SigningKey) -> None:
    error = refuse(verifying, es256.token(claims(iss="https://evil.example")))
    assert "evil" not in f"{error!r} {error.detail} {error.extra}"
    assert error.__cause__ is None


def test_the_verifier_of_a_process_asks_its_own_project(
    stub: StubServer, monkeypatch: pytest.MonkeyPatch, es256: SigningKey
) -> None:
    monkeypatch.setenv("SUPABASE_URL", stub.url)
    stub.says(json.dumps({"keys": [es256.jwk]}).encode())
    token = es256.token(claims(iss=f"{stub.url}/auth/v1"))
    assert verifier().verify(token).user_id == USER
    assert verifier().verify(token).user_id == USER
    assert [asked.path for asked in stub.asked] == ["/auth/v1/.well-known/jwks.json"]
    refuse(verifier(), es256.token())


def test_the_legacy_secret_is_read_where_a_parameter_is_named(
    monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret, nobody: str
) -> None:
    know_secret("/jwt-secret", SECRET)
    monkeypatch.setenv("SUPABASE_URL", nobody)
    monkeypatch.setenv("SUPABASE_JWT_ISSUER", ISSUER)
    monkeypatch.setenv("SUPABASE_JWT_SECRET_PARAMETER", "/jwt-secret")
    assert verifier().verify(hs256(SECRET.encode())).user_id == USER
