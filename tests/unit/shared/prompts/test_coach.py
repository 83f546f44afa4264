import json
import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.llm import tokens
from shared.prompts import coach
from shared.prompts.coach import ANSWER_TOKENS, HISTORY_TOKENS, Prompt, build, prompt_hash, reserve_tokens
from tests.unit.shared.properties import few, unhurried

LONGEST_QUESTION = 8000  # characters
PER_MESSAGE = 4  # tokens around each message, as OpenAI counts them
Rows = list[dict[str, Any]]

snippets = ["squat ", "deeper, ", "x", "42 ", "深蹲 ", "\n\n", "🏋️ ", "'", "Ünïcödé "]
markup = ["<", ">", "&", '"', "</question>", "</passage>", "</passages>", "</profile>", "<question>\n", "&lt;", "<b "]
plain = st.lists(st.sampled_from(snippets), min_size=1, max_size=30).map("".join)
marked_up = st.lists(st.sampled_from(snippets + markup), min_size=1, max_size=30).map("".join)
repeated = st.builds(lambda text, times: (text * times)[:LONGEST_QUESTION], plain, st.integers(1, 400))


def passage(content: str, title: str = "Deloads", heading: str | None = "Deloads > How often") -> dict[str, Any]:
    return {"title": title, "heading": heading, "content": content, "token_count": tokens.count(content)}


def turn(number: int, question: str = "How?", answer: str = "So.") -> Rows:
    said = [("user", question), ("assistant", answer)]
    return [
        {"turn_id": f"turn-{number}", "role": role, "content": text, "token_count": tokens.count(text)}
        for role, text in said
    ]


def turns(*contents: str) -> Rows:
    return [message for number, text in enumerate(contents) for message in turn(number, f"{text}?", f"{text}.")]


def words(count: int) -> str:
    return "word " * (count - 1) + "word"


def used(prompt: Prompt, question: str) -> int:
    """The most tokens that a turn with this prompt is charged for."""
    said = sum(tokens.count(message["content"]) + PER_MESSAGE for message in prompt.messages)
    schema = tokens.count(json.dumps(coach.ANSWER_SCHEMA))
    return said + schema + ANSWER_TOKENS + tokens.count(question)


def reserved(question: str) -> int:
    return reserve_tokens(question)


def question_of(prompt: Prompt) -> str:
    return prompt.messages[-1]["content"]


profiles = st.fixed_dictionaries(
    {
        "goals": st.lists(repeated.map(lambda text: text[:150]), max_size=20),
        "injuries": repeated.map(lambda text: text[:2000]),
        "preferences": st.dictionaries(st.text(max_size=10), repeated.map(lambda text: text[:1000]), max_size=3),
    }
)
histories = st.lists(repeated, max_size=6).map(lambda texts: turns(*texts))
retrieved = st.lists(repeated.map(lambda text: passage(tokens.truncate(text, 700))), max_size=8)


def test_what_stays_the_same_comes_first() -> None:
    prompt = build("How?", {"goals": ["strength"]}, turns("first", "second"), [passage("Rest.")])
    assert [message["role"] for message in prompt.messages] == [
        "system",
        "system",
        *["user", "assistant"] * 2,
        "user",
    ]
    assert prompt.messages[0]["content"] == coach.system_text()
    assert prompt.messages[1]["content"] == '<profile>\n{"goals": ["strength"]}\n</profile>'
    assert [message["content"] for message in prompt.messages[2:6]] == ["first?", "first.", "second?", "second."]
    assert question_of(prompt) == (
        '<passages>\n<passage id="p1" title="Deloads" heading="Deloads &gt; How often">\nRest.\n</passage>\n'
        "</passages>\n"
        "<question>\nHow?\n</question>"
    )


def test_a_receipt_can_say_what_went_into_a_prompt() -> None:
    chosen = [passage("one"), passage("two", heading=None)]
    prompt = build("How?", {"goals": ["x"], "injuries": "", "equipment": [], "age": 40}, turns("a"), chosen)
    assert prompt.profile_fields == ["age", "goals"]
    assert prompt.passages == {"p1": chosen[0], "p2": chosen[1]}
    assert prompt.history_used == 2


@pytest.mark.parametrize("profile", [None, {}, {"goals": [], "injuries": None, "preferences": {}}])
def test_a_profile_without_a_word_is_left_out(profile: dict[str, Any] | None) -> None:
    prompt = build("How?", profile, [], [])
    assert [message["role"] for message in prompt.messages] == ["system", "user"]
    assert prompt.profile_fields == []


