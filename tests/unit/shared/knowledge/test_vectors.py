"""A change of the embedding model goes on as far as the time allows, and is paid for once."""

from typing import Any

import pytest

from shared.database.client import Database
from shared.knowledge.vectors import STORING_SECONDS, content_hash, maintain_vectors
from shared.platform.deadline import Deadline
from tests.support.knowledge_base import FakeKnowledgeBase


@pytest.fixture
def database(knowledge_base: FakeKnowledgeBase) -> Database:
    """Two chunks are served with another model than the one that is wanted now."""
    without = [["Rest.", "Sleep."], []]
    knowledge_base.answers |= {
        "prune_embeddings": lambda _: 3,
        "serving_model": lambda _: "old",
        "contents_without_embedding": lambda _: without.pop(0),
        "set_serving_model": lambda _: True,
    }
    return Database.as_service()


def maintained(database: Database, seconds: float = 60.0) -> dict[str, Any]:
    return maintain_vectors(database, Deadline.after(seconds))


def test_once_every_chunk_has_its_new_vector_the_models_are_switched(
    knowledge_base: FakeKnowledgeBase, database: Database
) -> None:
    assert maintained(database) == {"serving_model": "wanted", "wanted_model": "wanted", "embedded": 2, "pruned": 3}
    assert knowledge_base.embedded == [("wanted", "Rest."), ("wanted", "Sleep.")]
    assert knowledge_base.kept == {content_hash("Rest."), content_hash("Sleep.")}


def test_a_switch_that_a_new_chunk_forestalls_is_tried_again(
    knowledge_base: FakeKnowledgeBase, database: Database
) -> None:
    without, switched = [[], ["Drink."], []], [False, True]
    knowledge_base.answers["contents_without_embedding"] = lambda _: without.pop(0)
    knowledge_base.answers["set_serving_model"] = lambda _: switched.pop(0)

    assert maintained(database)["serving_model"] == "wanted"
    assert knowledge_base.embedded == [("wanted", "Drink.")]


@pytest.mark.parametrize("serving", [None, "wanted"])
def test_without_a_change_of_the_model_nothing_is_embedded(
    knowledge_base: FakeKnowledgeBase, database: Database, serving: str | None
) -> None:
    knowledge_base.answers["serving_model"] = lambda _: serving

    assert maintained(database)["serving_model"] == serving
    assert [name for name, _ in knowledge_base.called] == ["prune_embeddings", "serving_model"]


def test_a_change_waits_for_the_next_time_where_there_is_too_little_left(
    knowledge_base: FakeKnowledgeBase, database: Database
) -> None:
    assert maintained(database, STORING_SECONDS)["serving_model"] == "old"
    assert knowledge_base.embedded == []
