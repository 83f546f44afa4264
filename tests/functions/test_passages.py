"""What a turn looks up in the knowledge base: a question alone and behind the one before it, small talk not at all."""

from typing import Any
from uuid import uuid4

import pytest

from infra.local.offline_models.server import RunningModels
from tests.support.functions.invocations import Answer, User, request
from tests.support.functions.operator import embed
from tests.support.gateway import Served


@pytest.fixture
def lift(supabase: Served) -> str:
    """The name of a lift that one document of the knowledge base is about."""
    name = f"lift{uuid4().hex[:8]}"
    text = f"# The {name}\n\nDo the {name} in three sets of five, twice a week. Between the sets rest for two minutes."
    embed(supabase, f"{name}.md", text)
    return name


def ask(user: User, session: str, question: str) -> Answer:
    path = f"/v1/chat/sessions/{session}/messages"
    return request("send_message", "POST", path, user.token, {"content": question})


def embedded(models: RunningModels, mark: str) -> list[Any]:
    """The inputs of each request to the embedder that holds the mark."""
    return [asked["body"]["input"] for asked in models.requests(mark) if "dimensions" in asked["body"]]


def test_a_follow_up_is_answered_from_what_the_question_before_was_about(
    user: User, session: str, lift: str, models: RunningModels
) -> None:
    ask(user, session, f"How many sets of the {lift} should I do?")
    answer = ask(user, session, "and how long do I rest?")

    cited = [citation["source"] for citation in answer.body["message"]["metadata"]["citations"]]
    assert f"{lift}.md" in cited  # beside what other tests' documents say of rest
    first = f"How many sets of the {lift} should I do?"
    assert embedded(models, lift)[-1] == ["and how long do I rest?", f"{first}\nand how long do I rest?"]


def test_small_talk_is_neither_searched_nor_embedded(
    user: User, session: str, lift: str, models: RunningModels
) -> None:
    ask(user, session, f"How many sets of the {lift} should I do?")
    before = len(embedded(models, lift))
    answer = ask(user, session, "Thanks a lot!")

    assert answer.status == 200
    assert answer.body["message"]["metadata"]["citations"] == []
    assert len(embedded(models, lift)) == before
    (told,) = [
        asked["body"]["input"] for asked in models.requests("Thanks a lot!") if "dimensions" not in asked["body"]
    ]
    assert told[-1]["content"] == "<question>\nThanks a lot!\n</question>"
