from itertools import cycle, product
from typing import Any

import pytest

from shared.llm import tokens
from shared.platform.settings import ModelSettings
from shared.safety.athlete import Athlete
from shared.safety.training_rules import check_plan
from shared.training import Plan
from tests.unit.offline_models.pretend.calling import chosen, payload
from tests.unit.offline_models.pretend.stage import PROFILE

INJURIES = (
    "", "left knee, mild", "knee pain", "bad shoulder", "lower back pain", "slipped disc", "wrist sprain",
    "tennis elbow", "ankle sprain", "hip impingement", "neck pain", "groin strain", "hernia", "high blood pressure",
    "recent surgery", "knee and shoulder pain",
)  # fmt: skip
EQUIPMENT: tuple[list[str], ...] = ([], ["dumbbells"], ["resistance bands"], ["full gym"])
TIMES = (None, "three evenings of 45 minutes", "twice a week, 20 minutes", "six times a week, 90 minutes")
ASKED = ("Make me a plan", "Write me a 6-day advanced plan of 90 minutes", "Build a lower body routine")


def plan(question: str, **profile: Any) -> Plan:
    return Plan.model_validate(payload("create_workout_plan", question, profile=profile))


@pytest.mark.parametrize("level", ["beginner", "intermediate", "advanced", None])
def test_no_plan_is_one_that_the_safety_rules_refuse(level: str | None) -> None:
    rest = zip(cycle(TIMES), cycle(ASKED), strict=False)  # of 4 and 3, so that all pairs come up
    for (injuries, equipment), (time, question) in zip(product(INJURIES, EQUIPMENT), rest, strict=False):
        profile = {"injuries": injuries, "equipment": equipment, "time_availability": time, "experience_level": level}
        assert check_plan(plan(question, **profile), Athlete.of(profile)) == [], (profile, question)


def test_a_beginner_gets_three_short_sessions_of_three_sets() -> None:
    made = plan("Can you write me a full body plan?", **PROFILE)
    assert (len(made.sessions), made.goal, made.weeks) == (3, "first pull-up", 4)
    exercises = [exercise for session in made.sessions for exercise in session.exercises]
    assert {(each.sets, each.rest_seconds, each.load_kg) for each in exercises} == {(3, 90, None)}
    assert {session.minutes for session in made.sessions} == {45}


def test_the_question_may_ask_for_less_than_the_profile_has_time_for_and_not_for_more() -> None:
    assert len(plan("Make me a 2-day plan for 6 weeks", **PROFILE).sessions) == 2
    assert len(plan("Make me a 5-day advanced plan", **PROFILE).sessions) == 3


def test_only_what_is_at_hand_is_used() -> None:
    def names(*equipment: str) -> str:
        made = plan("I'd like a plan", equipment=equipment)
        return " ".join(exercise.name for session in made.sessions for exercise in session.exercises)

    assert "dumbbell" in names("Dumbbells").lower()
    assert "dumbbell" not in names().lower()


def test_the_largest_plan_fits_in_an_answer() -> None:
    ((_, arguments),) = chosen(
        "Make me a plan", profile={"experience_level": "advanced", "time_availability": "7x 90 min"}
    ).calls
    assert len(arguments["sessions"]) == 5
    assert tokens.count(str(arguments)) < ModelSettings.model_fields["answer_tokens"].default


@pytest.mark.parametrize("question", ["Create a meal plan for me", "Write me a nutrition plan"])
def test_a_plan_for_meals_is_none_for_workouts(question: str) -> None:
    assert chosen(question).calls == ()
