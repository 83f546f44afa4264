"""Signing up, in and out with the real client; what its tokens hold; how attempts fail."""

import statistics
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import jwt
import psycopg
import pytest
from supabase import AuthApiError, Client
from supabase_auth.errors import AuthWeakPasswordError

from tests.database.gateway.actor import MakeClient, SignToken
from tests.support.gateway import Served

PASSWORD = "correct horse"


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4()}@example.org"


@pytest.fixture
def client(served: Served, supabase_client: MakeClient) -> Client:
    return supabase_client(served.anon_key)


@pytest.fixture
def user_id(client: Client, email: str) -> str:
    """A registered user, whose session `client` has."""
    user = client.auth.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"name": "Ann"}}}).user
    assert user is not None
    return user.id


def sign_in(client: Client, email: str, password: str = PASSWORD) -> str:
    session = client.auth.sign_in_with_password({"email": email, "password": password}).session
    assert session is not None
    return session.access_token


def session_tokens(client: Client) -> tuple[str, str]:
    session = client.auth.get_session()
    assert session is not None
    return session.access_token, session.refresh_token


def test_signing_up_signs_in(client: Client, email: str, user_id: str) -> None:
    found = client.auth.get_user()
    assert found is not None
    user = found.user
    assert (user.id, user.email, user.role, user.aud) == (user_id, email, "authenticated", "authenticated")
    assert user.user_metadata == {"name": "Ann"}
    assert user.app_metadata == {"provider": "email", "providers": ["email"]}
    assert user.email_confirmed_at is not None
    assert user.last_sign_in_at is not None
    assert [identity.provider for identity in user.identities or []] == ["email"]


def test_the_clients_session_reads_the_own_rows(client: Client, user_id: str) -> None:
    client.table("notes").insert({"title": "mine"}).execute()
    assert client.table("notes").select("owner").execute().data == [{"owner": user_id}]


def test_a_token_has_the_claims_of_supabase(served: Served, client: Client, email: str, user_id: str) -> None:
    token = sign_in(client, email)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims.pop("exp") - claims["iat"] == 3600
    assert claims.pop("iat") == pytest.approx(time.time(), abs=60)
    assert uuid.UUID(claims.pop("session_id"))
    assert [method["method"] for method in claims.pop("amr")] == ["password"]
    assert claims == {
        "iss": f"{served.url}/auth/v1",
        "sub": user_id,
        "aud": "authenticated",
        "role": "authenticated",
        "email": email,
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {"name": "Ann"},
        "aal": "aal1",
        "is_anonymous": False,
    }


def test_the_client_verifies_its_token_with_the_published_key(client: Client, user_id: str) -> None:
    found = client.auth.get_claims()
    assert found is not None
    assert found["claims"]["sub"] == user_id


def test_an_address_is_one_however_it_is_written(client: Client, email: str, user_id: str) -> None:
    assert sign_in(client, email.upper())
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_up({"email": email.upper(), "password": PASSWORD})
    assert (refused.value.status, refused.value.code) == (422, "user_already_exists")


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
    http: httpx.Client, served: Served, email: str, user_id: str
) -> None:
    def attempt(address: str) -> tuple[int, str]:
        answer = http.post(
            f"{served.url}/auth/v1/token?grant_type=password",
            headers={"apikey": served.anon_key},
            json={"email": address, "password": "wrong password"},
        )
        return answer.status_code, answer.text

    assert attempt(email) == attempt("nobody@example.org")
    status, text = attempt(email)
    assert status == 400
    assert text == '{"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}'


def test_an_unknown_address_takes_as_long_as_a_wrong_password(client: Client, email: str, user_id: str) -> None:
    def median_time(address: str) -> float:
        taken = []
        for _ in range(5):
            begin = time.perf_counter()
            with pytest.raises(AuthApiError):
                sign_in(client, address, "wrong password")
            taken.append(time.perf_counter() - begin)
        return statistics.median(taken)

    median_time("nobody@example.org")  # the first makes the decoy
    assert median_time("nobody@example.org") > median_time(email) / 3


