"""Follow-ups and changes of subject, asked one after the other as an app asks them, on the shipped documents.

The conversations are those of `make bench NAME=retrieval`; its goals are held here, where a change is tested.
"""

import json
from collections.abc import Callable, Iterator

import pytest

from infra.local.demo.knowledge import documents, text_of
from infra.local.postgres.server import PostgresServer
from infra.local.processes import ROOT
from infra.local.supabase_gateway.keys import Keys
from tests.support.functions.invocations import User, request
from tests.support.functions.operator import embed
from tests.support.gateway import Served, served_in_background

ASKED = [json.loads(line) for line in (ROOT / "tests/bench/retrieval_follow_ups.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def supabase(postgres_server: PostgresServer, template: str, gateway_keys: Keys) -> Iterator[Served]:
    """With a knowledge base to which no other test has added anything."""
    with served_in_background(postgres_server.create_database("follow_ups", template), gateway_keys) as served:
        yield served


@pytest.fixture
def known(supabase: Served) -> None:
    """The shipped documents; those that are there are not read again."""
    for path in documents():
        assert embed(supabase, path.name, text_of(path)).status == 200


def cited(user: User, before: str, question: str) -> set[str]:
    """The documents that the answer to a question behind another one cites."""
    session = request("create_session", "POST", "/v1/chat/sessions", user.token, {}).body["id"]
    for content in (before, question):
        path = f"/v1/chat/sessions/{session}/messages"
        answer = request("send_message", "POST", path, user.token, {"content": content})
        assert answer.status == 200
    return {citation["source"] for citation in answer.body["message"]["metadata"]["citations"]}


@pytest.mark.xdist_group("follow_ups")
@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("kind", "count", "least"), [("follow_up", 25, 20), ("new_subject", 40, 33)])
def test_a_message_behind_another_is_answered_from_the_right_document(
    add_user: Callable[[], User], kind: str, count: int, least: int
) -> None:
    asked = [each for each in ASKED if each["kind"] == kind]
    assert len(asked) == count
    missed = [each for each in asked if each["source"] not in cited(add_user(), each["before"], each["question"])]
    assert count - len(missed) >= least, missed
