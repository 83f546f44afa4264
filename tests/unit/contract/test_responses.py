"""What holds answers of the API against the contract finds what is not as it says."""

from typing import Any

import httpx
import pytest

from tests.support.contract_responses import Contract

SESSION = {"id": "3f0c8f52-6a0b-4c8e-9d3e-0b8a1f6f9a11", "title": "x"}
WHOLE = SESSION | {"created_at": "2026-11-29T10:00:00Z", "updated_at": "2026-11-29T10:00:00Z"}
IDENTIFIED = {"x-request-id": "r"}
PROBLEM = {"content-type": "application/problem+json"}


def answer(status: int, body: Any, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=IDENTIFIED | headers)


def test_what_is_as_it_should_be_passes() -> None:
    created = answer(201, WHOLE, location="/x")
    assert Contract().check("POST", "/v1/chat/sessions", created) == ("createSession", WHOLE)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (answer(201, SESSION), "'created_at' is a required property"),
        (answer(201, WHOLE | {"title": 7}), "7 is not of type 'string'"),
        (answer(200, WHOLE), "answered 200"),
        (httpx.Response(201, json=WHOLE), "lacks X-Request-Id"),
        (answer(201, WHOLE, **{"retry-after": "5"}), "retry-after"),
        (answer(201, WHOLE, **{"content-type": "text/plain"}), "text/plain"),
        (
            answer(401, {"code": "unauthorized"}, **{"content-type": "application/problem+json"}),
            "lacks WWW-Authenticate",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.status_code),
)
def test_what_the_contract_does_not_say_is_found(told: httpx.Response, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        Contract().check("POST", "/v1/chat/sessions", told)


def test_a_path_that_is_in_no_contract_is_found() -> None:
    with pytest.raises(AssertionError, match="in no contract"):
        Contract().check("GET", "/v1/secrets", answer(200, {}))


def test_the_gateways_own_errors_are_passed_over() -> None:
    assert Contract().check("GET", "/v1/usage", httpx.Response(503, json={"message": "Service Unavailable"})) == (
        "",
        None,
    )
