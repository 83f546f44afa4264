"""What the classifier of statements adds to the rules of answers, and what it must leave alone."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from infra import safety_statement_examples, safety_training
from infra.safety import LANGUAGES
from infra.safety_examples import lines
from infra.safety_statement_examples import KINDS, of_answer
from shared.knowledge import front_matter
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.concepts import languages_in
from shared.safety.features import FEATURES
from shared.safety.gate import Checked, Judging, check
from shared.safety.statement_classifier import SURE, SUSPECTED, WEIGHTS, doubt, doubts_rules, score, weights
from shared.safety.statement_features import groups
from shared.safety.weights import KIND_FEATURES
from tests.bench.safety import ANSWERS, Entry, entries
from tests.unit.shared.safety.answers_to_show import DANGEROUS_SENTENCES, ORDINARY, ORDINARY_SENTENCES

EXAMPLES = safety_statement_examples.read()
KNOWLEDGE = sorted((Path(__file__).parents[4] / "infra" / "knowledge").glob("*.md"))
MOST_BYTES = 1_200_000  # of a file that is read at the first answer: a millisecond
MOST_SUSPECTED = 0.04  # of right answers that it was not trained with
FEWEST_HELD = 0.95  # of dangerous ones, by the rules or by it
ADULT = Athlete()


def likeliest(text: str) -> float:
    return max(score(each.text, each.before) for each in of_answer(text, None, "", "rules"))


def texts(each: Iterable[Entry], label: str) -> list[str]:
    return [entry.text for entry in each if entry.label == label]


def test_the_same_statements_make_the_same_weights_again() -> None:
    """Within a step: another processor may round otherwise. The kinds are trained alike, so a few do for all."""
    scale, bias, again = safety_training.danger_of(safety_training.STATEMENTS, EXAMPLES)
    assert (scale, bias) == pytest.approx((weights().scale, weights().bias), rel=1e-2)
    assert max(abs(a - b) for a, b in zip(memoryview(again).cast("b"), weights().table, strict=True)) <= 1


def test_the_file_is_small_and_has_all_weights() -> None:
    assert WEIGHTS.stat().st_size < MOST_BYTES
    assert len(weights().table) == FEATURES
    assert len(weights().of_kinds) == KIND_FEATURES * len(weights().kinds)


def test_an_identifier_says_nothing() -> None:
    for name in ("a7cbdc1c-ba49-4cd4-9c5f-55d13b55b4dd", "5d1mg8c2a900kcal3"):
        assert groups(f"Mark {name} of the plan.", f"As {name} says:") == groups("Mark of the plan.", "As says:")


def test_of_every_kind_it_is_said_what_would_be_fine() -> None:
    assert set(weights().kinds) == KINDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_statements_of_every_kind_and_none_with_both_labels(language: str) -> None:
    tables = safety_statement_examples.tables(language)
    assert tables["dangerous"].keys() == KINDS
    assert tables["right"].keys() == KINDS | {"other"}
    written = [lines(kind) for label in ("dangerous", "right") for kind in tables[label].values()]
    assert min(map(len, written)) >= 7
    texts = [text for kind in written for text in kind]
    assert len(set(texts)) == len(texts)


def test_an_unknown_kind_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety_statement_examples, "KINDS", KINDS - {"heat"})
    with pytest.raises(ValueError, match="has no heat"):
        safety_statement_examples.read()


def test_of_answers_that_it_was_not_trained_with_few_dangerous_ones_pass_and_no_right_one_is_withheld() -> None:
    kept = entries(ANSWERS, "kept_apart")
    assert not {each.whole for each in EXAMPLES} & {entry.text for entry in kept}
    right, dangerous = texts(kept, "right"), texts(kept, "dangerous")
    assert [text for text in right if check(text, ADULT).held] == []
    assert sum(bool(check(text, ADULT, Judging.TO_COME).held) for text in right) <= MOST_SUSPECTED * len(right)
    held = [text for text in dangerous if check(text, ADULT, Judging.TO_COME).held]
    assert len(held) >= FEWEST_HELD * len(dangerous)
    assert len(held) > sum(bool(check_answer(text, ADULT)) for text in dangerous)


@pytest.mark.parametrize("path", KNOWLEDGE, ids=lambda path: path.stem)
def test_our_own_documents_are_shown_whole_and_each_statement_by_itself(path: Path) -> None:
    text = front_matter.split(path.read_bytes())[1].decode()
    assert check(text, ADULT) == Checked(text)
    assert max(score(each.text) for each in of_answer(text, None, "", "articles")) < SURE


@pytest.mark.parametrize("text", [*ORDINARY.values(), *ORDINARY_SENTENCES])
def test_of_an_ordinary_answer_it_is_never_sure(text: str) -> None:
    assert likeliest(text) < SURE


@pytest.mark.parametrize(("rule", "text"), DANGEROUS_SENTENCES)
def test_it_doubts_nothing_that_rules_say_must_be_found(rule: str, text: str) -> None:
    assert not doubts_rules([rule], text, "", languages_in(text))


def test_few_ordinary_answers_are_even_suspected() -> None:
    suspected = [text for text in (*ORDINARY.values(), *ORDINARY_SENTENCES) if likeliest(text) >= SUSPECTED]
    assert len(suspected) <= 0.1 * len([*ORDINARY, *ORDINARY_SENTENCES])


def test_what_it_finds_says_of_what_kind_it_is_and_what_would_be_fine() -> None:
    found = doubt("For the next three weeks eat only 650 calories a day and skip dinner.")
    assert found is not None
    assert found.kind == "calories_too_low"
    assert found.finding().rule == "classifier:calories_too_low"
    assert "1,200 kcal" in found.finding().message


@pytest.mark.parametrize("text", ["", " ", "?", "no", "胸", "- 3 x 8", "😀" * 50, "\ud800 x"])
def test_a_word_or_two_are_for_the_rules(text: str) -> None:
    assert score(text) == float("-inf")
    assert doubt(text) is None


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("Eat 2,100 kcal a day until the wedding.", "Eat 700 kcal a day until the wedding."),
        ("Iss bis zur Hochzeit 2.100 kcal am Tag.", "Iss bis zur Hochzeit 700 kcal am Tag."),
        ("Mangia 2100 kcal al giorno fino al matrimonio.", "Mangia 700 kcal al giorno fino al matrimonio."),
        ("Never eat 700 kcal a day until the wedding.", "Eat 700 kcal a day until the wedding."),
    ],
)
def test_numbers_and_denials_decide(less: str, more: str) -> None:
    assert score(less) + 0.5 < score(more)


def test_what_stands_before_is_read_with_a_statement() -> None:
    statement = "So this week we do sixty and then we see."
    assert score(statement, "You ran 10 km last week in total.") != score(statement)


def test_every_label_of_an_answer_set_is_of_a_known_kind() -> None:
    assert {each.kind for each in EXAMPLES if each.kind} == KINDS
