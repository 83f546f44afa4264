import json
import re
from typing import Any

import pytest

from shared.coach.turn import prompt
from shared.coach.turn.answer import Growing, read_answer, read_growing
from shared.safety import rulebook
from shared.safety.verdict import VERDICT_SCHEMA, Verdict, read_verdict
from tests.support.coach import urgent

THAI = "เจ็บหน้าอกและหายใจไม่ออก"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"kind": "crisis", "quote": "end it"}, Verdict("crisis", "end it")),
        ({"kind": " Stroke "}, Verdict("stroke")),
        ({"kind": "heart attack", "quote": THAI}, Verdict("emergency", THAI)),
        ({"quote": THAI}, Verdict("emergency", THAI)),
        ("allergy", Verdict("allergy")),
        (True, Verdict("emergency")),
    ],
)
def test_what_a_model_finds_urgent_is_heard_however_it_says_so(said: Any, verdict: Verdict) -> None:
    assert read_verdict({"urgent": said, "answer": ""}) == verdict
    assert read_verdict({"response": {"urgent": said}}) == verdict


@pytest.mark.parametrize(
    "said", [None, False, "", "no", "None", "not urgent", {}, {"kind": None, "quote": None}, {"kind": ""}, [], 0]
)
def test_what_it_does_not_is_nothing(said: Any) -> None:
    assert read_verdict({"urgent": said, "answer": "Rest."}) is None


def test_a_model_that_leaves_it_out_says_nothing_of_it() -> None:
    assert read_verdict({"answer": "Rest."}) is None
    assert read_growing('{"answer": "Rest well. Sle').text == "Rest well."


def test_nothing_is_visible_before_the_verdict_and_nothing_behind_one() -> None:
    raw = urgent("crisis", THAI, "Try these ten exercises. Then rest.")
    came = [read_growing(raw[:length]) for length in range(len(raw) + 1)]
    begins = raw.index('"answer"') + len('"answer": "')
    assert set(came[:begins]) == {Growing()}
    assert set(came[begins:]) == {Growing(verdict=Verdict("crisis", THAI))}


def test_a_verdict_that_was_cut_off_counts_at_the_end() -> None:
    raw = '{"urgent": {"kind": "crisis", "quote": "I wa'
    assert read_growing(raw) == Growing()
    assert read_growing(raw, has_ended=True) == Growing(verdict=Verdict("crisis", "I wa"))


def test_a_verdict_behind_the_answer_counts_as_well() -> None:
    raw = json.dumps({"answer": "Run on.", "urgent": {"kind": "clot", "quote": "my calf"}})
    assert read_growing(raw).verdict == Verdict("clot", "my calf")


@pytest.mark.parametrize(
    "raw", ['{"urgent": null', '{"urgent": null, "citations": []}', '{"urgent": {"kind": "crisis"}}']
)
def test_a_verdict_alone_is_no_answer(raw: str) -> None:
    assert read_answer(raw, {}).text == ""
    assert read_growing(raw, has_ended=True).text == ""


@pytest.mark.parametrize(
    ("quote", "is_quoted"),
    [("CHEST  hurts", True), ("“chest hurts.”", True), ("my arm is numb", True), ("it hurts", False), ("", False)],
)
def test_a_quote_is_the_users_own_words_whatever_their_case_and_blanks(quote: str, is_quoted: bool) -> None:
    assert Verdict("emergency", quote).is_quoted(["My chest\nhurts.", "My arm is numb"]) == is_quoted


def test_the_schema_asks_for_it_first_and_the_prompt_says_what_each_kind_is() -> None:
    assert next(iter(prompt.ANSWER_SCHEMA["properties"])) == prompt.ANSWER_SCHEMA["required"][0] == "urgent"
    assert VERDICT_SCHEMA["anyOf"][1]["properties"]["kind"]["enum"] == list(rulebook.advice_kinds())
    told = prompt.system_text().partition("The kinds: ")[2].partition("\n\n")[0]
    assert set(rulebook.advice_kinds()) <= set(re.findall(r"\w+", told))
