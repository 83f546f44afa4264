# ruff: noqa: RUF001 - it is about characters that look alike
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.knowledge.quotes import find_quote
from tests.support.properties import unhurried

PASSAGE = (
    "Don\u2019t add weight \u2014 do 8\u201312 reps.\n"
    "The \ufb01rst exer\u00adcise is **the squat**, with a \u201cbrace\u201d & care."
)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Don't add weight", "Don\u2019t add weight"),
        ("do 8-12 reps", "do 8\u201312 reps"),
        ("don't add weight", "Don\u2019t add weight"),
        ("Do 8-12 reps. The first", "do 8\u201312 reps. The \ufb01rst"),
        ("exercise is the squat", "exer\u00adcise is the squat"),
        ('"with a "brace""', "with a \u201cbrace"),
        ("...the first exercise\u2026", "The \ufb01rst exer\u00adcise"),
        ("a &quot;brace&quot; &amp; care.", "a \u201cbrace\u201d & care."),
        ("add   weight", "add weight"),
    ],
)
def test_an_honest_quote_is_found_and_given_in_the_passages_words(quote: str, found: str) -> None:
    assert find_quote(quote, PASSAGE) == found


@pytest.mark.parametrize("quote", ["", "weight", "squat.", "do 812 reps", "add no weight", "Never add weight", "..."])
def test_what_is_not_there_or_proves_nothing_is_not_found(quote: str) -> None:
    assert find_quote(quote, PASSAGE) is None


@unhurried
@given(st.text(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_whatever_is_cut_out_of_a_passage_is_found_in_it_or_proves_nothing(text: str, start: int, end: int) -> None:
    found = find_quote(text[start:end], text)
    assert found is None or all(word in text for word in found.split())


TYPED = (
    "# Rest\n\n- Don’t add weight — 8–12 reps.\n- **Sleep** eight hours.\n\n"
    "| week | sets |\n|---|---|\n| 1 | three |\n| 2 | four |\n\nThe ﬁrst exer\u00adcise is the squat."
)


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Don't add weight - 8-12 reps", "Don’t add weight — 8–12 reps"),
        ("8-12 reps", "8–12 reps"),
        ("8–12 reps.", "8–12 reps."),
        ("don't add weight", "Don’t add weight"),
        ('"Don\'t add weight"', "Don’t add weight"),
        ("“Don’t add weight”", "Don’t add weight"),
        ("«Don’t add weight»", "Don’t add weight"),
        ("...add weight", "add weight"),
        ("…add weight…", "add weight"),
        ("Don't add weight ... Sleep eight hours", "Don’t add weight … Sleep eight hours"),
        ("Don't add weight […] eight hours.", "Don’t add weight … eight hours."),
        ("8–12 reps. Sleep eight hours.", "8–12 reps. Sleep eight hours."),
        ("8-12 reps. - Sleep eight hours", "8–12 reps. Sleep eight hours"),
        ("• Sleep eight hours", "Sleep eight hours"),
        ("**Sleep eight** hours", "Sleep eight hours"),
        ("_Sleep_ eight hours", "Sleep eight hours"),
        ("`Sleep` eight hours", None),
        ("SLEEP EIGHT HOURS", "Sleep eight hours"),
        ("week sets", "week sets"),
        ("1 three", "1 three"),
        ("| 1 | three |", "1 three"),
        ("1 | three | 2 | four", "1 three 2 four"),
        ("the first exercise", "The ﬁrst exer\u00adcise"),
        ("the first exer\u00adcise", "The ﬁrst exer\u00adcise"),
        ("exercise is the squat.", "exer\u00adcise is the squat."),
        ("exercise is\nthe squat", "exer\u00adcise is the squat"),
        ("ｅxercise is the squat", "exer\u00adcise is the squat"),
        ("Rest Don't add weight", "Rest Don’t add weight"),
        ("Don&#39;t add weight", "Don’t add weight"),
        ("Don't  add\tweight", "Don’t add weight"),
        ("Don´t add weight", "Don’t add weight"),
        ("don’t add weight—8—12 reps", None),
        ("sleep four hours", None),
        ("add weight … Don't", None),
        ("eight hours … three sets of squats", None),
        ("1 four", None),
    ],
)
def test_what_models_do_to_a_quote_is_undone_and_what_they_make_up_is_not_there(quote: str, found: str | None) -> None:
    assert find_quote(quote, TYPED) == found
