from uuid import UUID

import pytest

from shared.account.deletion import delete_user
from shared.platform.errors import UnavailableError
from tests.support.stub_server import StubServer
from tests.unit.shared.conftest import KnowSecret

USER = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture(autouse=True)
def auth_server(stub: StubServer, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> StubServer:
    know_secret("/service-key", "a.b.c")
    monkeypatch.setenv("SUPABASE_URL", stub.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", "anon")
    monkeypatch.setenv("SUPABASE_SERVICE_KEY_PARAMETER", "/service-key")
    return stub


def test_a_user_is_deleted_for_good_by_the_service(auth_server: StubServer) -> None:
    delete_user(USER)

    (asked,) = auth_server.asked
    assert (asked.method, asked.path) == ("DELETE", f"/auth/v1/admin/users/{USER}")
    assert (asked.headers["apikey"], asked.headers["authorization"]) == ("a.b.c", "Bearer a.b.c")
    assert asked.body == b'{"should_soft_delete":false}'


def test_a_key_that_is_no_jwt_is_not_sent_as_a_token(auth_server: StubServer, know_secret: KnowSecret) -> None:
    know_secret("/service-key", "sb_secret_x")
    delete_user(USER)

    (asked,) = auth_server.asked
    assert (asked.headers["apikey"], asked.headers.get("authorization")) == ("sb_secret_x", None)


def test_a_user_who_is_gone_already_is_deleted(auth_server: StubServer) -> None:
    auth_server.says(b'{"code":404,"error_code":"user_not_found","msg":"User not found"}', status=404)

    delete_user(USER)


@pytest.mark.parametrize(("status", "body"), [(404, b"no such page"), (401, b"{}"), (429, b"{}"), (500, b"{}")])
def test_any_other_refusal_leaves_the_user_to_the_next_attempt(
    auth_server: StubServer, status: int, body: bytes
) -> None:
    auth_server.says(body, status=status)

    with pytest.raises(UnavailableError, match="try again") as refusal:
        delete_user(USER)
    assert refusal.value.reason == "auth_unavailable"


def test_an_auth_server_out_of_reach_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPABASE_URL", "http://127.0.0.1:9")

    with pytest.raises(UnavailableError):
        delete_user(USER)
