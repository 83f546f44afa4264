"""Thumbs up or down for the coach's answers."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import ForbiddenError, NotFoundError
from shared.platform.text import NoNul

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), NoNul]
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), NoNul]


class Rating(BaseModel):
    """Replaces an earlier rating as a whole."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"rating": -1, "reasons": ["too long"], "comment": "Just the steps, please."}},
    )

    rating: Literal[-1, 1]
    reasons: list[Reason] = Field([], max_length=10)
    comment: Comment | None = None


class Feedback(BaseModel):
    message_id: UUID
    rating: Literal[-1, 1]
    reasons: list[str]
    comment: str | None
    created_at: datetime


def rate(database: Database, principal: Principal, message_id: UUID, rating: Rating) -> Feedback:
    """Rate an answer that the coach gave the caller. Raises NotFoundError for any other message."""
    row = {"user_id": str(principal.user_id), "message_id": str(message_id), **rating.model_dump()}
    try:
        rows = database.run(database.table("ai_feedback").upsert(row, on_conflict="user_id,message_id"))
    except ForbiddenError:  # row level security lets only one's own answers be rated
        raise NotFoundError("There is no such message.", code="message_not_found") from None
    return Feedback.model_validate(rows[0])


def remove_rating(database: Database, message_id: UUID) -> None:
    """Take the caller's rating of a message back. Safe to repeat."""
    database.run(database.table("ai_feedback").delete().eq("message_id", str(message_id)))
