"""`make user EMAIL=…`, `make operator EMAIL=…`: accounts of the cloud that is up, by Supabase's administration API."""

import argparse
import secrets
import sys

from supabase import AuthApiError, Client
from supabase_auth import User

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import supabase_client
from shared.auth.operators import OPERATOR

PAGE = 1000  # users, of what the API answers with at most


def main() -> int:
    arguments = _arguments()
    cloud = Cloud.running()
    with supabase_client(cloud, cloud.service_key) as admin:
        password = account(admin, arguments.email, arguments.password, operator=arguments.operator)
    if password is None:
        print(f"{arguments.email} has an account already: PASSWORD=… shows a token of it.")
        return 0 if arguments.operator else 1
    try:
        token = signed_in(cloud, arguments.email, password)
    except AuthApiError as refused:
        print(f"{arguments.email}: {refused.message}", file=sys.stderr)
        return 1
    print(f"email     {arguments.email}\npassword  {password}\ntoken     {token}")
    return 0


def account(admin: Client, email: str, password: str, *, operator: bool) -> str | None:
    """Make an account, or find it, and give it the role; returns the password of a new one, or the given one."""
    role = {"role": OPERATOR} if operator else {}
    new = password or secrets.token_urlsafe(12)
    try:
        admin.auth.admin.create_user(
            {"email": email, "password": new, "email_confirm": True, "app_metadata": role},
        )
    except AuthApiError as refused:
        if refused.code != "email_exists":
            raise
        if operator:
            admin.auth.admin.update_user_by_id(_found(admin, email).id, {"app_metadata": role})
            print(f"{email} is an operator from the next sign-in or refresh on.")
        return password or None
    return new


def signed_in(cloud: Cloud, email: str, password: str) -> str:
    """A token of the account. Raises AuthApiError."""
    with supabase_client(cloud, cloud.anon_key) as client:
        session = client.auth.sign_in_with_password({"email": email, "password": password}).session
    return session.access_token if session else ""


def _found(admin: Client, email: str) -> User:
    page = 1
    while users := admin.auth.admin.list_users(page=page, per_page=PAGE):
        for user in users:
            if user.email == email.lower():
                return user
        page += 1
    raise LookupError(email)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.accounts", description=__doc__)
    parser.add_argument("email")
    parser.add_argument("--password", default="", help="of the account (default: a new one is made up)")
    parser.add_argument("--operator", action="store_true", help="may administer the knowledge base")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
