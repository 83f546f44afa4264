"""A question asked anew, and conversations looked through and taken along."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.rooms_cloud import RoomsCloud

ADD_USER = Callable[[], User]
QUESTION = "How deep should I squat?"


def ask(user: User, session: str, content: str, **body: Any) -> Answer:
    path = f"/v1/chat/sessions/{session}/messages"
    return request("send_message", "POST", path, user.token, {"content": content} | body)


def questions(user: User, session: str) -> list[Any]:
    listed = request("list_messages", "GET", f"/v1/chat/sessions/{session}/messages", user.token).body["items"]
    return [message for message in reversed(listed) if message["role"] == "user"]


def search(user: User, words: str, **query: Any) -> Answer:
    return request("search_messages", "GET", "/v1/chat/search", user.token, None, {"words": words} | query)


def export(user: User, session: str) -> Answer:
    return request("export_session", "GET", f"/v1/chat/sessions/{session}/export", user.token)


@pytest.fixture
def session(user: User) -> str:
    """One in which a question was answered."""
    opened = request("create_session", "POST", "/v1/chat/sessions", user.token, {"title": "Squats"}).body["id"]
    assert ask(user, opened, QUESTION).status == 200
    return str(opened)


def test_a_question_in_better_words_takes_the_place_of_the_first(user: User, session: str) -> None:
    [first] = questions(user, session)
    answer = ask(user, session, "How deep should a beginner squat?", replaces=first["id"])
    assert (answer.status, answer.body["turn"]["replaces"]) == (200, first["id"])
    assert [message["content"] for message in questions(user, session)] == ["How deep should a beginner squat?"]
    again = ask(user, session, QUESTION, replaces=first["id"])
    assert (again.status, again.body["code"]) == (404, "message_not_found")


def test_what_was_said_is_found_with_its_conversation(user: User, add_user: ADD_USER, session: str) -> None:
    newest = search(user, "SQUAT deep").body
    assert newest["searched"] == 2
    assert {(item["session_id"], item["session_title"]) for item in newest["items"]} == {(session, "Squats")}
    assert QUESTION in [item["excerpt"] for item in newest["items"]]
    assert search(add_user(), "squat").body == {"items": [], "searched": 0}


@pytest.mark.parametrize("words", ["", " ", "a", "a b c d e f g h i", "x" * 201, "a\x00b"])
def test_what_cannot_be_looked_for_is_refused(user: User, words: str) -> None:
    assert search(user, words).status == 422


def test_a_conversation_is_a_markdown_file_with_its_sources(
    user: User, add_user: ADD_USER, cloud: RoomsCloud, session: str
) -> None:
    written = export(user, session).body
    text = cloud.objects[unquote(urlsplit(written["url"]).path).removeprefix("/rooms-bucket/")].decode()
    assert text.startswith("# Squats\n\n## You, ")
    assert f"\n\n{QUESTION}\n\n## Coach, " in text
    assert len(text.encode()) == written["bytes"]
    assert export(add_user(), session).body["code"] == "session_not_found"
