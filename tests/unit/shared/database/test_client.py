import io
import json
import time
from uuid import UUID

import pytest

from shared.auth.principal import Principal
from shared.database.client import Database, connections
from shared.platform.errors import DomainError, NotFoundError, UnavailableError
from shared.platform.secrets import TIME_TO_LIVE, known_secrets
from tests.support.stub_server import Response, StubServer
from tests.unit.shared.conftest import KnowSecret

USER = Principal(UUID(int=1), "users.own.token")
LEGACY_KEY = "header.service_role.signature"


@pytest.fixture
def postgrest(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> StubServer:
    monkeypatch.setenv("SUPABASE_URL", f"{stub.url}/")
    monkeypatch.setenv("SUPABASE_ANON_KEY", "sb_publishable_key")
    monkeypatch.setenv("SUPABASE_SERVICE_KEY_PARAMETER", "/service-key")
    stub.says(b'{"ok": true}')
    return stub


def sent(postgrest: StubServer) -> tuple[str | None, str | None]:
    headers = postgrest.asked[-1].headers
    return headers.get("apikey"), headers.get("authorization")


def test_a_user_speaks_under_the_own_token(postgrest: StubServer) -> None:
    Database.as_user(USER).rpc("anything")
    assert sent(postgrest) == ("sb_publishable_key", "Bearer users.own.token")


def test_a_new_service_key_is_no_bearer_token(postgrest: StubServer, know_secret: KnowSecret) -> None:
    know_secret("/service-key", "sb_secret_key")
    Database.as_service().rpc("anything")
    assert sent(postgrest) == ("sb_secret_key", None)


def test_a_legacy_service_key_is_also_the_bearer_token(postgrest: StubServer, know_secret: KnowSecret) -> None:
    know_secret("/service-key", LEGACY_KEY)
    Database.as_service().rpc("anything")
    assert sent(postgrest) == (LEGACY_KEY, f"Bearer {LEGACY_KEY}")


def test_the_database_is_told_which_function_asks(postgrest: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "hercules-prod-get_usage")
    Database(postgrest.url, "key", timeout=7.0).rpc("anything")
    connections(7.0).close()
    assert postgrest.asked[-1].headers["user-agent"] == "hercules-prod-get_usage"


def test_a_function_is_called_with_its_arguments(postgrest: StubServer) -> None:
    assert Database.as_user(USER).rpc("begin", p_one=1, p_two=None) == {"ok": True}
    (asked,) = postgrest.asked
    assert (asked.path, json.loads(asked.body)) == ("/rest/v1/rpc/begin", {"p_one": 1, "p_two": None})


def test_a_table_is_read_by_the_query_that_was_built(postgrest: StubServer) -> None:
    postgrest.says(b'[{"id": 1}]')
    database = Database.as_user(USER)
    assert database.run(database.table("things").select("id").eq("name", "x")) == [{"id": 1}]
    assert postgrest.asked[0].path == "/rest/v1/things?select=id&name=eq.x"


def test_an_error_of_the_database_is_a_domain_error(postgrest: StubServer) -> None:
    postgrest.says(b'{"code": "PT404", "message": "session_not_found", "details": null, "hint": null}', status=404)
    with pytest.raises(NotFoundError) as refused:
        Database.as_user(USER).rpc("begin")
    assert refused.value.reason == "session_not_found"
    assert refused.value.__cause__ is None


EDGE = {
    "a page of Cloudflare": b"<html>Web server is down</html>",
    "nothing": b"",
    "JSON that is not PostgREST's": b'{"message": "upstream"}',
}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 520, 521, 522, 523, 525, 530, 540])
@pytest.mark.parametrize("body", EDGE.values(), ids=EDGE.keys())
def test_an_edge_without_its_database_is_unavailable(postgrest: StubServer, status: int, body: bytes) -> None:
    postgrest.says(body, status)
    with pytest.raises(UnavailableError) as refused:
        Database.as_user(USER).rpc("begin")
    assert (refused.value.reason, refused.value.retry_after) == ("database_unavailable", 5)


def test_a_page_in_place_of_a_result_is_no_result(postgrest: StubServer) -> None:
    postgrest.says(b"<html>Maintenance</html>", 200, "text/html")
    with pytest.raises(UnavailableError):
        Database.as_user(USER).rpc("begin")


@pytest.mark.parametrize(("said", "seconds"), [("30", 30), ("86400", 60), ("0", 1), ("soon", 5)])
def test_the_edges_own_wait_is_passed_on_within_a_minute(postgrest: StubServer, said: str, seconds: int) -> None:
    postgrest.reply = lambda _: Response(b"", 429, headers={"Retry-After": said})
    with pytest.raises(UnavailableError) as refused:
        Database.as_user(USER).rpc("begin")
    assert refused.value.retry_after == seconds


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_or_address_that_the_edge_refuses_is_the_operators_and_signs_nobody_out(
    postgrest: StubServer, status: int, log: io.StringIO
) -> None:
    postgrest.says(b'{"message": "Invalid API key"}', status)
    with pytest.raises(DomainError) as refused:
        Database.as_user(USER).rpc("begin")
    assert (refused.value.status, refused.value.reason) == (500, "database_misconfigured")
    assert "refuses our key or address" in log.getvalue()


def test_a_call_is_not_repeated_by_itself(postgrest: StubServer) -> None:
    postgrest.says(b"", status=503)
    with pytest.raises(DomainError):
        Database.as_user(USER).rpc("begin")
    assert len(postgrest.asked) == 1


def test_a_database_that_cannot_be_reached_is_unavailable(
    postgrest: StubServer, monkeypatch: pytest.MonkeyPatch, nobody: str, log: io.StringIO
) -> None:
    monkeypatch.setenv("SUPABASE_URL", nobody)
    with pytest.raises(UnavailableError) as refused:
        Database.as_user(USER).rpc("begin", p_content="my left knee")
    assert refused.value.reason == "database_unavailable"
    assert "the database did not answer" in log.getvalue()
    assert "knee" not in log.getvalue()


def test_a_service_key_that_is_refused_is_read_anew_the_next_time(postgrest: StubServer) -> None:
    known_secrets()["/service-key"] = (time.monotonic() - 60, "sb_secret_old")
    postgrest.says(b'{"message": "Invalid API key"}', 401)
    with pytest.raises(DomainError):
        Database.as_service().rpc("begin")
    read_at, _ = known_secrets()["/service-key"]

    assert time.monotonic() - read_at >= TIME_TO_LIVE
