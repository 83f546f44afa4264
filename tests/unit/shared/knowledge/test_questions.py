"""A message is searched alone, behind what it may go on from, or not at all."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.knowledge.questions import MIN_SCORE, behind, goes_on, least_similarity, needs_passages, searched

BENCH = Path(__file__).parents[3] / "bench"
MESSAGES = [json.loads(line) for line in (BENCH / "retrieval_needs.jsonl").read_text().splitlines()]
SQUAT = "How deep should a back squat be?"


@pytest.mark.parametrize("each", MESSAGES, ids=lambda each: each["message"])
def test_only_what_the_knowledge_base_may_answer_is_searched(each: dict[str, str | bool]) -> None:
    assert needs_passages(str(each["message"])) is each["needs_passages"]


@pytest.mark.parametrize("name", ["retrieval_questions", "retrieval_fresh", "retrieval_follow_ups"])
def test_no_question_is_taken_for_small_talk(name: str) -> None:
    for line in (BENCH / f"{name}.jsonl").read_text().splitlines():
        assert needs_passages(json.loads(line)["question"])


def test_a_first_question_is_searched_alone() -> None:
    assert searched(SQUAT, []) == (SQUAT,)


def test_a_question_is_searched_alone_and_behind_the_one_before() -> None:
    assert searched("and how many sets?", [SQUAT, "Is creatine safe?"]) == (
        "and how many sets?",
        f"{SQUAT}\nand how many sets?",
    )


def test_of_a_chain_of_short_questions_the_one_that_began_it_counts() -> None:
    chain = ["and for women?", SQUAT, "Is creatine safe?"]
    assert searched("why?", chain)[1] == f"{SQUAT}\nand for women?\nwhy?"


def test_small_talk_is_nothing_to_go_on_from() -> None:
    assert searched("and how many sets?", ["thanks!", "make me a plan", SQUAT])[1].startswith(SQUAT)
    assert searched(SQUAT, ["hi", "thanks"]) == (SQUAT,)


@pytest.mark.parametrize("message", ["Thanks!", "how was my week?", "Erstelle mir einen Trainingsplan", "👍", "…"])
def test_what_needs_no_passage_is_not_searched_whatever_was_asked_before(message: str) -> None:
    assert searched(message, [SQUAT]) == ()


@pytest.mark.parametrize("message", ["toll ta", "righto mate", "blah blah"])
def test_a_few_words_that_ask_nothing_bring_nothing_back_of_what_was_asked_before(message: str) -> None:
    assert searched(message, [SQUAT]) == (message,)


@pytest.mark.parametrize("message", ["Is creatine safe?", "深蹲要蹲多深？", "creatine", "هل الكرياتين آمن؟"])
def test_what_asks_is_given_passages_that_are_a_little_like_it(message: str) -> None:
    assert least_similarity(message) == MIN_SCORE


@pytest.mark.parametrize(
    "message", ["guess who joined a band", "sounds like fun, I'm in", "My knee hurts on the stairs"]
)
def test_what_asks_nothing_is_given_only_passages_that_are_more_like_it(message: str) -> None:
    assert least_similarity(message) > MIN_SCORE


@pytest.mark.parametrize(
    "message",
    [
        "how many sessions have I got left this week?",
        "what weight did I use on bench last time?",
        "ran 6k in 34 minutes this morning",
        "make Wednesday shorter",
        "am I on track with my plan?",
    ],
)
def test_what_only_the_log_knows_or_takes_is_not_searched(message: str) -> None:
    assert not needs_passages(message)


@pytest.mark.parametrize(
    "message",
    [
        "Ran 6k in 34 minutes and now my knee hurts",
        "I did 5 sets of 10, is that enough?",
        "Why did I sleep so badly last week?",
        "How heavy should I squat this week?",
        "trained 6 days a week since May, should I rest?",
    ],
)
def test_what_is_asked_about_the_log_is_searched(message: str) -> None:
    assert needs_passages(message)


@given(st.text(max_size=400), st.lists(st.text(max_size=40), max_size=3))
def test_any_message_can_be_searched(message: str, before: list[str]) -> None:
    assert searched(message, before) in ((), (message,), (message, behind(message, before)))


def test_who_writes_at_length_does_not_just_greet_and_needs_nothing_from_before() -> None:
    assert searched("hello " * 60, [SQUAT]) == ("hello " * 60,)


@pytest.mark.parametrize(
    "part", ["how was my ", "please ", "make me a ", "a", "did i ", "what have i ", "add a to ", "log "]
)
def test_no_message_takes_long_to_tell(part: str) -> None:
    """A pattern that doubles its time with each word would take years for these."""
    began = time.process_time()
    needs_passages((part * 300)[:299])
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "message", ["why?", "and for women?", "do I need to load it?", "how many?", "Und wie viele Sätze?", "为什么？"]
)
def test_what_names_or_only_asks_on_goes_on_from_the_question_before(message: str) -> None:
    assert goes_on(message)


@pytest.mark.parametrize(
    "message", ["How do I fix my Wi-Fi router?", "Which planets have rings?", "O roteador não funciona", SQUAT]
)
def test_what_names_a_subject_of_its_own_may_be_a_new_one(message: str) -> None:
    assert not goes_on(message)
