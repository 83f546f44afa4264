"""API keys and bearer tokens: which are accepted, as whom, and how the others are refused."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.local.supabase_gateway.claims import CLOCK_SKEW
from infra.local.supabase_gateway.keys import Keys
from tests.database.gateway.actor import MakeClient, OpenRest, SignToken
from tests.support.gateway import Served

SOMEBODY = str(uuid.uuid4())


def role_of(client: httpx.Client) -> object:
    return client.post("/rpc/caller").json()["role"]


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_a_request_without_an_api_key_is_refused(http: httpx.Client, served: Served, sign_token: SignToken) -> None:
    for path in ("/rest/v1/notes", "/auth/v1/health", "/auth/v1/token?grant_type=password"):
        answer = http.request("POST", served.url + path, headers={"Authorization": f"Bearer {sign_token(SOMEBODY)}"})
        assert (answer.status_code, answer.json()["message"]) == (401, "No API key found in request")


@pytest.mark.parametrize("api_key", ["x", "sb_secret_x", "ey.ey.x"])
def test_an_unknown_api_key_is_refused(open_rest: OpenRest, api_key: str) -> None:
    answer = open_rest(api_key).get("/notes")
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid API key")


def test_a_users_token_is_no_api_key(open_rest: OpenRest, sign_token: SignToken) -> None:
    assert open_rest(sign_token(SOMEBODY)).get("/notes").status_code == 401


def test_each_api_key_stands_for_its_role(open_rest: OpenRest, gateway_keys: Keys) -> None:
    keys = (gateway_keys.anon_key, gateway_keys.publishable_key, gateway_keys.service_key, gateway_keys.secret_key)
    assert [role_of(open_rest(key)) for key in keys] == ["anon", "anon", "service_role", "service_role"]


def test_an_opaque_key_is_tolerated_as_bearer_only_beside_itself(open_rest: OpenRest, gateway_keys: Keys) -> None:
    assert role_of(open_rest(gateway_keys.secret_key, gateway_keys.secret_key)) == "service_role"
    refused = open_rest(gateway_keys.anon_key, gateway_keys.secret_key).get("/notes")
    assert (refused.status_code, refused.json()["code"]) == (401, "PGRST301")


def test_the_real_client_works_with_opaque_keys(supabase_client: MakeClient, gateway_keys: Keys) -> None:
    for key, role in ((gateway_keys.publishable_key, "anon"), (gateway_keys.secret_key, "service_role")):
        found = supabase_client(key).rpc("caller").execute().data
        assert isinstance(found, dict)
        assert found["role"] == role


def test_the_bearer_token_decides_over_the_api_key(
    open_rest: OpenRest, gateway_keys: Keys, sign_token: SignToken
) -> None:
    assert role_of(open_rest(gateway_keys.service_key, sign_token(SOMEBODY))) == "authenticated"
    assert role_of(open_rest(gateway_keys.service_key, gateway_keys.anon_key)) == "anon"
    assert role_of(open_rest(gateway_keys.anon_key, gateway_keys.service_key)) == "service_role"


def refusal(http: httpx.Client, served: Served, token: str) -> tuple[int, str, str]:
    headers = {"apikey": served.anon_key, "Authorization": f"Bearer {token}"}
    answer = http.post(f"{served.url}/rest/v1/rpc/caller", headers=headers)
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    return answer.status_code, answer.json().get("code"), answer.json().get("message")


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": int(time.time()) - 60}, "JWT expired"),
        ({"nbf": int(time.time()) + 600}, "JWT not yet valid"),
        ({"iat": int(time.time()) + 600}, "JWT not yet valid"),
        ({"aud": "another"}, "JWT not in audience"),
        ({"aud": ["another", "third"]}, "JWT not in audience"),
    ],
)
def test_claims_that_do_not_hold_are_refused(
    http: httpx.Client, served: Served, sign_token: SignToken, claims: dict[str, object], message: str
) -> None:
    assert refusal(http, served, sign_token(SOMEBODY, **claims)) == (401, "PGRST303", message)


def test_a_token_that_was_accepted_is_refused_once_it_has_expired(
    http: httpx.Client, served: Served, sign_token: SignToken
) -> None:
    nearly_over = sign_token(SOMEBODY, exp=int(time.time()) - CLOCK_SKEW + 2)
    assert refusal(http, served, nearly_over)[0] == 200
    deadline = time.monotonic() + 20
    while (outcome := refusal(http, served, nearly_over))[0] == 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert outcome == (401, "PGRST303", "JWT expired")


def test_one_of_several_audiences_is_enough(http: httpx.Client, served: Served, sign_token: SignToken) -> None:
    assert refusal(http, served, sign_token(SOMEBODY, aud=["x", "authenticated"]))[0] == 200


def test_a_token_of_another_key_is_refused(http: httpx.Client, served: Served) -> None:
    token = jwt.encode({"role": "service_role"}, ec.generate_private_key(ec.SECP256R1()), "ES256")
    assert refusal(http, served, token) == (401, "PGRST301", "No suitable key or wrong key type")


def test_an_unsigned_token_is_refused(http: httpx.Client, served: Served) -> None:
    for algorithm in ("none", "None", "NONE"):
        token = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded({'role': 'service_role'})}."
        assert refusal(http, served, token)[:2] == (401, "PGRST301")


def test_a_token_signed_with_the_public_key_as_secret_is_refused(
    http: httpx.Client, served: Served, gateway_keys: Keys
) -> None:
    public_key = gateway_keys.verifier.key
    secrets = [
        public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        json.dumps(gateway_keys.public_jwk).encode(),
    ]
    for secret in secrets:
        signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded({'role': 'service_role'})}"
        signature = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).decode().rstrip("=")
        expected = (401, "PGRST301", "Wrong or unsupported encoding algorithm")
        assert refusal(http, served, f"{signed}.{signature}") == expected


def test_a_changed_token_is_refused(http: httpx.Client, served: Served, sign_token: SignToken) -> None:
    header, _, signature = sign_token(SOMEBODY).split(".")
    forged = f"{header}.{encoded({'role': 'service_role', 'exp': int(time.time()) + 60})}.{signature}"
    assert refusal(http, served, forged)[:2] == (401, "PGRST301")


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "...", "e30.e30"])
def test_what_is_no_token_is_refused(http: httpx.Client, served: Served, token: str) -> None:
    assert refusal(http, served, token) == (401, "PGRST301", "JWT couldn't be decoded")


def test_the_published_key_verifies_tokens_and_cannot_sign(
    http: httpx.Client, served: Served, sign_token: SignToken
) -> None:
    for path in ("/auth/v1/.well-known/jwks.json", "/.well-known/jwks.json"):
        answer = http.get(served.url + path)
        assert answer.headers["cache-control"] == "public, max-age=600"
        (key,) = answer.json()["keys"]
        assert "d" not in key
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        token = sign_token(SOMEBODY)
        assert jwt.get_unverified_header(token)["kid"] == key["kid"]
        assert jwt.decode(token, jwt.PyJWK(key), ["ES256"], audience="authenticated")["sub"] == SOMEBODY
