"""What every HTTP function does alike: refuse strangers, and say so when a service behind it is down."""

from typing import Any

import jwt
import pytest

from infra.local.supabase_gateway.keys import Keys
from shared.platform import settings
from shared.platform.process import forget
from tests.support.functions.invocations import Answer, User, request
from tests.support.stub_server import stub_server

NOTHING = "00000000-0000-4000-8000-000000000000"
SESSION = f"/v1/chat/sessions/{NOTHING}"
MESSAGES = f"{SESSION}/messages"
ACTION = f"/v1/actions/{NOTHING}"
ROOM = f"/v1/rooms/{NOTHING}"
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "create_session": ("POST", "/v1/chat/sessions", {}),
    "list_sessions": ("GET", "/v1/chat/sessions", None),
    "send_message": ("POST", MESSAGES, {"content": "How deep should I squat?"}),
    "list_messages": ("GET", MESSAGES, None),
    "get_profile": ("GET", "/v1/profile", None),
    "update_profile": ("PATCH", "/v1/profile", {"goals": ["run"]}),
    "get_usage": ("GET", "/v1/usage", None),
    "embed_doc": ("POST", "/v1/knowledge/documents", {"source": "a.md", "text": "Rest."}),
    "create_upload": (
        "POST",
        "/v1/knowledge/uploads",
        {"source": "a.md", "content_type": "text/markdown", "size": 5},
    ),
    "list_docs": ("GET", "/v1/knowledge/documents", None),
    "search_knowledge": ("POST", "/v1/knowledge/search", {"query": "Rest?"}),
    "delete_doc": ("DELETE", f"/v1/knowledge/documents/{NOTHING}", None),
    "get_session": ("GET", SESSION, None),
    "update_session": ("PATCH", SESSION, {"title": "Mine"}),
    "delete_session": ("DELETE", SESSION, None),
    "cancel_turn": ("POST", f"{SESSION}/turns/{NOTHING}/cancel", None),
    "rate_message": ("PUT", f"/v1/messages/{NOTHING}/rating", {"rating": 1}),
    "export_account": ("GET", "/v1/account/export", None),
    "delete_account": ("DELETE", "/v1/account", None),
    "list_actions": ("GET", "/v1/actions", None),
    "approve_action": ("POST", f"{ACTION}/approve", {"version": 1}),
    "reject_action": ("POST", f"{ACTION}/reject", {}),
    "undo_action": ("POST", f"{ACTION}/undo", None),
    "create_room": ("POST", "/v1/rooms", {"task_prompt": "A plan for my first pull-up."}),
    "list_rooms": ("GET", "/v1/rooms", None),
    "get_room": ("GET", ROOM, None),
    "answer_room": ("POST", f"{ROOM}/answer", {"answer": "Three."}),
    "cancel_room": ("POST", f"{ROOM}/cancel", None),
    "retry_room": ("POST", f"{ROOM}/retry", None),
    "share_room": ("PUT", f"{ROOM}/share", {"shared": True}),
    "create_room_upload": ("POST", "/v1/rooms/uploads", {"filename": "a.md", "size": 1, "sha256": "0" * 64}),
    "list_room_files": ("GET", f"{ROOM}/files", None),
    "get_room_file": ("GET", f"{ROOM}/files/{NOTHING}", None),
    "list_events": ("GET", f"{ROOM}/events", None),
}
SERVICE_KEY_HOLDERS = (
    "create_session",
    "send_message",
    "get_session",
    "delete_session",
    "cancel_turn",
    "export_account",
    "delete_account",
    "approve_action",
    "reject_action",
    "undo_action",
    "create_room",
    "get_room",
    "answer_room",
    "cancel_room",
    "retry_room",
    "share_room",
    "create_room_upload",
    "list_room_files",
    "get_room_file",
    "list_events",
)


OPERATORS_ONLY = {"embed_doc", "create_upload", "list_docs", "delete_doc", "search_knowledge"}


def ask(function: str, token: str) -> Answer:
    method, path, body = REQUESTS[function]
    return request(function, method, path, token, body)


@pytest.fixture
def nowhere() -> str:
    """The URL of a server that is gone."""
    with stub_server() as server:
        return server.url


@pytest.mark.parametrize("function", sorted(REQUESTS))
def test_an_anonymous_caller_gets_401(function: str) -> None:
    answer = ask(function, "")

    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"aud": "somebody-else"}, {"iss": "https://evil.example"}, {"role": "anon"}]
)
@pytest.mark.parametrize("function", sorted(REQUESTS))
def test_a_token_that_is_signed_but_not_valid_here_gets_401(
    function: str, claims: dict[str, Any], user: User, gateway_keys: Keys
) -> None:
    good = jwt.decode(user.token, options={"verify_signature": False})

    assert ask(function, gateway_keys.sign(good | claims)).status == 401


@pytest.mark.parametrize("function", sorted(REQUESTS.keys() - OPERATORS_ONLY))
def test_a_database_out_of_reach_is_a_503_that_says_when_to_try_again(
    function: str, user: User, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request("get_profile", "GET", "/v1/profile", user.token)  # the keys are cached, as in a warm function
    monkeypatch.setenv("SUPABASE_URL", nowhere)
    forget(settings.load)
    answer = ask(function, user.token)

    assert (answer.status, answer.body["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("function", sorted(REQUESTS))
def test_signing_keys_out_of_reach_are_a_503(
    function: str, user: User, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_URL", nowhere)

    answer = ask(function, user.token)
    assert (answer.status, answer.body["code"]) == (503, "auth_unavailable")


@pytest.mark.parametrize("function", SERVICE_KEY_HOLDERS)
def test_secrets_out_of_reach_are_a_503(
    function: str, user: User, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nowhere)

    answer = ask(function, user.token)
    assert (answer.status, answer.body["code"]) == (503, "secrets_unavailable")


def test_health_needs_no_token_and_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPABASE_URL")

    assert request("health", "GET", "/health", "").body["status"] == "ok"
