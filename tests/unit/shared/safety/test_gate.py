"""What is shown of a text with something dangerous in it, whole and while it grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.safety import gate, statement_classifier
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.findings import Finding
from shared.safety.gate import JUDGE, Checked, Gate, Held, Judging, check, finished, mend_request
from shared.safety.statements import statements
from tests.support.properties import unhurried
from tests.support.suspicion import doubted_statement
from tests.unit.shared.safety.answers_to_show import DANGEROUS_SENTENCES, ORDINARY

ADULT = Athlete()
STARVING = "Eat 600 kcal a day."
DOCTOR = "Train through chest pain."
BEFORE, AFTER = "Here is what fits you well.", "Sleep for eight hours a night, too."


def streamed(text: str, athlete: Athlete = ADULT) -> list[str]:
    """What is shown after each character, and at the end."""
    growing = Gate(athlete)
    shown = [growing.update(text[:length]) for length in range(len(text) + 1)]
    return [*shown, growing.update(text, ended=True)]


@pytest.mark.parametrize("topic", ORDINARY)
def test_an_ordinary_answer_is_shown_as_it_is(topic: str) -> None:
    text = ORDINARY[topic]
    assert check(text, ADULT) == Checked(text)
    assert streamed(text)[-1] == text


@pytest.mark.parametrize(("rule", "sentence"), DANGEROUS_SENTENCES)
def test_a_dangerous_sentence_is_left_out_and_named(rule: str, sentence: str) -> None:
    checked = check(f"{BEFORE} {sentence}\n\n{AFTER}", ADULT)
    assert rule in {finding.rule for finding in checked.findings}
    assert sentence not in checked.text
    assert check_answer(checked.text, ADULT) == []
    assert checked.text == "" or checked.text.startswith(BEFORE)


@pytest.mark.parametrize("sentence", [sentence for _, sentence in DANGEROUS_SENTENCES])
@pytest.mark.parametrize("line", ["{} {} {}", "- {}\n- {}\n- {}"])
def test_nothing_of_a_dangerous_sentence_is_ever_streamed_and_nothing_behind_it(sentence: str, line: str) -> None:
    text = line.format(BEFORE, sentence, AFTER)
    first = check(text, ADULT).held[0].statement.removeprefix("- ")
    harmless = text.partition(first)[0].removesuffix("- ").rstrip()
    assert all(harmless.startswith(shown) for shown in streamed(text))


@unhurried
@given(st.sampled_from(list(ORDINARY.values())), st.sampled_from(DANGEROUS_SENTENCES), st.sampled_from([" ", "\n- "]))
def test_no_answer_around_it_has_a_dangerous_sentence_shown(
    text: str, dangerous: tuple[str, str], between: str
) -> None:
    *_, (start, _) = statements(dangerous[1])
    harmless = f"{text}{between}{dangerous[1][:start]}".rstrip()
    growing = Gate(ADULT)
    whole = f"{text}{between}{dangerous[1]}{between}{text}"
    assert all(harmless.startswith(growing.update(whole[:end])) for end in range(0, len(whole), 7))


def test_a_stream_is_at_most_one_sentence_behind() -> None:
    text = " ".join(ORDINARY.values())
    for length, shown in enumerate(streamed(text)[:-1]):
        held = text[:length].removeprefix(shown)
        assert text.startswith(shown)
        assert len(held) <= 402
        # Where more than one sentence is held, the second has only begun.
        assert len(list(statements(held.rstrip()[:-1], ended=False))) <= 1


def test_a_line_of_a_list_goes_without_its_mark_and_others_keep_theirs() -> None:
    text = (
        f"Here is a plan.\n- Walk daily. {STARVING} Sleep well.\n- {DOCTOR} Rest after it.\n- {DOCTOR}\n1. {STARVING}\n"
        "2. Drink water.\n\nThat is all."
    )
    assert check(text, ADULT).text == (
        "Here is a plan.\n- Walk daily. Sleep well.\n- Rest after it.\n2. Drink water.\n\nThat is all."
    )


def test_the_line_above_a_list_is_read_with_each_of_its_items(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def check_answer(text: str, _: Athlete, since: int = 0) -> list[Finding]:
        read.append(text)
        return []

    monkeypatch.setattr(gate, "check_answer", check_answer)
    Gate(ADULT).update("Never do these:\n" + "- Run without shoes on ice.\n" * 60, ended=True)
    assert all("Never do these:" in text for text in read)
    assert max(map(len, read)) < 3 * gate.WINDOW


@pytest.mark.parametrize(
    "text", [STARVING, f"Your plan: {STARVING}", f"Here is your diet for this week:\n- {STARVING}"]
)
def test_where_nothing_useful_is_left_nothing_is_shown(text: str) -> None:
    checked = check(text, ADULT)
    assert checked.text == ""
    assert [finding.rule for finding in checked.findings] == ["calories_too_low"]


def test_what_is_only_wrong_as_a_whole_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = check(STARVING, ADULT).findings[0]
    text = "\n".join(ORDINARY.values())
    monkeypatch.setattr(gate, "check_answer", lambda read, *_, **__: [finding] if read == text else [])
    assert check(text, ADULT) == Checked("", (Held(text, (finding,)),))


def test_what_a_rule_finds_and_the_classifier_doubts_is_for_the_model_to_judge() -> None:
    statement = doubted_statement(BEFORE, AFTER)
    text, without = f"{BEFORE} {statement} {AFTER}", f"{BEFORE} {AFTER}"
    first = check(text, ADULT, Judging.TO_COME)
    assert (first.text, [each.is_suspected for each in first.held]) == (without, [True])
    assert first.findings == check_answer(text, ADULT)
    assert f"{JUDGE}\n- <statement>{statement}</statement>" in mend_request(first.held)
    assert check(text, ADULT, Judging.DONE) == Checked(text)
    assert check(text, ADULT).text == without


def test_what_the_model_stands_by_takes_nothing_along_that_nobody_doubts() -> None:
    text = f"{BEFORE} {doubted_statement(BEFORE, AFTER)} {AFTER} {STARVING}"
    assert [each.statement for each in check(text, ADULT, Judging.DONE).held] == [STARVING]


@pytest.mark.parametrize(
    ("advised", "athlete"),
    [
        ("Take 10,000 IU of vitamin D every day with breakfast.", ADULT),
        ("Take 900 mg of caffeine every day before training.", ADULT),
        ("A deficit of 400 kcal a day is moderate and fits you.", Athlete(age=15)),
    ],
    ids=["vitamin", "caffeine", "fifteen"],
)
def test_neither_doses_nor_what_is_dangerous_to_this_athlete_alone_can_be_doubted(
    monkeypatch: pytest.MonkeyPatch, advised: str, athlete: Athlete
) -> None:
    monkeypatch.setattr(statement_classifier, "score", lambda *_: -9.0)
    checked = check(f"{BEFORE} {advised} {AFTER}", athlete, Judging.DONE)
    assert [(each.statement, each.is_suspected) for each in checked.held] == [(advised, False)]


def test_more_is_found_for_the_more_vulnerable() -> None:
    text = f"{BEFORE} A deficit of 400 kcal a day is moderate. {AFTER}"
    assert check(text, ADULT).text == text
    assert check(text, Athlete(age=15)).text == f"{BEFORE} {AFTER}"


def test_the_model_is_told_which_statement_which_rule_and_what_would_be_fine() -> None:
    told = mend_request(check(f"{BEFORE} {STARVING} {AFTER}", ADULT).held)
    assert f"<statement>{STARVING}</statement> (calories_too_low)" in told
    assert "at least 1200" in told
    assert BEFORE not in told


@pytest.mark.parametrize(
    ("text", "kept"), [("Rest. Then trai", "Rest."), ("Train through the ch", "Train through the ch"), ("", "")]
)
def test_of_a_text_that_was_cut_the_sentence_at_its_end_is_not_kept(text: str, kept: str) -> None:
    assert finished(text) == kept


def test_the_work_grows_no_faster_than_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def check_answer(text: str, _: Athlete, since: int = 0) -> list[Finding]:
        read.append(len(text))
        return []

    monkeypatch.setattr(gate, "check_answer", check_answer)

    def characters(text: str) -> int:
        read.clear()
        growing = Gate(ADULT)
        for end in range(0, len(text) + 1, 20):
            growing.update(text[:end])
        return sum(read)

    once = ORDINARY["fat loss"] + " "
    assert characters(once * 40) < 5 * characters(once * 10)


def test_a_text_that_does_not_go_on_from_what_is_shown_changes_nothing() -> None:
    growing = Gate(ADULT)
    assert growing.update("Rest well. Sleep") == "Rest well."
    assert growing.update("Best well. Sleep now. Go", ended=True) == "Rest well."


def test_what_is_known_to_follow_ends_a_sentence_and_is_not_shown() -> None:
    growing = Gate(ADULT)
    assert growing.update("Rest well.", " T") == "Rest well."
    assert growing.update("Rest well. Take approx.", " t") == "Rest well."
    assert growing.update("Rest well. Take approx. ten minutes.", "\n-") == "Rest well. Take approx. ten minutes."
