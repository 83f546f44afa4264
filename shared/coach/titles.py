"""Titles of sessions. The database gives a first one, made of the question; a cheap model call may better it."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm.chat import Answer, chat_model, stream_answer
from shared.platform.deadline import Deadline
from shared.prompts import title as prompts

LONGEST = 80  # characters; more does not fit a line of the app's list
KEEP = 3.0  # seconds for storing it


class TitleTask(BaseModel):
    user_id: UUID
    session_id: UUID
    question: str

    @classmethod
    def of(cls, work: TurnWork) -> Self:
        return cls(user_id=work.user_id, session_id=work.session_id, question=work.question)


class _Titled(BaseModel):
    title: str


def make_title(database: Database, task: TitleTask, deadline: Deadline) -> None:
    """Ask the model for a title and store it, unless the user gave one meanwhile. Raises UnavailableError."""
    answer = Answer(chat_model())
    pieces = stream_answer(
        answer,
        prompts.messages(task.question),
        schema=prompts.SCHEMA,
        max_tokens=prompts.MAX_TOKENS,
        deadline=deadline,
        keep=KEEP,
        user_id=task.user_id,
    )
    for _ in pieces:
        pass
    if title := _read(answer.text):
        arguments: dict[str, Any] = {"p_user_id": str(task.user_id), "p_session_id": str(task.session_id)}
        database.rpc("set_model_title", p_title=title, **arguments)


def _read(text: str) -> str:
    """One line, or nothing where the model's answer is of no use."""
    try:
        title = _Titled.model_validate_json(text).title
    except ValidationError:
        return ""
    return " ".join(title.replace("\x00", "").split())[:LONGEST].strip()
