"""Users as the service key makes, finds, changes and deletes them, with the real client."""

import uuid
from functools import partial

import httpx
import jwt
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


def test_a_user_is_made_with_a_role_that_its_tokens_name(
    served: Served, supabase_client: MakeClient, admin: Client, email: str
) -> None:
    role = {"role": "operator"}
    admin.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True, "app_metadata": role})

    signed_in = supabase_client(served.anon_key).auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert signed_in.session is not None
    claims = jwt.decode(signed_in.session.access_token, options={"verify_signature": False})
    assert claims["app_metadata"] == {"role": "operator", "provider": "email", "providers": ["email"]}


def test_an_address_makes_one_user_only(admin: Client, email: str) -> None:
    admin.auth.admin.create_user({"email": email, "email_confirm": True})
    with pytest.raises(AuthApiError) as refused:
        admin.auth.admin.create_user({"email": email.upper(), "email_confirm": True})
    assert code_of(refused) == (422, "email_exists")


def test_what_is_changed_of_a_user_leaves_the_rest(
    served: Served, supabase_client: MakeClient, admin: Client, email: str
) -> None:
    user = admin.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user
    changed = admin.auth.admin.update_user_by_id(user.id, {"app_metadata": {"role": "operator"}}).user

    assert changed.app_metadata == {"role": "operator", "provider": "email", "providers": ["email"]}
    signed_in = supabase_client(served.anon_key).auth.sign_in_with_password({"email": email, "password": PASSWORD})
    assert signed_in.user is not None


def test_users_are_listed_page_by_page_the_newest_first(admin: Client) -> None:
    made = [
        admin.auth.admin.create_user({"email": f"{uuid.uuid4()}@example.org", "email_confirm": True}) for _ in "abc"
    ]
    listed = [*admin.auth.admin.list_users(page=1, per_page=2), *admin.auth.admin.list_users(page=2, per_page=2)]

    assert [user.id for user in listed][:3] == [answer.user.id for answer in reversed(made)]
    assert len(listed) <= 4


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30])
def test_a_page_that_cannot_be_is_refused(http: httpx.Client, served: Served, page: str) -> None:
    url = f"{served.url}/auth/v1/admin/users?page={page}"
    assert http.get(url, headers={"apikey": served.service_key}).status_code == 400


def test_nobody_else_may_make_list_or_change_users(served: Served, owner: Actor, supabase_client: MakeClient) -> None:
    for client in (supabase_client(served.anon_key), owner.supabase):
        for attempt in (
            partial(client.auth.admin.create_user, {"email": f"{uuid.uuid4()}@example.org", "email_confirm": True}),
            client.auth.admin.list_users,
            partial(client.auth.admin.update_user_by_id, owner.id, {"app_metadata": {"role": "operator"}}),
        ):
            with pytest.raises(AuthApiError) as refused:
                attempt()
            assert code_of(refused) == (403, "not_admin")


def test_what_is_not_implemented_is_said(admin: Client, email: str) -> None:
    for attempt in (
        partial(admin.auth.admin.delete_user, str(uuid.uuid4()), should_soft_delete=True),
        partial(admin.auth.admin.create_user, {"email": email}),  # with an address that is not confirmed
        partial(admin.auth.admin.invite_user_by_email, email),
    ):
        with pytest.raises(AuthApiError) as refused:
            attempt()
        assert refused.value.status == 501