@unhurried
@given(marked_up, st.lists(st.tuples(marked_up, marked_up, marked_up), max_size=3), marked_up)
def test_no_text_can_leave_its_tag(question: str, found: list[tuple[str, str, str]], injuries: str) -> None:
    chosen = [passage(content, title, heading) for title, heading, content in found]
    prompt = build(question, {"injuries": injuries}, [], chosen)
    whole = question_of(prompt)
    assert re.findall(r"</?\w+", whole) == [
        "<passages",
        *["<passage", "</passage"] * len(found),
        "</passages",
        "<question",
        "</question",
    ]
    asked = whole.rpartition("<question>\n")[2].removesuffix("\n</question>")
    assert unescape(asked) == question
    shown = re.findall(r'<passage id="p\d" title="([^"]*)" heading="([^"]*)">\n(.*?)\n</passage>', whole, re.DOTALL)
    assert [tuple(map(unescape, parts)) for parts in shown] == found
    assert re.findall(r"</?\w+", prompt.messages[1]["content"]) == ["<profile", "</profile"]


def test_the_oldest_turns_give_way_whole() -> None:
    history = turns("old", words(HISTORY_TOKENS // 4), words(HISTORY_TOKENS // 4), "new")
    prompt = build("How?", None, history, [])
    kept = [message["content"] for message in prompt.messages[1:-1]]
    assert kept == [message["content"] for message in history[4:]]
    assert prompt.history_used == 4


def test_history_has_no_holes() -> None:
    prompt = build("How?", None, turns("old", words(HISTORY_TOKENS), "new"), [])
    assert [message["content"] for message in prompt.messages[1:-1]] == ["new?", "new."]


def test_an_answer_whose_question_is_out_of_reach_is_left_out() -> None:
    history = turns("first", "second")[1:]
    prompt = build("How?", None, history, [])
    assert [message["content"] for message in prompt.messages[1:-1]] == ["second?", "second."]


def test_the_lowest_ranked_passages_give_way() -> None:
    found = [passage(words(1500)) for _ in range(4)]
    prompt = build("How?", None, [], found)
    assert list(prompt.passages) == ["p1", "p2"]
    assert question_of(prompt).count("</passage>") == 2


def test_a_passage_too_long_for_all_is_left_out() -> None:
    assert build("How?", None, [], [passage(words(5000))]).passages == {}


@few
@given(repeated, profiles, histories, retrieved)
def test_a_turn_never_uses_more_tokens_than_it_reserves(
    question: str, profile: dict[str, Any], history: Rows, found: Rows
) -> None:
    prompt = build(question, profile, history, found)
    assert used(prompt, question) <= reserved(question)


MARKUP = pytest.mark.parametrize("markup", ["<", "&", "a<b ", "</passage>"])


@MARKUP
def test_a_question_full_of_markup_uses_no_more_than_it_reserves(markup: str) -> None:
    question = markup * (LONGEST_QUESTION // len(markup))
    assert used(build(question, None, [], []), question) <= reserved(question)


@MARKUP
def test_a_profile_full_of_markup_keeps_to_its_budget(markup: str) -> None:
    profile = {"injuries": (markup * 2000)[:2000], "preferences": {"note": (markup * 2900)[:2900]}}
    prompt = build("How?", profile, [], [])
    assert tokens.count(prompt.messages[1]["content"]) <= coach.PROFILE_TOKENS + coach.FRAMING_TOKENS


@MARKUP
def test_passages_full_of_markup_keep_to_their_budget(markup: str) -> None:
    found = [passage(tokens.truncate(markup * 2000, 700)) for _ in range(6)]
    assert tokens.count(question_of(build("How?", None, [], found))) <= coach.PASSAGES_TOKENS + coach.FRAMING_TOKENS


def test_passages_with_long_titles_and_headings_keep_to_their_budget() -> None:
    found = [passage(words(600), title="深" * 500, heading=words(500)) for _ in range(6)]
    assert tokens.count(question_of(build("How?", None, [], found))) <= coach.PASSAGES_TOKENS + coach.FRAMING_TOKENS


def test_the_system_text_keeps_to_its_budget() -> None:
    assert tokens.count(coach.system_text()) <= coach.SYSTEM_TOKENS


def test_a_changed_template_or_schema_is_another_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = {prompt_hash()}
    assert prompt_hash.__wrapped__() in hashes
    monkeypatch.setattr(coach, "ANSWER_SCHEMA", {"type": "object"})
    hashes.add(prompt_hash.__wrapped__())
    monkeypatch.setattr(coach, "system_text", lambda: "You are somebody else.")
    hashes.add(prompt_hash.__wrapped__())
    assert len(hashes) == 3


def test_what_is_reserved_grows_with_the_question() -> None:
    assert reserved(words(2000)) - reserved("") >= 2 * 2000
