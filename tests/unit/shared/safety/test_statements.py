from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.safety.statements import MAX_HELD, statements
from tests.support.properties import unhurried


def cut(text: str, *, ended: bool = True) -> list[str]:
    return [text[start:end] for start, end in statements(text, ended=ended)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Rest well. Sleep!  Then go.", ["Rest well.", " Sleep!", "  Then go."]),
        ("Add 2.5 kg. Take approx. 5 kg, ca. 10 min.", ["Add 2.5 kg.", " Take approx. 5 kg, ca. 10 min."]),
        ("Eine Übung, z. B. Kniebeugen. Dann Pause.", ["Eine Übung, z. B. Kniebeugen.", " Dann Pause."]),
        ("Lift, e.g. Squats, i.e. Legs. Dr. Wu agrees.", ["Lift, e.g. Squats, i.e. Legs.", " Dr. Wu agrees."]),
        ("Sleep well. 8 hours will do.", ["Sleep well.", " 8 hours will do."]),
        ("Rest… Then go... then rest.", ["Rest…", " Then go... then rest."]),
        ('"Rest." **Sleep.** (Go.) Done.', ['"Rest."', " **Sleep.**", " (Go.)", " Done."]),
        (
            "Plan:\n\n1. Squat. Hold.\n2. Row\n   - easy",
            ["Plan:", "\n\n1. Squat.", " Hold.", "\n2. Row", "\n   - easy"],
        ),
        ("| a | b |\n|---|---|\n| 1. | 2 |", ["| a | b |", "\n|---|---|", "\n| 1. | 2 |"]),
        ("请休息。不要训练\uff01好吗\uff1f是。", ["请休息。", "不要训练\uff01", "好吗\uff1f", "是。"]),
        ("「休む。」次へ。", ["「休む。」", "次へ。"]),
        ("आराम करें। फिर चलें।", ["आराम करें।", " फिर चलें।"]),
        ("هل تستريح؟ نعم. حسنا", ["هل تستريح؟", " نعم.", " حسنا"]),
    ],
)
def test_a_text_is_cut_at_the_ends_of_its_sentences_and_lines(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


@pytest.mark.parametrize("text", ["Take 2.", "Take approx.", "Rest well. ", "Rest", "「休む。", "\n"])
def test_what_may_yet_go_on_is_not_cut(text: str) -> None:
    assert cut(text, ended=False) == []


def test_a_sentence_without_end_is_cut_between_words() -> None:
    thai = ("พักผ่อนให้เพียงพอ " * 100).strip()
    parts = cut(thai)
    assert "".join(parts) == thai
    assert max(map(len, parts)) <= MAX_HELD + 1
    assert all(part.startswith(" ") for part in parts[1:])
    assert len(cut("x" * 1000)) == 3


texts = st.text(alphabet='Ab.5!?。\n -*"…z', max_size=80) | st.text(max_size=80)


@unhurried
@given(texts)
def test_the_parts_are_the_text_and_each_says_something(text: str) -> None:
    parts = cut(text)
    assert "".join(parts) == text.rstrip()
    assert all(part.strip() for part in parts)


@unhurried
@given(texts | texts.map(lambda text: text * 12))
def test_a_growing_text_is_cut_as_the_whole_is(text: str) -> None:
    whole = cut(text)
    came = [cut(text[:length], ended=False) for length in range(len(text) + 1)]
    assert all(parts == whole[: len(parts)] for parts in came)
    assert all(len(earlier) <= len(later) for earlier, later in pairwise(came))
    assert len(whole) - len(came[-1]) <= 1  # no more than one is held
