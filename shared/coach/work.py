"""A begun turn, with all that the model needs: what one Lambda may hand to another."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel


class TurnWork(BaseModel):
    """Made from what begin_turn returns. History, profile and passages are as the database gave them."""

    user_id: UUID
    session_id: UUID
    turn: dict[str, Any]
    first: bool  # of its session, which then has no title of its own yet
    question: str
    profile: dict[str, Any] | None
    history: list[dict[str, Any]]
    history_total: int
    passages: list[dict[str, Any]]
    embedding_model: str
    embedding_tokens: int
    events: list[dict[str, Any]]  # not pushed yet
    listeners: list[str]

    @property
    def turn_id(self) -> str:
        return str(self.turn["id"])

    @property
    def stream(self) -> str:
        return f"session:{self.session_id}"
