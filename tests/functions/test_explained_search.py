"""What operators see when they ask as the coach: everything that was looked at, and what a model would be shown."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.functions.invocations import User, request
from tests.support.functions.operator import embed
from tests.support.gateway import Served


@pytest.fixture
def lift(supabase: Served) -> str:
    """The name of a lift that one document is about; others are about other things."""
    name = f"lift{uuid4().hex[:8]}"
    embed(supabase, f"{name}.md", f"# The {name}\n\nDo the {name} in three sets of five, twice a week.")
    embed(supabase, f"{uuid4()}.md", f"# Tea {uuid4().hex}\n\nPour boiling water over the leaves, and wait.")
    return name


def explain(supabase: Served, question: str, **more: Any) -> Any:
    body = {"question": question, **more}
    return request("search_knowledge", "POST", "/v1/knowledge/explain", "", body, apikey=supabase.service_key).body


def test_what_is_shown_is_what_a_turn_gives_its_model(supabase: Served, user: User, session: str, lift: str) -> None:
    question = f"How many sets of the {lift} should I do?"
    path = f"/v1/chat/sessions/{session}/messages"
    answered = request("send_message", "POST", path, user.token, {"content": question}).body
    given = [chunk["chunk_id"] for chunk in answered["message"]["metadata"]["receipt"]["chunks"]]

    (query,) = explain(supabase, question)["queries"]
    shown = [item for item in query["items"] if item["is_shown"]]
    assert [item["chunk_id"] for item in sorted(shown, key=lambda item: item["found_place"])] == given
    assert query["query"] == question


def test_a_chunk_is_told_with_both_its_scores_and_what_they_make(supabase: Served, lift: str) -> None:
    explained = explain(supabase, f"How many sets of the {lift} should I do?")
    best = explained["queries"][0]["items"][0]

    assert (best["source"], best["found_place"], best["is_evidence"], best["is_shown"]) == (f"{lift}.md", 1, True, True)
    assert (best["near_place"], best["words_place"]) == (1, 1)
    assert best["similarity"] >= explained["min_similarity"]
    assert best["words_score"] > 0
    assert 0 < best["coverage"] <= 1
    assert best["rank_score"] == pytest.approx((1 + 0.6 * best["coverage"] ** 3) / 61)
    assert lift in best["excerpt"]
    assert explained["embedding_tokens"] > 0


def test_what_is_no_evidence_is_told_too_and_shown_to_nobody(supabase: Served, lift: str) -> None:
    items = explain(supabase, f"How many sets of the {lift} should I do?")["queries"][0]["items"]
    others = [item for item in items if not item["is_evidence"]]

    assert others
    assert all(not item["is_shown"] and item["found_place"] is None for item in others)


def test_a_question_that_may_go_on_is_also_searched_behind_the_one_before(supabase: Served, lift: str) -> None:
    before = f"How many sets of the {lift} should I do?"
    explained = explain(supabase, "and how long do I rest?", before=[before])

    assert [query["query"] for query in explained["queries"]] == [
        "and how long do I rest?",
        f"{before}\nand how long do I rest?",
    ]


def test_for_small_talk_nothing_is_searched_or_paid(supabase: Served) -> None:
    explained = explain(supabase, "Thanks a lot!")

    assert (explained["queries"], explained["embedding_tokens"], explained["cost"]) == ([], 0, 0)
