"""A signed-in user who leaves the API aside and talks to Supabase with the public key gains nothing."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from postgrest import APIError
from supabase import Client

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone, supabase_client

NOTHING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def supabase(cloud: Cloud) -> Iterator[Client]:
    with supabase_client(cloud, cloud.anon_key) as client:
        yield client


@pytest.fixture
def signed_in(supabase: Client, user: Phone) -> Client:
    supabase.postgrest.auth(user.token)
    return supabase


def test_one_reads_ones_own_rows_only(signed_in: Client, user: Phone, stranger: Phone, session: str) -> None:
    stranger.open_session("Private")

    rows = signed_in.table("ai_chat_sessions").select("id, user_id").execute().data
    assert rows == [{"id": session, "user_id": user.user_id}]


def test_one_writes_profile_titles_and_nothing_else(signed_in: Client, user: Phone, session: str) -> None:
    signed_in.table("ai_profile").upsert({"user_id": user.user_id, "goals": ["run"]}).execute()
    signed_in.table("ai_chat_sessions").update({"title": "Mine"}).eq("id", session).execute()

    assert user.call("GET", "/v1/profile").body["goals"] == ["run"]
    assert user.call("GET", "/v1/chat/sessions").body["items"][0]["title"] == "Mine"


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("ai_usage", {"messages_used": 0}),
        ("ai_usage_plans", {"weekly_messages": 1_000_000}),
        ("ai_chat_messages", {"content": "I never said that"}),
        ("ai_action_requests", {"status": "approved"}),
        ("ai_kb_docs", {"content": "Lift with a round back"}),
        ("ai_user_plans", {"plan_id": "pro"}),
    ],
)
def test_usage_messages_actions_and_knowledge_are_out_of_reach(
    signed_in: Client, user: Phone, session: str, table: str, row: dict[str, Any]
) -> None:
    user.ask(session, "A first question, so that there are rows?")

    with pytest.raises(APIError, match="permission denied"):
        signed_in.table(table).update(row).neq("id" if table != "ai_user_plans" else "plan_id", NOTHING).execute()
    with pytest.raises(APIError, match="permission denied"):
        signed_in.table(table).insert(row).execute()


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("begin_turn", {"p_user_id": NOTHING, "p_session_id": NOTHING, "p_content": "x"}),
        ("create_session", {"p_user_id": NOTHING}),
        ("reset_usage", {}),
        ("end_overdue_turns", {}),
        ("prune_events", {}),
        ("session_snapshot", {"p_user_id": NOTHING, "p_session_id": NOTHING}),
        ("delete_session", {"p_user_id": NOTHING, "p_session_id": NOTHING}),
        ("cancel_turn", {"p_user_id": NOTHING, "p_session_id": NOTHING, "p_turn_id": NOTHING}),
        ("export_account", {"p_user_id": NOTHING}),
        ("delete_account_data", {"p_user_id": NOTHING}),
        ("store_source", {"p_source": "x", "p_claim": "x"}),
        ("delete_source", {"p_id": NOTHING}),
        ("set_serving_model", {"p_embedding_model": "x"}),
        ("open_connection", {"p_connection_id": "x", "p_user_id": NOTHING}),
    ],
)
def test_the_backends_functions_are_out_of_reach(signed_in: Client, function: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(APIError) as refusal:
        signed_in.rpc(function, arguments).execute()

    assert refusal.value.code in ("42501", "PGRST202")


def test_without_a_token_the_public_key_reads_nothing(supabase: Client) -> None:
    for table in ("ai_chat_sessions", "ai_usage_plans", "ai_kb_docs", "rooms"):
        with pytest.raises(APIError, match="permission denied"):
            supabase.table(table).select("*").execute()


def test_a_new_account_cannot_make_itself_an_operator(cloud: Cloud, supabase: Client) -> None:
    answer = supabase.auth.sign_up(
        {
            "email": f"{uuid.uuid4()}@example.com",
            "password": "correct horse",
            "options": {"data": {"role": "operator", "app_metadata": {"role": "operator"}}},
        }
    )
    assert answer.session is not None
    assert answer.user is not None
    with Phone(cloud, answer.user.id, "", answer.session.access_token) as phone:
        written = phone.call("POST", "/v1/knowledge/documents", {"source": "a.md", "text": "Mine"})
    assert written.status == 403
