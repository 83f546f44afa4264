"""The mobile app's side: a user who signs up with Supabase and calls the API."""

import contextlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import httpx
from supabase import Client, ClientOptions, create_client

from infra.local.cloud.description import Cloud
from infra.local.demo.checks import StepError

TIMEOUT = 90.0  # seconds; a turn may take 60, and a function is cold on a busy laptop


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    seconds: float

    def expect(self, status: int) -> Self:
        """The answer itself. Raises StepError when its status is another."""
        if self.status != status:
            raise StepError(f"expected {status}, got {self.status}: {self.body}")
        return self


@contextlib.contextmanager
def supabase_client(cloud: Cloud, key: str) -> Iterator[Client]:
    """The real Supabase client, whose connections are closed with the block."""
    with httpx.Client(timeout=TIMEOUT, trust_env=False) as http:
        yield create_client(cloud.supabase_url, key, ClientOptions(httpx_client=http))


class Phone:
    """One signed-in user. Use it as a context manager, or close it."""

    def __init__(self, cloud: Cloud, user_id: str, email: str, token: str) -> None:
        self._cloud = cloud
        self.user_id = user_id
        self.email = email
        self.token = token
        self._http = httpx.Client(
            base_url=cloud.api_url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @classmethod
    def sign_up(cls, cloud: Cloud, name: str) -> Self:
        """A new user of Supabase Auth."""
        email = f"{name}-{uuid.uuid4().hex[:8]}@example.com"
        with supabase_client(cloud, cloud.anon_key) as supabase:
            answer = supabase.auth.sign_up({"email": email, "password": uuid.uuid4().hex})
        if answer.session is None or answer.user is None:
            raise RuntimeError("the project wants e-mail addresses confirmed: turn that off for the demo")
        return cls(cloud, answer.user.id, email, answer.session.access_token)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
        started = time.monotonic()
        response = self._http.request(method, path, json=body, headers=headers)
        body = response.json() if response.content else {}
        return Answer(response.status_code, body, time.monotonic() - started)

    def get(self, path: str) -> dict[str, Any]:
        """What there is. Raises StepError when it is refused."""
        return self.call("GET", path).expect(200).body

    def open_session(self, title: str) -> str:
        """The id of a new conversation."""
        return str(self.call("POST", "/v1/chat/sessions", {"title": title}).body["id"])

    def ask(self, session_id: str, question: str, **headers: str) -> Answer:
        return self.call("POST", f"/v1/chat/sessions/{session_id}/messages", {"content": question}, **headers)

    def decide(self, action_id: str, decision: str, body: dict[str, Any] | None = None) -> Answer:
        """`decision` is approve, reject or undo."""
        return self.call("POST", f"/v1/actions/{action_id}/{decision}", body)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The user's own rows, read from Supabase as the app may: row level security decides."""
        with supabase_client(self._cloud, self._cloud.anon_key) as supabase:
            supabase.postgrest.auth(self.token)
            found: list[dict[str, Any]] = supabase.table(table).select("*").execute().model_dump()["data"]
        return found
