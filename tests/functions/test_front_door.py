"""What every HTTP function does alike: refuse strangers, and say so when a service behind it is down."""

import re
from typing import Any

import jwt
import pytest
from fastapi.routing import APIRoute

from infra.local.processes import ROOT
from infra.local.supabase_gateway.keys import Keys
from infra.openapi import routers
from infra.packaging.table import functions
from shared.platform import settings
from shared.platform.process import forget
from shared.platform.request_body import RequestBody
from tests.support.functions.invocations import Answer, User, request
from tests.support.stub_server import stub_server

NOTHING = "00000000-0000-4000-8000-000000000000"
# Of those whose request must have a body.
BODIES: dict[str, Any] = {
    "create_session": {},
    "send_message": {"content": "How deep should I squat?"},
    "update_session": {"title": "Mine"},
    "rate_message": {"rating": 1},
    "update_profile": {"goals": ["run"]},
    "update_memory": {"fact": "Trains at six."},
    "log_workout": {
        "performed_on": "2026-11-20",
        "minutes": 40,
        "notes": None,
        "exercises": [{"name": "Squat", "sets": 3, "reps": 8, "seconds": None, "load_kg": 60, "rest_seconds": 120}],
    },
    "change_workout": {"minutes": 45},
    "embed_doc": {"source": "a.md", "text": "Rest."},
    "create_upload": {"source": "a.md", "content_type": "text/markdown", "size": 5},
    "search_knowledge": {"query": "Rest?"},
    "approve_action": {"version": 1},
    "reject_action": {},
    "create_room": {"task_prompt": "A plan for my first pull-up."},
    "answer_room": {"answer": "Three."},
    "share_room": {"shared": True},
    "hold_room": {"paused": True},
    "change_plan": {"criteria": ["It is short."]},
    "continue_room": {"follow_up": "Make it shorter."},
    "export_room_file": {"format": "pdf"},
    "create_room_upload": {"filename": "a.md", "size": 1, "sha256": "0" * 64},
}
# Of those whose address must say what is asked for.
QUERIES = {"search_messages": {"words": "squat"}}
OPEN = {"health"}
OPERATORS_ONLY = {
    *("embed_doc", "create_upload", "list_docs", "delete_doc", "search_knowledge"),
    *("inspect_deployment", "operations"),
}


TABLE = functions(ROOT)
# The first route of each function that is asked over HTTP, or the one that takes the service key.
ROUTES = {
    name: event["httpApi"]
    for name, entry in TABLE.items()
    for event in reversed(entry.get("events", []))
    if "httpApi" in event and name not in OPEN
} | {"list_events": "GET /v1/rooms/{room_id}/events"}
SERVICE_KEY_HOLDERS = {name for name in ROUTES if "service_key" in TABLE[name]["needs"]} - OPERATORS_ONLY


def ask(function: str, token: str) -> Answer:
    method, path = ROUTES[function].split()
    return request(
        function, method, re.sub(r"\{\w+\}", NOTHING, path), token, BODIES.get(function), QUERIES.get(function)
    )


# A number for a boolean, a text or a boolean for a number, in every body that has one of them.
LAX: list[tuple[str, dict[str, Any]]] = [
    *[("share_room", {"shared": value}) for value in (0, 1, "on", "true")],
    *[("create_room", {"budget": {"tokens": value}}) for value in ("5000", True)],
    *[("create_room", {"budget": {"cost": value}}) for value in ("0.5", False)],
    *[("answer_room", {"budget": {"calls": value}}) for value in ("20", True)],
    *[("approve_action", {"version": value}) for value in ("1", True)],
    *[("create_room_upload", {"size": value}) for value in ("5", True)],
    *[("rate_message", {"rating": value}) for value in ("1", True)],
    *[("log_workout", {"minutes": value}) for value in ("40", True, 40.5)],
    *[("log_workout", {"performed_on": value}) for value in (0, "0", "2026-11-20T10:00:00")],
    *[("change_workout", {name: None}) for name in ("minutes", "performed_on", "exercises")],
]
# Some languages write every number with a point.
WHOLE: list[tuple[str, dict[str, Any]]] = [
    ("log_workout", {"minutes": 40.0}),
    ("approve_action", {"version": 1.0}),
    ("rate_message", {"rating": 1.0}),
]


@pytest.mark.parametrize(("function", "fields"), LAX)
def test_json_is_read_as_strictly_as_the_contract_says(function: str, fields: dict[str, Any], user: User) -> None:
    method, path = ROUTES[function].split()
    answer = request(function, method, re.sub(r"\{\w+\}", NOTHING, path), user.token, BODIES[function] | fields)

    assert (answer.status, answer.body["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(("function", "fields"), WHOLE)
def test_a_whole_number_may_have_a_point(function: str, fields: dict[str, Any], user: User) -> None:
    method, path = ROUTES[function].split()
    answer = request(function, method, re.sub(r"\{\w+\}", NOTHING, path), user.token, BODIES[function] | fields)

    assert answer.status in (200, 201, 404)  # as the contract says an integer: JSON Schema knows no difference


def test_every_body_is_of_the_kind_that_is_read_strictly() -> None:
    routes = [route for router in routers() for route in router.routes if isinstance(route, APIRoute)]
    bodies = {field.field_info.annotation for route in routes for field in route.dependant.body_params}

    assert len(bodies) > 10
    assert [body for body in bodies if not (isinstance(body, type) and issubclass(body, RequestBody))] == []


@pytest.fixture
def nowhere() -> str:
    """The URL of a server that is gone."""
    with stub_server() as server:
        return server.url


@pytest.mark.parametrize("function", sorted(ROUTES))
def test_an_anonymous_caller_gets_401(function: str) -> None:
    answer = ask(function, "")

    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"aud": "somebody-else"}, {"iss": "https://evil.example"}, {"role": "anon"}]
)
@pytest.mark.parametrize("function", sorted(ROUTES))
def test_a_token_that_is_signed_but_not_valid_here_gets_401(
    function: str, claims: dict[str, Any], user: User, gateway_keys: Keys
) -> None:
    good = jwt.decode(user.token, options={"verify_signature": False})

    assert ask(function, gateway_keys.sign(good | claims)).status == 401


@pytest.mark.parametrize("function", sorted(ROUTES.keys() - OPERATORS_ONLY))
def test_a_database_out_of_reach_is_a_503_that_says_when_to_try_again(
    function: str, user: User, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request("get_profile", "GET", "/v1/profile", user.token)  # the keys are cached, as in a warm function
    monkeypatch.setenv("SUPABASE_URL", nowhere)
    forget(settings.load)
    answer = ask(function, user.token)

    assert (answer.status, answer.body["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("function", sorted(ROUTES))
def test_signing_keys_out_of_reach_are_a_503(
    function: str, user: User, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_URL", nowhere)

    answer = ask(function, user.token)
    assert (answer.status, answer.body["code"]) == (503, "auth_unavailable")


@pytest.mark.parametrize("function", sorted(SERVICE_KEY_HOLDERS))
def test_secrets_out_of_reach_are_a_503(
    function: str, user: User, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nowhere)

    answer = ask(function, user.token)
    assert (answer.status, answer.body["code"]) == (503, "secrets_unavailable")


def test_health_needs_no_token_and_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPABASE_URL")

    assert request("health", "GET", "/health", "").body["status"] == "ok"
