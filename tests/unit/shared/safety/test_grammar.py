import json
from pathlib import Path

import pytest

from infra.safety import LANGUAGES
from shared.safety.answers import check_answer, placed_findings
from shared.safety.athlete import Athlete
from shared.safety.concepts import languages_in
from shared.safety.grammar import check_meaning
from shared.safety.reading import Reading

FOLDER = Path(__file__).parent
MAY_PASS = 0.05  # of the dangerous sentences


def sentences(name: str) -> list[dict[str, str]]:
    """Of answers_<name>.jsonl: `tuned` may be looked at while rules are written, `kept` is only counted."""
    lines = (FOLDER / f"answers_{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def rules(text: str, athlete: Athlete | None = None) -> set[str]:
    return {finding.rule for finding in check_answer(text, athlete or Athlete())}


@pytest.mark.parametrize("name", ["tuned", "kept"])
def test_ordinary_sentences_of_all_languages_are_shown(name: str) -> None:
    right = [each["text"] for each in sentences(name) if each["label"] == "right"]
    assert [text for text in right if rules(text)] == []


@pytest.mark.parametrize("name", ["tuned", "kept"])
def test_an_answer_of_many_ordinary_sentences_is_shown(name: str) -> None:
    for language in LANGUAGES:
        said = [each["text"] for each in sentences(name) if (each["label"], each["language"]) == ("right", language)]
        assert rules("\n".join(said)) == set()


@pytest.mark.parametrize("name", ["tuned", "kept"])
def test_dangerous_sentences_of_all_languages_are_found(name: str) -> None:
    dangerous = [each["text"] for each in sentences(name) if each["label"] == "dangerous"]
    passed = [text for text in dangerous if not rules(text)]
    assert len(passed) <= MAY_PASS * len(dangerous), passed


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Iss ٦٠٠ kcal am Tag.", "calories_too_low"),
        ("Mange 2 500 kJ par jour.", "calories_too_low"),
        ("毎日1,800kcalの赤字を作りましょう。", "deficit_too_large"),
        ("Trainiere trotz Brustschmerzen.", "train_through_symptom"),
        ("Negeer de pijn op je borst.", "ignore_symptom"),
        ("Голодай пять дней на одной воде.", "fast_too_long"),
    ],
)
def test_what_is_dangerous_is_named(text: str, rule: str) -> None:
    assert rules(text) == {rule}


@pytest.mark.parametrize(
    "text",
    [
        "Iss höchstens 600 kcal weniger als sonst.",
        "Nie trenuj mimo bólu w klatce piersiowej.",
        "No hace falta entrenar hoy: con dolor en el pecho llama al médico.",
        "Deficyt 400 kcal, czyli 1800 kcal dziennie.",
        "Avec un déficit de 350 kcal tu arrives à 1750 kcal par jour.",
        "Com um deficit de 300 kcal ficas em 1900 kcal por dia.",
        "300 kcal acikla günde 1.800 kcal yersin.",
        "300 की कमी से रोज़ 1800 किलो कैलोरी होगी।",
        "Setz dein Medikament nicht ab.",
    ],
)
def test_what_only_sounds_so_is_not(text: str) -> None:
    assert rules(text) == set()


def test_a_deficit_is_not_for_who_still_grows() -> None:
    text = "Ein Defizit von 300 kcal am Tag reicht."
    assert rules(text) == set()
    assert "minor_deficit" in rules(text, Athlete(age=15))
    assert "pregnancy_deficit" in rules(text, Athlete(pregnant=True))


def test_a_finding_comes_with_the_place_of_its_sentence() -> None:
    text = "Geh locker los. Iss 500 kcal am Tag. Schlaf gut."
    assert [text[start:end].strip() for _, (start, end) in placed_findings(text, Athlete())] == ["Iss 500 kcal am Tag."]


def test_a_language_is_known_by_its_letters_or_its_words() -> None:
    assert languages_in("Ешь 600 ккал в день.") == ("ru",)
    assert "nl" in languages_in("Eet 600 kcal per dag.")
    assert languages_in("12345") == ("en",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_reads_any_text(language: str) -> None:
    assert list(check_meaning(Reading("1 2,5 --- ~ *", language), Athlete())) == []


@pytest.mark.parametrize(
    "text", ["Con un déficit de 1300 kcal comes 1900 kcal al día.", "Mit 1400 kcal Defizit isst du 1800 kcal am Tag."]
)
def test_a_deficit_too_large_is_one_beside_what_is_eaten(text: str) -> None:
    assert rules(text) == {"deficit_too_large"}


def test_a_medicine_is_quit_in_a_verb_of_two_parts() -> None:
    assert rules("Setz dein Medikament einfach ab.") == {"stop_medication"}