def test_a_refresh_gives_a_new_pair_for_the_same_session(client: Client, user_id: str) -> None:
    old_access, old_refresh = session_tokens(client)
    client.auth.refresh_session()
    new_access, new_refresh = session_tokens(client)
    assert new_refresh != old_refresh
    sessions = {jwt.decode(t, options={"verify_signature": False})["session_id"] for t in (old_access, new_access)}
    assert len(sessions) == 1


def test_a_refresh_token_used_twice_ends_the_session(client: Client, user_id: str) -> None:
    _, stolen = session_tokens(client)
    client.auth.refresh_session()
    _, newest = session_tokens(client)
    for token in (stolen, newest):
        with pytest.raises(AuthApiError) as refused:
            client.auth.refresh_session(token)
        assert (refused.value.status, refused.value.code) == (400, "refresh_token_already_used")


def test_of_many_refreshes_at_once_with_one_token_one_succeeds(served: Served, client: Client, user_id: str) -> None:
    _, token = session_tokens(client)
    url, headers = f"{served.url}/auth/v1/token?grant_type=refresh_token", {"apikey": served.anon_key}
    with httpx.Client(headers=headers) as http, ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: http.post(url, json={"refresh_token": token}).status_code, range(10)))
    assert sorted(answers) == [200] + [400] * 9


def test_an_unknown_refresh_token_is_refused(client: Client) -> None:
    with pytest.raises(AuthApiError) as refused:
        client.auth.refresh_session("made-up")
    assert str(refused.value.code) == "refresh_token_not_found"


def test_signing_out_ends_every_session(
    served: Served, supabase_client: MakeClient, email: str, client: Client, user_id: str
) -> None:
    other = supabase_client(served.anon_key)
    sign_in(other, email)
    _, refresh_token = session_tokens(other)
    client.auth.sign_out()
    assert client.auth.get_session() is None
    with pytest.raises(AuthApiError) as refused:
        other.auth.get_user()
    assert (refused.value.status, refused.value.code) == (403, "session_not_found")
    with pytest.raises(AuthApiError):
        other.auth.refresh_session(refresh_token)


def test_signing_out_locally_leaves_the_other_sessions(
    served: Served, supabase_client: MakeClient, email: str, client: Client, user_id: str
) -> None:
    other = supabase_client(served.anon_key)
    sign_in(other, email)
    client.auth.sign_out({"scope": "local"})
    assert other.auth.get_user() is not None


def test_signing_out_the_others_keeps_this_session(
    served: Served, supabase_client: MakeClient, email: str, client: Client, user_id: str
) -> None:
    other = supabase_client(served.anon_key)
    sign_in(other, email)
    client.auth.sign_out({"scope": "others"})
    assert client.auth.get_user() is not None
    with pytest.raises(AuthApiError):
        other.auth.get_user()


def test_users_change_their_password_and_metadata(client: Client, email: str, user_id: str) -> None:
    changed = client.auth.update_user({"password": "battery staple", "data": {"name": None, "city": "Ulm"}}).user
    assert changed is not None
    assert changed.user_metadata == {"city": "Ulm"}
    assert sign_in(client, email, "battery staple")
    with pytest.raises(AuthApiError):
        sign_in(client, email)
    with pytest.raises(AuthApiError) as refused:
        client.auth.update_user({"password": "battery staple"})
    assert refused.value.code == "same_password"


def test_users_change_their_address_to_a_free_one(
    served: Served, supabase_client: MakeClient, client: Client, email: str, user_id: str
) -> None:
    supabase_client(served.anon_key).auth.sign_up({"email": f"taken-{email}", "password": PASSWORD})
    with pytest.raises(AuthApiError) as refused:
        client.auth.update_user({"email": f"taken-{email}"})
    assert refused.value.code == "email_exists"
    client.auth.update_user({"email": f"new-{email}"})
    assert sign_in(client, f"new-{email}")


def test_a_new_password_ends_the_other_sessions_only(
    served: Served, supabase_client: MakeClient, email: str, client: Client, user_id: str
) -> None:
    other = supabase_client(served.anon_key)
    sign_in(other, email)
    client.auth.update_user({"password": "battery staple"})
    assert client.auth.get_user() is not None
    with pytest.raises(AuthApiError) as refused:
        other.auth.get_user()
    assert refused.value.code == "session_not_found"


