"""What opens when a user taps a citation: the passage that was cited to that user, and nothing else."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.operator import delete, embed
from tests.support.gateway import Served

Connection = psycopg.Connection[tuple[Any, ...]]
ADD_USER = Callable[[], User]
FRONT = "---\nreviewed: 2026-11-21\nreviewed_by: the team\nsources:\n  - Miller 2019\n---\n"


@pytest.fixture
def lift() -> str:
    """The name of a lift that nothing else is about."""
    return f"lift{uuid4().hex[:8]}"


@pytest.fixture
def document(supabase: Served, lift: str) -> str:
    """The id of a document of two sections, one on the lift, one on rowing."""
    text = f"# Lifts\n\n## The {lift}\n\nDo the {lift} in three sets of five.\n\n## Rowing\n\nRow with a straight back."
    return str(embed(supabase, f"{lift}.md", FRONT + text).body["id"])


@pytest.fixture
def cited(user: User, session: str, lift: str, document: str) -> dict[str, Any]:
    """The answer's id as `message_id`, and its citation."""
    path = f"/v1/chat/sessions/{session}/messages"
    body = {"content": f"How many sets of the {lift} should I do?"}
    message = request("send_message", "POST", path, user.token, body).body["message"]
    (citation,) = [each for each in message["metadata"]["citations"] if each["source"] == f"{lift}.md"]
    return {"message_id": message["id"], **citation}


def passage(user: User, message_id: object, chunk_id: object) -> Answer:
    return request("get_session", "GET", f"/v1/messages/{message_id}/passages/{chunk_id}", user.token)


def test_a_citation_opens_the_passage_in_which_its_quote_stands(user: User, cited: dict[str, Any], lift: str) -> None:
    opened = passage(user, cited["message_id"], cited["chunk_id"])

    assert opened.status == 200
    assert cited["quote"] in opened.body["content"]
    for name in ("chunk_id", "source", "title", "heading", "version", "reviewed_on"):
        assert opened.body[name] == cited[name]
    assert (opened.body["reviewed_by"], opened.body["sources"]) == ("the team", ["Miller 2019"])
    assert opened.body["is_cited_version"] is True


def test_only_whoever_was_given_the_answer_opens_it(cited: dict[str, Any], add_user: ADD_USER) -> None:
    stranger = add_user()
    theirs = passage(stranger, cited["message_id"], cited["chunk_id"])
    nobodys = passage(stranger, uuid4(), uuid4())

    assert (theirs.status, theirs.body["code"]) == (404, "passage_not_found")
    assert theirs.body == nobodys.body


def test_what_the_answer_does_not_cite_is_not_opened(
    user: User, cited: dict[str, Any], supabase: Served, database: Connection
) -> None:
    other = embed(supabase, f"{uuid4()}.md", "# Secrets\n\nNot cited to anybody.").body["id"]
    for row in database.execute("select id from ai_kb_docs where source_id = %s", (other,)).fetchall():
        assert passage(user, cited["message_id"], row[0]).status == 404


def test_of_a_document_that_has_changed_what_now_stands_in_its_place_is_opened(
    user: User, cited: dict[str, Any], supabase: Served, lift: str
) -> None:
    embed(supabase, f"{lift}.md", f"# Lifts\n\n## The {lift}\n\nDo the {lift} in four sets of six.")
    opened = passage(user, cited["message_id"], cited["chunk_id"]).body

    assert (opened["is_cited_version"], opened["version"]) == (False, cited["version"] + 1)
    assert "four sets of six" in opened["content"]


@pytest.mark.usefixtures("s3")
def test_of_a_document_that_is_gone_nothing_is_opened(
    user: User, cited: dict[str, Any], supabase: Served, document: str
) -> None:
    delete(supabase, document)

    assert passage(user, cited["message_id"], cited["chunk_id"]).body["code"] == "passage_not_found"
