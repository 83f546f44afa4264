"""Titles of sessions. The database gives a first one, made of the question; a cheap model call may better it."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel

from shared.coach.conversing import coach_models
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm.answer import bill
from shared.llm.call import ModelCall
from shared.llm.request import Request
from shared.llm.structured import read_document
from shared.platform.deadline import Deadline
from shared.platform.text import storable
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


def make_title(database: Database, task: TitleTask, deadline: Deadline) -> None:
    """Ask the model for a title and store it, unless the user gave one meanwhile; what that cost is charged.

    Raises UnavailableError.
    """
    request = Request(
        prompts.messages(task.question), prompts.MAX_TOKENS, task.user_id, schema=prompts.SCHEMA, effort="none"
    )
    call = ModelCall(coach_models(), request, deadline, KEEP)
    title = ""
    try:
        answer = call.whole()
        title = "" if answer.is_cut else _read(answer.text)
    finally:
        _store(database, task, title, call)


def _store(database: Database, task: TitleTask, title: str, call: ModelCall) -> None:
    paid = call.paid()
    database.rpc(
        "set_model_title",
        p_user_id=str(task.user_id),
        p_session_id=str(task.session_id),
        p_title=title,
        p_used=bill(paid) if paid else None,
    )


def _read(text: str) -> str:
    """One line, or nothing where the model's answer is of no use."""
    title = (read_document(text, "title") or {}).get("title")
    return " ".join(storable(title).split())[:LONGEST].strip() if isinstance(title, str) else ""
