"""Users as the service key manages them, with the real client."""

import uuid
from functools import partial

import psycopg
import pytest
from supabase import AuthApiError, Client

from infra.local.supabase_gateway.server import Served
from tests.database.gateway.actor import Actor, MakeClient

PASSWORD = "correct horse"


@pytest.fixture
def admin(served: Served, supabase_client: MakeClient) -> Client:
    return supabase_client(served.service_key)


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4()}@example.org"


def code_of(refused: pytest.ExceptionInfo[AuthApiError]) -> tuple[int, str | None]:
    return refused.value.status, refused.value.code


def test_a_created_user_has_what_was_given_and_can_sign_in(
    served: Served, supabase_client: MakeClient, admin: Client, email: str
) -> None:
    created = admin.auth.admin.create_user(
        {
            "email": email,
            "password": PASSWORD,
            "email_confirm": True,
            "user_metadata": {"name": "Ann"},
            "app_metadata": {"plan": "gold"},
        }
    ).user
    assert created.app_metadata == {"provider": "email", "providers": ["email"], "plan": "gold"}
    assert created.user_metadata == {"name": "Ann"}
    client = supabase_client(served.anon_key)
    signed_in = client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert signed_in.user is not None
    assert signed_in.user.id == created.id


def test_an_unconfirmed_user_cannot_sign_in_until_confirmed(
    served: Served, supabase_client: MakeClient, admin: Client, email: str
) -> None:
    created = admin.auth.admin.create_user({"email": email, "password": PASSWORD}).user
    client = supabase_client(served.anon_key)
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert code_of(refused) == (400, "email_not_confirmed")
    admin.auth.admin.update_user_by_id(created.id, {"email_confirm": True})
    assert client.auth.sign_in_with_password({"email": email, "password": PASSWORD}).session


def test_users_are_found_by_id_and_listed_page_by_page(admin: Client, email: str) -> None:
    created = admin.auth.admin.create_user({"email": email}).user
    assert admin.auth.admin.get_user_by_id(created.id).user.email == email
    assert email in [user.email for user in admin.auth.admin.list_users()]
    assert len(admin.auth.admin.list_users(page=1, per_page=1)) == 1
    assert admin.auth.admin.list_users(page=10_000) == []


def test_metadata_is_merged_and_a_null_removes(admin: Client, email: str) -> None:
    created = admin.auth.admin.create_user({"email": email, "user_metadata": {"a": 1, "b": 2}}).user
    changed = admin.auth.admin.update_user_by_id(created.id, {"user_metadata": {"b": None, "c": 3}}).user
    assert changed.user_metadata == {"a": 1, "c": 3}


def test_deleting_a_user_deletes_what_belongs_to_it(
    served: Served, supabase_client: MakeClient, admin: Client, email: str, database: psycopg.Connection
) -> None:
    client = supabase_client(served.anon_key)
    user = client.auth.sign_up({"email": email, "password": PASSWORD}).user
    assert user is not None
    admin.auth.admin.delete_user(user.id)
    with pytest.raises(AuthApiError) as refused:
        client.auth.get_user()
    assert code_of(refused) == (403, "user_not_found")
    left = database.execute("select count(*) from auth.sessions where user_id = %s", (user.id,)).fetchone()
    assert left == (0,)


def test_an_address_is_used_once(admin: Client, email: str) -> None:
    admin.auth.admin.create_user({"email": email})
    with pytest.raises(AuthApiError) as refused:
        admin.auth.admin.create_user({"email": email.upper()})
    assert code_of(refused) == (422, "email_exists")


def test_an_unknown_user_is_404(admin: Client) -> None:
    somebody = str(uuid.uuid4())
    for attempt in (
        lambda: admin.auth.admin.get_user_by_id(somebody),
        lambda: admin.auth.admin.update_user_by_id(somebody, {"user_metadata": {}}),
        lambda: admin.auth.admin.delete_user(somebody),
    ):
        with pytest.raises(AuthApiError) as refused:
            attempt()
        assert code_of(refused) == (404, "user_not_found")


def test_nobody_else_may_manage_users(served: Served, supabase_client: MakeClient, owner: Actor, email: str) -> None:
    for client in (supabase_client(served.anon_key), owner.supabase, supabase_client(served.service_key, owner.token)):
        admin_api = client.auth.admin
        for attempt in (
            partial(admin_api.create_user, {"email": email}),
            admin_api.list_users,
            partial(admin_api.delete_user, owner.id),
        ):
            with pytest.raises(AuthApiError) as refused:
                attempt()
            assert code_of(refused) == (403, "not_admin")


def test_what_is_not_implemented_is_said(admin: Client, email: str) -> None:
    user = admin.auth.admin.create_user({"email": email}).user
    for attempt in (
        lambda: admin.auth.admin.delete_user(user.id, should_soft_delete=True),
        lambda: admin.auth.admin.update_user_by_id(user.id, {"ban_duration": "24h"}),
        lambda: admin.auth.admin.update_user_by_id(user.id, {"email": f"x{email}"}),
        lambda: admin.auth.admin.invite_user_by_email(email),
    ):
        with pytest.raises(AuthApiError) as refused:
            attempt()
        assert refused.value.status == 501
