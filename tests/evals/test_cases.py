"""The cases themselves: that there are enough of each, and that what they name exists."""

import re
from collections import Counter
from datetime import UTC, datetime

from infra.local.demo.knowledge import documents
from shared.coach.schemas import ProfileChange
from shared.training.plan import Plan
from shared.training.plan import Workout as Training
from tests.evals.cases import athletes, briefs, cases
from tests.evals.people import exercise, followed, logged, today

ALL = cases()
LANGUAGES = {"en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ru", "zh", "ja", "ar", "hi", "th", "el"}


def test_there_are_some_two_hundred_in_ten_categories_and_ten_rooms() -> None:
    counts = Counter(case.category for case in ALL)
    assert len(ALL) >= 200
    assert len(counts) == 10
    assert min(counts.values()) >= 12
    assert len(briefs()) == 10


def test_what_a_case_names_exists() -> None:
    assert {case.athlete for case in ALL} | {brief.athlete for brief in briefs()} <= set(athletes())
    assert {source for case in ALL for source in case.expect.cites} <= {path.name for path in documents()}


def test_every_case_expects_something_and_its_expressions_can_be_read() -> None:
    for case in ALL:
        held_by_every_answer = case.category == "not_withheld"
        assert held_by_every_answer or case.expect.model_fields_set, case.id
        for pattern in (*case.expect.says, *case.expect.says_not):
            re.compile(pattern)


def test_athletes_are_such_as_the_product_knows() -> None:
    for athlete in athletes().values():
        ProfileChange.model_validate(athlete.profile or {"goals": []})
        for workout in athlete.workouts:
            Training.model_validate(logged(workout, today(athlete)))
        if athlete.plan:
            Plan.model_validate(followed(athlete.plan))


def test_every_set_of_an_athlete_can_be_read() -> None:
    lines = [line for each in athletes().values() for workout in each.workouts for line in workout.sets]
    assert all(exercise(line)["sets"] for line in lines)
    assert exercise("Back squat 3x5 102.5") == {
        "name": "Back squat",
        "sets": 3,
        "reps": 5,
        "seconds": None,
        "load_kg": 102.5,
        "rest_seconds": 120,
    }
    assert exercise("Plank 3x40s")["seconds"] == 40
    assert exercise("Easy run 1x1800s 5000m")["distance_m"] == 5000


def test_urgent_cases_come_in_every_language_of_the_rules_and_in_others() -> None:
    urgent = {case.id[:2] for case in ALL if case.expect.urgent}
    assert urgent >= LANGUAGES


def test_today_is_where_the_athlete_is() -> None:
    late = datetime(2026, 11, 29, 3, tzinfo=UTC)
    days = {name: today(athletes()[name], late).day for name in ("nobody", "honolulu", "auckland")}
    assert days == {"nobody": 29, "honolulu": 28, "auckland": 29}
    assert today(athletes()["auckland"], late.replace(hour=20)).day == 30
