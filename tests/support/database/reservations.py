"""Reservations through the database's own functions."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from tests.support.database.actors import Connection
from tests.support.database.usage_model import Amount


def dollars(amount: Amount) -> Decimal:
    return Decimal(amount.micros) / 1_000_000


class Books:
    """The database's own functions, with a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def call(self, function: str, *arguments: Any) -> Any:
        marks = ", ".join(["%s"] * len(arguments))
        with self.connection.transaction():
            row = self.connection.execute(f"select {function}({marks})", arguments).fetchone()
        assert row is not None
        return row[0]

    def reserve(self, user: UUID, amount: Amount, lives: timedelta, at: datetime) -> UUID | str:
        """The reservation, or the limit that is named by the refusal."""
        sums = (amount.tokens, amount.messages, dollars(amount))
        try:
            reservation: UUID = self.call("private.reserve_usage", user, *sums, None, lives, at)
        except psycopg.DatabaseError as refusal:
            if refusal.sqlstate != "PT429":
                raise
            return str(json.loads(refusal.diag.message_detail or "")["limit"])
        return reservation

    def settle(self, reservation: UUID, used: Amount, at: datetime) -> bool:
        sums = (used.tokens, used.messages, dollars(used))
        return bool(self.call("private.settle_usage", reservation, *sums, "m", False, True, at))

    def release(self, reservation: UUID, at: datetime) -> bool:
        return bool(self.call("private.release_usage", reservation, at))

    def limit(self, plan: str, limit: Amount) -> None:
        self.connection.execute(
            "insert into ai_usage_plans (id, weekly_tokens, weekly_messages, weekly_cost) values (%s, %s, %s, %s) "
            "on conflict (id) do update set weekly_tokens = excluded.weekly_tokens, "
            "weekly_messages = excluded.weekly_messages, weekly_cost = excluded.weekly_cost",
            (plan, limit.tokens, limit.messages, dollars(limit)),
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()
