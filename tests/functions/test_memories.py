"""What the coach remembers, as its user reads, changes and deletes it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.proposals import propose

Connection = psycopg.Connection[tuple[Any, ...]]


def listed(user: User, **query: Any) -> Answer:
    return request("list_memories", "GET", "/v1/memories", user.token, None, query)


def changed(user: User, memory: str, body: Any) -> Answer:
    return request("update_memory", "PATCH", f"/v1/memories/{memory}", user.token, body)


def deleted(user: User, memory: str) -> Answer:
    return request("delete_memory", "DELETE", f"/v1/memories/{memory}", user.token)


@pytest.fixture
def memory(user: User, database: Connection) -> str:
    """One that was proposed and approved."""
    action = propose(database, user, "remember", {"fact": "Trains at six.", "replaces": None})
    approved = request("approve_action", "POST", f"/v1/actions/{action}/approve", user.token, {"version": 1})
    assert approved.body["status"] == "executed", approved.body
    return action


def test_an_approved_memory_is_listed_changed_and_forgotten(user: User, memory: str) -> None:
    [shown] = listed(user).body["items"]
    assert (shown["id"], shown["fact"]) == (memory, "Trains at six.")
    assert changed(user, memory, {"fact": "  Trains at noon. "}).body["fact"] == "Trains at noon."
    assert deleted(user, memory).status == 204
    assert listed(user).body["items"] == []
    assert deleted(user, memory).body["code"] == "memory_not_found"


def test_pages_meet(user: User, database: Connection) -> None:
    database.execute(
        "insert into ai_memories (user_id, fact) select %s, 'fact ' || n from generate_series(1, 5) as n", (user.id,)
    )
    first = listed(user, limit=3).body
    second = listed(user, limit=3, cursor=first["next_cursor"]).body
    assert [item["fact"] for item in first["items"] + second["items"]] == [f"fact {n}" for n in (5, 4, 3, 2, 1)]
    assert second["next_cursor"] is None


def test_anothers_memory_is_not_there(user: User, add_user: Callable[[], User], memory: str) -> None:
    other = add_user()
    missing = deleted(other, str(uuid4()))
    for answer in (changed(other, memory, {"fact": "x"}), deleted(other, memory)):
        assert (answer.status, answer.body["code"], answer.body["detail"]) == (
            404,
            *(missing.body[n] for n in ("code", "detail")),
        )
    assert listed(other).body["items"] == []
    assert len(listed(user).body["items"]) == 1


@pytest.mark.parametrize(
    "body", [{}, {"fact": ""}, {"fact": " "}, {"fact": "x" * 301}, {"fact": "a\x00"}, {"text": "x"}]
)
def test_what_is_no_fact_is_refused(user: User, memory: str, body: Any) -> None:
    assert changed(user, memory, body).status == 422
    assert listed(user).body["items"][0]["fact"] == "Trains at six."
