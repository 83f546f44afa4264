"""Accounts as `make user` and `make operator` make them."""

import uuid

import jwt
import pytest
from supabase import AuthApiError, Client

from infra.local.accounts.__main__ import account
from shared.auth.operators import OPERATOR
from tests.database.gateway.actor import MakeClient
from tests.support.gateway import Served


@pytest.fixture
def admin(served: Served, supabase_client: MakeClient) -> Client:
    return supabase_client(served.service_key)


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4()}@example.org"


def role(served: Served, supabase_client: MakeClient, email: str, password: str) -> str | None:
    """That the token of a new session names."""
    client = supabase_client(served.anon_key)
    session = client.auth.sign_in_with_password({"email": email, "password": password}).session
    assert session is not None
    claims = jwt.decode(session.access_token, options={"verify_signature": False})
    found: str | None = claims["app_metadata"].get("role")
    return found


def test_a_new_user_signs_in_with_the_password_that_is_shown(
    served: Served, supabase_client: MakeClient, admin: Client, email: str
) -> None:
    password = account(admin, email, "", operator=False)

    assert password
    assert role(served, supabase_client, email, password) is None


def test_a_new_operator_is_one_at_once(served: Served, supabase_client: MakeClient, admin: Client, email: str) -> None:
    password = account(admin, email, "", operator=True)

    assert role(served, supabase_client, email, str(password)) == OPERATOR


def test_a_user_becomes_an_operator_and_keeps_the_password(
    served: Served, supabase_client: MakeClient, admin: Client, email: str
) -> None:
    password = str(account(admin, email, "", operator=False))

    assert account(admin, email.upper(), "", operator=True) is None
    assert role(served, supabase_client, email, password) == OPERATOR


def test_a_user_that_exists_is_left_alone(
    served: Served, supabase_client: MakeClient, admin: Client, email: str
) -> None:
    password = str(account(admin, email, "", operator=False))

    assert account(admin, email, "another one", operator=False) == "another one"
    assert role(served, supabase_client, email, password) is None
    with pytest.raises(AuthApiError):
        role(served, supabase_client, email, "another one")
