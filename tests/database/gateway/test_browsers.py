"""What pages of another origin may do, as a browser asks for it."""

import uuid

import httpx
import pytest

from tests.support.gateway import Served

ORIGIN = "http://localhost:8081"
SENT_BY_SUPABASE_JS = "accept-profile,apikey,authorization,content-type,prefer,range,x-client-info"


def preflight(http: httpx.Client, url: str, method: str) -> httpx.Response:
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": method,
        "access-control-request-headers": SENT_BY_SUPABASE_JS,
    }
    return http.options(url, headers=asked)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/auth/v1/signup", "POST"),
        ("/auth/v1/token?grant_type=password", "POST"),
        ("/auth/v1/user", "PUT"),
        ("/rest/v1/notes", "GET"),
        ("/rest/v1/notes", "PATCH"),
        ("/rest/v1/rpc/echo", "POST"),
        ("/storage/v1/object/a", "POST"),
    ],
)
def test_a_preflight_lets_any_origin_send_what_supabase_js_sends(
    http: httpx.Client, served: Served, path: str, method: str
) -> None:
    answer = preflight(http, served.url + path, method)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == SENT_BY_SUPABASE_JS
    assert method in answer.headers["access-control-allow-methods"].replace(" ", "").split(",")
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_can_read_rows_and_how_many_there_are(http: httpx.Client, served: Served) -> None:
    answer = http.get(f"{served.url}/rest/v1/notes", headers={"origin": ORIGIN, "apikey": served.anon_key})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in answer.headers["access-control-expose-headers"].split(", ")


def test_a_page_can_sign_up(http: httpx.Client, served: Served) -> None:
    person = {"email": f"{uuid.uuid4()}@example.org", "password": "correct horse"}
    headers = {"origin": ORIGIN, "apikey": served.anon_key}
    answer = http.post(f"{served.url}/auth/v1/signup", json=person, headers=headers)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/rest/v1/no_such_table", 404), ("/auth/v1/user", 401), ("/auth/v1/otp", 501), ("/storage/v1/bucket", 501)],
)
def test_a_page_can_read_why_it_was_refused(http: httpx.Client, served: Served, path: str, status: int) -> None:
    answer = http.get(served.url + path, headers={"origin": ORIGIN, "apikey": served.anon_key})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, "*")


@pytest.mark.parametrize("path", ["/local/requests", "/health"])
def test_no_page_can_read_about_the_gateway_itself(http: httpx.Client, served: Served, path: str) -> None:
    answer = http.get(served.url + path, headers={"origin": ORIGIN})

    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in preflight(http, served.url + path, "DELETE").headers
