"""A user's sessions and turns through the database's own functions, from one connection or from many at once."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection
from tests.support.database.threads import at_once

T = TypeVar("T")
VECTOR = "[" + ",".join(["0.1"] * 512) + "]"
REPLY = "Below the knee."


@dataclass(frozen=True)
class Refusal:
    """What the database raised."""

    sqlstate: str
    message: str
    detail: str = ""


class Chat:
    """One user's sessions, with a connection of its own."""

    def __init__(self, connection: Connection, user: UUID) -> None:
        self.connection = connection
        self.user = user

    def call(self, function: str, **arguments: Any) -> Any:
        """The function's result, or the refusal."""
        named = ", ".join(f"{name} => %({name})s" for name in arguments)
        try:
            with self.connection.transaction():
                row = self.connection.execute(f"select public.{function}({named})", arguments).fetchone()
        except psycopg.Error as error:
            return Refusal(error.sqlstate or "", error.diag.message_primary or "", error.diag.message_detail or "")
        assert row is not None
        return row[0]

    def open_session(self) -> str:
        return str(self.call("create_session", p_user_id=self.user)["response"]["id"])

    def begin(self, session: str, key: str | None = None) -> Any:
        return self.call(
            "begin_turn",
            p_user_id=self.user,
            p_session_id=session,
            p_content="How deep?",
            p_token_count=3,
            p_embedding=VECTOR,
            p_embedding_model="m",
            p_reserve_tokens=500,
            p_reserve_cost=0,
            p_idempotency_key=key,
            p_request_hash="a" * 64 if key else None,
        )

    def finish(self, turn: str, content: str = REPLY, metadata: Mapping[str, Any] | None = None) -> Any:
        return self.call(
            "finish_turn",
            p_user_id=self.user,
            p_turn_id=turn,
            p_content=content,
            p_token_count=4,
            p_metadata=Jsonb(metadata or {}),
            p_tokens=60,
            p_cost=0,
            p_model="m",
        )

    def fail(self, turn: str) -> Any:
        return self.call("fail_turn", p_user_id=self.user, p_turn_id=turn, p_error_code="model_timeout")

    def cancel(self, session: str, turn: str) -> Any:
        return self.call("cancel_turn", p_user_id=self.user, p_session_id=session, p_turn_id=turn)

    def lose(self, turn: str) -> None:
        """As if the worker had died and its time were over."""
        self.connection.execute("update ai_usage_ledger set expires_at = now() where turn_id = %s", (turn,))
        self.connection.execute("update ai_chat_turns set lease_until = now() where id = %s", (turn,))

    def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, arguments).fetchall()

    def events(self) -> Counter[str]:
        return Counter(row[0] for row in self.rows("select type from ai_events where user_id = %s", self.user))


def chats_at_once(url: str, user: UUID, *acts: Callable[[Chat], T]) -> list[T]:
    """What each act returned, all of them begun together on connections of their own."""
    return at_once(url, *(partial(_of, user, act) for act in acts))


def _of(user: UUID, act: Callable[[Chat], T], connection: Connection) -> T:
    return act(Chat(connection, user))
