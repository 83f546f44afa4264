"""A conversation that goes on for long: its newest turns are told word for word, what lies before in a summary."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from shared.coach.turn.background import BackgroundTask
from tests.support.functions.invocations import Answer, Context, User, request, run
from tests.support.model_requests import asked_messages

Connection = psycopg.Connection[tuple[Any, ...]]


def ask(user: User, session: str, question: str) -> Answer:
    path = f"/v1/chat/sessions/{session}/messages"
    answer = request("send_message", "POST", path, user.token, {"content": question})
    assert answer.status == 200, answer.body
    return answer


@pytest.fixture
def session(user: User) -> str:
    return str(request("create_session", "POST", "/v1/chat/sessions", user.token, {"title": "Long"}).body["id"])


def said(database: Connection, user: User, session: str, *texts: str, tokens: int = 40) -> None:
    """Turns of which only the questions matter."""
    for text in texts:
        for role, content in (("user", text), ("assistant", "Good.")):
            database.execute(
                "insert into ai_chat_messages (session_id, user_id, role, content, token_count) "
                "values (%s, %s, %s, %s, %s)",
                (session, user.id, role, content, tokens),
            )


def told(models: RunningModels, mark: str) -> list[str]:
    """What the messages of the newest request that held `mark` say."""
    asked = [item for item in models.requests(mark) if item["endpoint"] == "chat"]
    return [message["content"] for message in asked_messages(asked[-1]["body"])]


def test_the_longest_answer_is_there_for_make_that_shorter(
    user: User, session: str, database: Connection, models: RunningModels
) -> None:
    long = "Rest well. " * 1200
    for role, content in (("user", "How?"), ("assistant", long)):
        database.execute(
            "insert into ai_chat_messages (session_id, user_id, role, content, token_count) "
            "values (%s, %s, %s, %s, 2400)",
            (session, user.id, role, content),
        )
    question = f"Make that shorter, {user.id}."
    ask(user, session, question)
    assert long in told(models, question)


def test_the_answer_at_message_120_knows_message_3_by_the_summary(
    user: User, session: str, database: Connection, models: RunningModels
) -> None:
    both: dict[str, Any] = {"summary": "Has a titanium knee.", "urgent": None, "answer": "Fine.", "citations": []}
    models.behave(user.id, "script", content=json.dumps(both), times=None)
    more = [f"Set {n} {user.id}" for n in range(37)]
    said(database, user, session, "Hello", f"My knee is of titanium {user.id}.", *more)
    for _ in range(2):
        answered = ask(user, session, f"Go on {user.id}").body
        run("send_message", summary_of(user, answered), Context())
        run("send_message", summary_of(user, answered), Context())  # a second delivery
        said(database, user, session, *more[:9])

    question = f"What of my knee? {user.id}"
    answer = ask(user, session, question).body
    count = database.execute("select count(*) from ai_chat_messages where session_id = %s", (session,)).fetchone()
    assert count == (120,)
    parts = told(models, question)
    assert "<summary>\nHas a titanium knee.\n</summary>" in parts
    assert not any("titanium " + user.id in part for part in parts)
    assert answer["message"]["metadata"]["receipt"]["summary_until"]
    summarised = [item for item in models.requests(f"titanium {user.id}") if "Keep the summary" in str(item["body"])]
    assert len(summarised) == 1


def summary_of(user: User, answer: Any) -> dict[str, Any]:
    task = BackgroundTask(user_id=UUID(user.id), turn_id=answer["turn"]["id"], job="summary")
    return {"background": task.model_dump(mode="json")}
