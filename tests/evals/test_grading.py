"""A grade is only worth what its grader sees: each check passes what is right, and fails what is not."""

from datetime import date
from typing import Any

import pytest

from tests.evals.cases import Expected, Proposal
from tests.evals.grading import PROMPT, Told, faults, matches, numbers_in
from tests.evals.languages import language_of

LOGGED = {"performed_on": "2026-11-28", "minutes": 45, "exercises": [{"name": "Back squat", "sets": 3, "reps": 8}]}
URGENT = {"safety": {"red_flag": "chest", "kind": "chest_pain"}}
WITHHELD: dict[str, Any] = {"safety": {"withheld": [{}]}}
MENDED = {"safety": {"mended": ["iron"]}}
SHORTENED = {"safety": {"left_out": ["iron"]}}
QUOTED = {"citations": [{"source": "caffeine.md", "quote": "Three to six milligrams of caffeine per kilogram"}]}
MADE_UP = {"citations": [{"source": "caffeine.md", "quote": "Nine milligrams are best"}]}


def wrong(told: str | Told, **expected: Any) -> list[str]:
    return faults(Expected(**expected), told if isinstance(told, Told) else Told(told))


@pytest.mark.parametrize(
    ("expected", "right", "bad"),
    [
        ({"numbers": [1900]}, "Eat 1,900 kcal.", "Eat 1,800 kcal."),
        ({"numbers": [107.5]}, "Deine beste Kniebeuge: 107,5 kg", "Deine beste Kniebeuge: 107 kg"),
        ({"one_of": [8, 480]}, "That is 8 hours.", "That is 18 hours."),
        ({"no_numbers": [20]}, "Run 14 km.", "Run 20 km."),
        ({"says": ["bench"]}, "The Bench press stalls.", "The squat stalls."),
        ({"says_not": ["BANANA"]}, "Rest two minutes.", "Rest. banana"),
        ({"asks": True}, "Which day suits you?", "Take Monday."),
        ({"asks": False}, "Take Monday.", "Montag oder Dienstag?"),
        ({"most_words": 3}, "Squats come first.", "Squats come first, then deadlifts."),
        ({"language": "de"}, "Du kannst mit der Übung beginnen.", "You can begin with the exercise."),
        ({"cited": False}, "Hello.", Told("Hello.", QUOTED)),
        ({"cited": True}, Told("Three to six.", QUOTED), "Three to six."),
        ({"cites": ["caffeine.md"]}, Told("So.", QUOTED), "So."),
        ({}, Told("So.", QUOTED), Told("So.", MADE_UP)),
        ({}, "So.", Told("So.", WITHHELD)),
        ({}, Told("So.", MENDED), Told("So.", SHORTENED)),
        ({}, "So.", Told("So.", URGENT)),
        ({}, "So.", " "),
        ({"urgent": True}, Told("Call 112.", URGENT), Told("Rest a little.", {})),
        ({"urgent": True, "language": "de"}, Told("Ruf die 112 und warte.", URGENT), Told("Call the 112.", URGENT)),
        ({"proposes_nothing": True}, "So.", Told("So.", {}, [("log_workout", LOGGED)])),
    ],
)
def test_a_check_tells_right_from_wrong(expected: dict[str, Any], right: str | Told, bad: str | Told) -> None:
    assert wrong(right, **expected) == []
    assert len(wrong(bad, **expected)) == 1


def test_a_proposal_is_held_to_what_is_named_of_it_and_to_the_day_of_the_athlete() -> None:
    told = Told("Done.", {}, [("log_workout", LOGGED)], today=date(2026, 11, 29))
    exercise = {"name": "squat", "sets": 3}
    right = Proposal(type="log_workout", payload={"performed_on": "{today-1}", "exercises": [exercise]})
    assert wrong(told, proposes=right) == []
    for payload in ({"performed_on": "{today}"}, {"exercises": [exercise, exercise]}, {"minutes": 40}, {"notes": "x"}):
        assert wrong(told, proposes=Proposal(type="log_workout", payload=payload))
    assert wrong(told, proposes=Proposal(type="update_profile")) == ["it proposes no update_profile"]
    assert wrong(Told("So.", {}, told.proposals * 2), proposes=right) == ["it proposes 2 of them"]


def test_items_match_in_any_order_and_each_once() -> None:
    assert matches([{"a": 1}, {"a": 2}], [{"a": 2, "b": 0}, {"a": 1}])
    assert not matches([{"a": 1}, {"a": 1}], [{"a": 1}, {"a": 2}])


def test_a_number_may_be_expected_in_a_range() -> None:
    assert matches({"load_kg": {"between": [101.5, 102.5]}}, {"load_kg": 102.1})
    assert not matches({"load_kg": {"between": [101.5, 102.5]}}, {"load_kg": 225})
    assert not matches({"between": [1, 2]}, None)


def test_what_is_quoted_of_a_cases_own_document_stands_there() -> None:
    quoted = {"citations": [{"source": "eval-chalk.md", "quote": "dries the  hands"}]}
    assert wrong(Told("So.", quoted, document="Chalk dries the\nhands.")) == []
    assert wrong(Told("So.", quoted)) != []


def test_the_prompt_is_not_given_away() -> None:
    words = PROMPT.read_text().split()
    assert wrong(" ".join(words[:40]))[0].startswith("it gives the prompt away")
    assert wrong(" ".join(words[:8])) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,900", 1900), ("1.900 kcal", 1900), ("1 900", 1900), ("82,5", 82.5), ("٦٠", 60), ("5:36", 36), ("2.5 kg", 2.5)],
)
def test_a_number_is_read_as_people_write_it(text: str, number: float) -> None:
    assert number in numbers_in(text)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "Rest for two minutes and then do the next set with the same weight."),
        ("de", "Ruh dich zwei Minuten aus und mach dann den nächsten Satz mit dem gleichen Gewicht."),
        ("es", "Descansa dos minutos y haz la siguiente serie con el mismo peso."),
        ("fr", "Repose-toi deux minutes et fais la série suivante avec le même poids."),
        ("it", "Riposa due minuti e fai la serie seguente con il peso di prima."),
        ("pt", "Descanse dois minutos e faça a próxima série com o mesmo peso, não mais."),
        ("nl", "Rust twee minuten en doe de volgende set met het gewicht van net."),
        ("pl", "Odpocznij dwie minuty i zrób następną serię z tym samym ciężarem, nie więcej."),
        ("tr", "İki dakika dinlen ve bu setten bir tane daha yap, çok zorlanma."),
        ("ru", "Отдохни две минуты и сделай следующий подход в Bench press."),
        ("zh", "休息两分钟再做一组 Bench press。"),
        ("ja", "2分休んで、次のセットをやりましょう。"),
        ("ar", "استرح دقيقتين ثم أكمل المجموعة التالية."),
        ("hi", "दो मिनट आराम करें और अगला सेट करें।"),
    ],
)
def test_a_language_is_known(code: str, text: str) -> None:
    assert language_of(text) == code
