"""What is not allowed or not valid gets a problem document, and leaves nothing behind."""

import time
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone

Connection = psycopg.Connection[tuple[Any, ...]]


def post(cloud: Cloud, path: str, token: str, **request: Any) -> httpx.Response:
    return httpx.post(f"{cloud.api_url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=60, **request)


def is_problem(response: httpx.Response, status: int, code: str) -> bool:
    document = response.json()
    return (
        response.headers["content-type"] == "application/problem+json"
        and {"type", "title", "status", "detail", "code", "request_id"} <= document.keys()
        and (response.status_code, document["status"], document["code"]) == (status, status, code)
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"content": "{not json"}, "malformed_json"),
        ({"json": {"content": "Hi", "mood": "good"}}, "invalid_request"),
        ({"json": {"content": "x" * 8001}}, "invalid_request"),
        ({"json": {"content": ""}}, "invalid_request"),
        ({"json": {"content": "  \n "}}, "invalid_request"),
        ({"json": {"content": None}}, "invalid_request"),
        ({"json": []}, "invalid_request"),
    ],
)
def test_an_invalid_message_is_refused_and_not_stored(
    cloud: Cloud, database: Connection, user: Phone, session: str, body: dict[str, Any], code: str
) -> None:
    response = httpx.post(
        f"{cloud.api_url}/v1/chat/sessions/{session}/messages",
        headers={"Authorization": f"Bearer {user.token}", "Content-Type": "application/json"},
        timeout=60,
        **body,
    )

    assert is_problem(response, 422, code)
    assert "xxxx" not in response.text
    assert database.execute("select 1 from ai_chat_turns where user_id = %s", (user.user_id,)).fetchall() == []


def test_a_validation_problem_names_each_field(cloud: Cloud, user: Phone, session: str) -> None:
    response = post(cloud, f"/v1/chat/sessions/{session}/messages", user.token, json={"mood": "good"})

    assert {item["field"] for item in response.json()["errors"]} == {"body.content", "body.mood"}


def test_a_session_id_that_is_none_is_refused(cloud: Cloud, user: Phone) -> None:
    response = post(cloud, "/v1/chat/sessions/not-a-uuid/messages", user.token, json={"content": "Hi"})

    assert is_problem(response, 422, "invalid_request")


def test_a_strangers_session_looks_like_one_that_does_not_exist(user: Phone, stranger: Phone, session: str) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    for method, body in (("POST", {"content": "Hi"}), ("GET", None)):
        theirs = stranger.call(method, f"/v1/chat/sessions/{session}/messages", body)
        nobodys = stranger.call(method, f"/v1/chat/sessions/{missing}/messages", body)
        assert theirs.status == nobodys.status == 404
        assert {**theirs.body, "request_id": ""} == {**nobodys.body, "request_id": ""}


def forged(cloud: Cloud, user: Phone, kind: str) -> str:
    claims = jwt.decode(user.token, options={"verify_signature": False})
    if kind == "alg none":
        return jwt.encode(claims, "", algorithm="none")
    if kind == "signed with the public anon key":
        return jwt.encode(claims, cloud.anon_key, algorithm="HS256")
    if kind == "garbage":
        return "garbage"
    if kind == "anon key":
        return cloud.anon_key
    header, payload, _ = user.token.split(".")
    return f"{header}.{payload}.{'A' * 86}"


@pytest.mark.parametrize(
    "kind", ["alg none", "signed with the public anon key", "garbage", "anon key", "another signature"]
)
@pytest.mark.parametrize("path", ["/v1/profile", "/v1/usage", "/v1/chat/sessions"])
def test_a_forged_token_opens_nothing(cloud: Cloud, user: Phone, kind: str, path: str) -> None:
    response = httpx.get(
        f"{cloud.api_url}{path}", headers={"Authorization": f"Bearer {forged(cloud, user, kind)}"}, timeout=60
    )

    assert is_problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/chat/sessions"),
        ("GET", "/v1/chat/sessions"),
        ("POST", "/v1/chat/sessions/00000000-0000-4000-8000-000000000000/messages"),
        ("GET", "/v1/chat/sessions/00000000-0000-4000-8000-000000000000/messages"),
        ("GET", "/v1/profile"),
        ("PATCH", "/v1/profile"),
        ("GET", "/v1/usage"),
        ("POST", "/v1/knowledge/documents"),
        ("GET", "/v1/chat/sessions/00000000-0000-4000-8000-000000000000"),
        ("PATCH", "/v1/chat/sessions/00000000-0000-4000-8000-000000000000"),
        ("DELETE", "/v1/chat/sessions/00000000-0000-4000-8000-000000000000"),
        ("PUT", "/v1/messages/00000000-0000-4000-8000-000000000000/rating"),
        ("GET", "/v1/account/export"),
        ("DELETE", "/v1/account"),
    ],
)
def test_nothing_is_served_without_a_token(cloud: Cloud, method: str, path: str) -> None:
    response = httpx.request(method, f"{cloud.api_url}{path}", json={}, timeout=60)

    assert is_problem(response, 401, "unauthorized")


def test_a_request_carries_its_id_to_the_answer(cloud: Cloud, user: Phone) -> None:
    sent = f"trace-{int(time.time())}"
    response = httpx.get(f"{cloud.api_url}/v1/profile", headers={"X-Request-Id": sent}, timeout=60)

    assert response.headers["x-request-id"] == response.json()["request_id"] == sent


@pytest.mark.parametrize("change", [{}, {"goals": "run"}, {"experience_level": "olympic"}, {"tokens_used": 0}])
def test_an_invalid_profile_is_refused(user: Phone, change: dict[str, Any]) -> None:
    assert user.call("PATCH", "/v1/profile", change).status == 422


def test_a_profile_change_keeps_the_other_fields(user: Phone) -> None:
    user.call("PATCH", "/v1/profile", {"goals": ["run 5k"], "injuries": "left knee"})
    user.call("PATCH", "/v1/profile", {"injuries": None, "equipment": ["kettlebell"]})

    profile = user.call("GET", "/v1/profile").body
    assert (profile["goals"], profile["equipment"], profile["injuries"]) == (["run 5k"], ["kettlebell"], None)


def test_only_operators_write_the_knowledge_base(user: Phone) -> None:
    answer = user.call("POST", "/v1/knowledge/documents", {"source": "a.md", "text": "Mine"})

    assert (answer.status, answer.body["code"]) == (403, "forbidden")