@pytest.mark.parametrize("password", ["", "short"])
def test_a_short_password_is_weak(http: httpx.Client, served: Served, email: str, password: str) -> None:
    answer = http.post(
        f"{served.url}/auth/v1/signup",
        headers={"apikey": served.anon_key},
        json={"email": email, "password": password},
    )
    assert (answer.status_code, answer.json()["error_code"]) == (422, "weak_password")


def test_the_client_understands_a_weak_password(client: Client, email: str) -> None:
    with pytest.raises(AuthWeakPasswordError) as refused:
        client.auth.sign_up({"email": email, "password": "short"})
    assert refused.value.reasons == ["length"]


def test_a_password_longer_than_bcrypt_sees_is_refused(client: Client, email: str, user_id: str) -> None:
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_up({"email": f"x{email}", "password": "ä" * 37})
    assert refused.value.code == "validation_failed"
    with pytest.raises(AuthApiError) as refused:
        sign_in(client, email, "x" * 5000)
    assert refused.value.code == "invalid_credentials"


@pytest.mark.parametrize("address", ["", "no-at-sign", "a b@example.org", "@example.org", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_refused(http: httpx.Client, served: Served, address: str) -> None:
    body = {"email": address, "password": PASSWORD}
    answer = http.post(f"{served.url}/auth/v1/signup", headers={"apikey": served.anon_key}, json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


@pytest.mark.parametrize(
    ("body", "code"), [(b"{", "bad_json"), (b"[]", "validation_failed"), (b"", "validation_failed")]
)
def test_a_bad_body_is_a_bad_request(http: httpx.Client, served: Served, body: bytes, code: str) -> None:
    url = f"{served.url}/auth/v1/token?grant_type=password"
    answer = http.post(url, headers={"apikey": served.anon_key}, content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)


def test_the_user_endpoint_wants_a_users_token(http: httpx.Client, served: Served, sign_token: SignToken) -> None:
    def refusal(**headers: str) -> tuple[int, str]:
        answer = http.get(f"{served.url}/auth/v1/user", headers={"apikey": served.anon_key, **headers})
        return answer.status_code, answer.json()["error_code"]

    assert refusal() == (401, "no_authorization")
    assert refusal(Authorization=f"Bearer {served.service_key}") == (403, "bad_jwt")
    assert refusal(Authorization="Bearer nonsense") == (403, "bad_jwt")
    assert refusal(Authorization=f"Bearer {sign_token(str(uuid.uuid4()))}") == (403, "user_not_found")
    assert refusal(Authorization=f"Bearer {sign_token('not a uuid')}") == (403, "bad_jwt")


def test_neither_passwords_nor_refresh_tokens_are_stored(
    client: Client, email: str, user_id: str, database: psycopg.Connection
) -> None:
    _, refresh_token = session_tokens(client)
    stored = database.execute("select u::text from auth.users u union all select t::text from auth.refresh_tokens t")
    everything = "".join(row[0] for row in stored)
    assert email in everything
    assert "$2b$10$" in everything
    assert PASSWORD not in everything
    assert refresh_token not in everything


def test_the_auth_tables_are_out_of_reach_for_the_api(client: Client, database: psycopg.Connection) -> None:
    query = (
        "select has_table_privilege(role, name, 'select') from unnest(array['anon', 'authenticated', 'service_role'])"
    )
    query += " as role, unnest(array['auth.users', 'auth.sessions', 'auth.refresh_tokens']) as name"
    assert {row[0] for row in database.execute(query)} == {False}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "otp"),
        ("GET", "settings"),
        ("GET", "admin/audit"),
        ("POST", "recover"),
        ("GET", "authorize"),
        ("POST", "token?grant_type=pkce"),
    ],
)
def test_the_rest_of_gotrue_is_not_implemented(http: httpx.Client, served: Served, method: str, path: str) -> None:
    answer = http.request(method, f"{served.url}/auth/v1/{path}", headers={"apikey": served.anon_key})
    assert (answer.status_code, answer.json()["error_code"]) == (501, "not_implemented")
