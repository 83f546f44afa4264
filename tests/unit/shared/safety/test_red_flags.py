import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.safety import words
from shared.safety.red_flags import find_red_flag, fired_rules
from tests.bench.safety import MESSAGES, Entry, entries
from tests.support.properties import few, unhurried
from tests.unit.shared.safety.wordings import HARMLESS, RED_FLAGS

TUNED = entries(MESSAGES, "tuned")
PLAIN = [message.text for message in TUNED if message.kind == "plain"]
ORDINARY = [message.text for message in TUNED if message.label == "ordinary"]
FLAGGED = [message for message in TUNED if message.label == "urgent" and message.note != "not covered yet"]


def kind(text: str) -> str | None:
    flag = find_red_flag(text)
    return flag.kind if flag else None


def test_no_red_flag_of_the_message_set_is_missed_and_few_others_are_flagged() -> None:
    assert min(len(PLAIN), len(ORDINARY), len(FLAGGED)) >= 60
    assert [message.text for message in FLAGGED if not fired_rules(message.text)] == []
    assert sum(bool(fired_rules(text)) for text in ORDINARY) <= 0.02 * len(ORDINARY)


def test_the_message_set_names_each_message_once() -> None:
    texts = [message.text.casefold() for message in (*TUNED, *entries(MESSAGES, "kept_apart"))]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(("expected", "text"), RED_FLAGS)
def test_a_red_flag_is_found_however_it_is_worded(expected: str, text: str) -> None:
    assert kind(text) == expected


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_sounds_like_one_is_no_red_flag(text: str) -> None:
    assert kind(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "My CHEST hurts",
        "my chest hurts",
        "my   chest\n hurts!!!",
        "my chset hurts",
        "my chst hurts",
        "my chesst hurtss",
        "my chest huuuurts",
        "mychest... hurts",
        "my chest—it hurts",
        "my chest hürts",
        "it hurts, my chest",
        "my chest\u200b hurts",
    ],
)
def test_slips_of_the_keyboard_do_not_hide_a_red_flag(text: str) -> None:
    assert kind(text.replace("mychest", "my chest")) == "chest_pain"


@pytest.mark.parametrize("apostrophe", ["'", "\u2019", "`", ""])
def test_a_denial_counts_whatever_its_apostrophe(apostrophe: str) -> None:
    assert kind(f"I don{apostrophe}t have chest pain") is None
    assert kind(f"I don{apostrophe}t have a fever but my chest hurts") == "chest_pain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no chest pain, fainting or numbness in my arm", None),
        ("no fever, my chest hurts", "chest_pain"),
        ("no fever and my chest hurts", "chest_pain"),
        ("I can't run without chest pain", "chest_pain"),
        ("I don't know why my chest hurts", "chest_pain"),
        ("not only my chest hurts", "chest_pain"),
        ("no pain in my chest", None),
        ("my chest does not hurt", None),
        ("signs of a concussion?", None),
        ("I have signs of a concussion", "head_injury"),
        ("I had a concussion ten years ago", None),
        ("I had a concussion ten years ago and now I have one again, a concussion", "head_injury"),
    ],
)
def test_a_denial_reaches_as_far_as_it_is_meant(text: str, expected: str | None) -> None:
    assert kind(text) == expected


def test_the_most_urgent_of_several_is_answered() -> None:
    assert kind("I have a fever and I want to kill myself") == "self_harm"


@unhurried
@given(
    st.sampled_from(FLAGGED), st.lists(st.sampled_from(PLAIN), max_size=4), st.lists(st.sampled_from(PLAIN), max_size=4)
)
def test_a_red_flag_stays_one_among_plain_sentences(flagged: Entry, before: list[str], after: list[str]) -> None:
    parts = [part.rstrip(".!?") for part in (*before, flagged.text, *after)]
    assert find_red_flag(". ".join(parts)) is not None


@few
@given(st.text(max_size=400))
def test_no_text_of_another_line_hides_a_red_flag(text: str) -> None:
    flag = find_red_flag(f"{text}. My chest hurts.")
    assert flag is not None
    assert fired_rules("My chest hurts.") <= fired_rules(f"My chest hurts. So {text}")


@few
@given(st.sampled_from(FLAGGED), st.sampled_from(["", "!", "...", "?!", "\u200b", "\u00ad"]))
def test_case_width_and_punctuation_do_not_matter(flagged: Entry, mark: str) -> None:
    text = flagged.text.rstrip(".!?")
    wide = "".join(chr(ord(c) + 0xFEE0) if "a" <= c.lower() <= "z" else c for c in text)
    ids = fired_rules(text)
    assert ids
    assert fired_rules(text.upper() + mark) == fired_rules(wide + mark) == ids


@pytest.mark.parametrize(
    "unit",
    [
        "chest ",
        "no ",
        "no chest, or ",
        "pain, ",
        "a",
        "my chest. it ",
        "hurt~",
        "1,",
        "not only ",
        "(",
        "n't",
        "blood ",
    ],
)
def test_the_work_grows_no_faster_than_the_text(unit: str) -> None:
    assert steps(unit, 2_000) <= 2.5 * steps(unit, 1_000) + 2_000


def steps(unit: str, length: int) -> int:
    """How many lines of the engine run for a text of this length made of one piece."""
    text = unit * (length // len(unit))  # whole pieces: half a word may be one of another language
    find_red_flag(text)  # what is read or remembered once does not count
    lines = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal lines
        if "safety" not in frame.f_code.co_filename:
            return None
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        find_red_flag(text)
    finally:
        sys.settrace(before)
    return lines


def test_a_sentence_that_goes_on_about_the_last_is_part_of_it() -> None:
    assert len(words.sentences("My chest. It hurts.", {"it"})) == 1
    assert len(words.sentences("I trained my chest. My knee hurts.", {"it"})) == 2


@pytest.mark.parametrize(
    "name", ["83333218-bd91-41b7-b03e-dca7e2dcaa37", "ab902ce0-0a78-4c39-a0c5-be36645c7423", "0dca9f" * 6, "k1ll" * 5]
)
def test_the_letters_of_an_id_are_no_words(name: str) -> None:
    assert find_red_flag(f"What is {name}?") is None
    assert find_red_flag(f"{name}: my chest hurts") is not None
