from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.demo.knowledge import documents, text_of
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.clauses import clauses
from tests.support.properties import unhurried
from tests.unit.shared.safety.answers_to_show import DANGEROUS_SENTENCES, ORDINARY, ORDINARY_SENTENCES


def rules(text: str) -> set[str]:
    return {finding.rule for finding in check_answer(text, Athlete())}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Train through chest pain.", "train_through_symptom"),
        ("You can push through a mild concussion.", "train_through_symptom"),
        ("Just keep going with a fever.", "train_through_symptom"),
        ("Ignore the numbness, it passes.", "ignore_symptom"),
        ("Don't worry about the chest pain.", "ignore_symptom"),
        ("Sweat out the fever with a run.", "ignore_symptom"),
        ("Chest pain is normal at first.", "symptom_is_normal"),
        ("You don't need to see a doctor for that.", "no_doctor_needed"),
        ("Stop taking your blood pressure pills.", "stop_medication"),
        ("Squat until you puke.", "train_to_collapse"),
        ("Pop your shoulder back in and go on.", "self_reduction"),
        ("Eat 700 kcal a day.", "calories_too_low"),
    ],
)
def test_dangerous_advice_is_found(text: str, rule: str) -> None:
    assert rule in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "Stop if you feel chest pain.",
        "If you get dizzy, stop and see a doctor.",
        "Never train through chest pain.",
        "Don't ignore numbness.",
        "Do not push through sharp pain.",
        "If you run with a fever, you risk your heart.",
        "You should not continue with a fever.",
        "Chest pain is never normal: see a doctor.",
        "Don't stop taking your medication without asking your doctor.",
        "Go until you have two repetitions left.",
        "Chest press: 3 x 8 with two minutes of rest.",
        "Sore muscles are normal after the first session.",
        "Avoid training with a fever or an infection.",
        "Run easily for 20 minutes and lift twice a week.",
    ],
)
def test_the_usual_warnings_are_fine(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.stem)
def test_what_our_own_documents_say_is_shown(path: Path) -> None:
    text = text_of(path)
    assert rules(text) == set()
    assert [sentence for sentence in clauses(text) if rules(sentence)] == []


def test_there_are_documents_to_show() -> None:
    assert len(documents()) == 50


@pytest.mark.parametrize("topic", ORDINARY)
def test_an_ordinary_correct_answer_is_shown(topic: str) -> None:
    assert rules(ORDINARY[topic]) == set()


@pytest.mark.parametrize("text", ORDINARY_SENTENCES)
def test_an_ordinary_sentence_is_shown(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(("rule", "text"), DANGEROUS_SENTENCES)
def test_a_dangerous_sentence_near_an_ordinary_one_is_found(rule: str, text: str) -> None:
    assert rule in rules(text)
    assert rule in rules(f"{ORDINARY['steps']} {text} {ORDINARY['caffeine']}")


@unhurried
@given(st.text(max_size=300), st.sampled_from(DANGEROUS_SENTENCES))
def test_no_text_before_or_after_hides_a_dangerous_sentence(padding: str, dangerous: tuple[str, str]) -> None:
    rule, sentence = dangerous
    assert rule in rules(f"{padding}\n{sentence}")
    # What is added later can only add findings: no sentence takes back what another advised.
    assert rules(padding) | {rule} <= rules(f"{padding}\n{sentence}\n{padding}")


def test_a_sentence_without_end_is_read_in_parts() -> None:
    endless = "take 300 mg of caffeine and " * 300
    assert max(len(part) for part in clauses(endless)) <= 400
    assert rules(f"{endless} eat 700 kcal a day") == {"calories_too_low"}
