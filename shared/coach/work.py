"""A begun turn, with all that the model needs: what one Lambda may hand to another."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from shared.safety.situation import Situation, StoredAthlete


class TurnWork(BaseModel):
    """Made from what begin_turn returns. Athlete, actions, history and passages are as the database gave them."""

    user_id: UUID
    session_id: UUID
    turn: dict[str, Any]
    first: bool  # of its session, which then has no title of its own yet
    question: str
    question_id: UUID
    athlete: dict[str, Any]  # profile, active plan, recent workouts
    actions: list[dict[str, Any]]  # earlier proposals of the session
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
    def situation(self) -> Situation:
        words = [message["content"] for message in self.history if message["role"] == "user"]
        return Situation.of(StoredAthlete.model_validate(self.athlete), (*words, self.question))

    @property
    def stream(self) -> str:
        return f"session:{self.session_id}"
