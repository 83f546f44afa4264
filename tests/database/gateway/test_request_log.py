"""The list of served requests, by which tests of callers count their round trips."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.database.gateway.actor import Actor
from tests.support.gateway import Served


@pytest.fixture(autouse=True)
def _empty_log(http: httpx.Client, served: Served) -> None:
    assert http.delete(f"{served.url}/local/requests").status_code == 204


def entries(http: httpx.Client, served: Served) -> list[dict[str, object]]:
    found: list[dict[str, object]] = http.get(f"{served.url}/local/requests").json()
    return found


def test_each_request_is_noted_with_who_made_it_and_how_it_ended(
    http: httpx.Client, served: Served, owner: Actor, service: httpx.Client
) -> None:
    owner.rest.get("/notes?title=eq.secret")
    service.post("/rpc/add", json={"a": "not a number"})
    http.get(f"{served.url}/rest/v1/notes")
    noted = entries(http, served)
    moments = [datetime.fromisoformat(str(entry.pop("at"))) for entry in noted]
    assert {entry.pop("agent") for entry in noted} == {http.headers["user-agent"]}
    assert noted == [
        {"method": "GET", "path": "/rest/v1/notes", "role": "authenticated", "sub": owner.id, "status": 200},
        {"method": "POST", "path": "/rest/v1/rpc/add", "role": "service_role", "sub": None, "status": 400},
        {"method": "GET", "path": "/rest/v1/notes", "role": None, "sub": None, "status": 401},
    ]
    assert moments == sorted(moments)
    assert moments[-1] <= datetime.now(UTC)


def test_looking_at_the_log_is_not_noted(http: httpx.Client, served: Served) -> None:
    http.get(f"{served.url}/health")
    entries(http, served)
    assert entries(http, served) == []


def test_no_token_key_or_query_is_kept(http: httpx.Client, served: Served, owner: Actor) -> None:
    owner.rest.post("/notes?select=title", json={"title": "the body"})
    text = http.get(f"{served.url}/local/requests").text
    assert not any(part in text for part in (owner.token, served.anon_key, "select", "the body"))
