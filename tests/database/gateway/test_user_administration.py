"""Users as the service key deletes them, with the real client."""

import uuid
from functools import partial

import psycopg
import pytest
from supabase import AuthApiError, Client

from tests.database.gateway.actor import Actor, MakeClient
from tests.support.gateway import Served

PASSWORD = "correct horse"


@pytest.fixture
def admin(served: Served, supabase_client: MakeClient) -> Client:
    return supabase_client(served.service_key)


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4()}@example.org"


def code_of(refused: pytest.ExceptionInfo[AuthApiError]) -> tuple[int, str | None]:
    return refused.value.status, refused.value.code


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


def test_an_unknown_user_is_404(admin: Client) -> None:
    with pytest.raises(AuthApiError) as refused:
        admin.auth.admin.delete_user(str(uuid.uuid4()))
    assert code_of(refused) == (404, "user_not_found")


def test_nobody_else_may_delete_users(served: Served, supabase_client: MakeClient, owner: Actor) -> None:
    for client in (supabase_client(served.anon_key), owner.supabase, supabase_client(served.service_key, owner.token)):
        with pytest.raises(AuthApiError) as refused:
            client.auth.admin.delete_user(owner.id)
        assert code_of(refused) == (403, "not_admin")


def test_what_is_not_implemented_is_said(admin: Client, email: str) -> None:
    for attempt in (
        partial(admin.auth.admin.delete_user, str(uuid.uuid4()), should_soft_delete=True),
        partial(admin.auth.admin.create_user, {"email": email}),
        admin.auth.admin.list_users,
        partial(admin.auth.admin.invite_user_by_email, email),
    ):
        with pytest.raises(AuthApiError) as refused:
            attempt()
        assert refused.value.status == 501
