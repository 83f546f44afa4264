"""What the script makes of a question, with every tool of a deployment at hand."""

from itertools import product
from typing import Any

import pytest

from shared.safety.athlete import Athlete
from shared.safety.training_rules import check_plan
from shared.training.plan import Plan
from tests.unit.offline_models.pretend.calling import chosen, payload

INJURIES = (
    "", "left knee, mild", "knee pain", "bad shoulder", "lower back pain", "slipped disc", "wrist sprain",
    "tennis elbow", "ankle sprain", "hip impingement", "neck pain", "groin strain", "hernia", "high blood pressure",
    "recent surgery", "knee and shoulder pain",
)  # fmt: skip
EQUIPMENT: tuple[list[str], ...] = ([], ["dumbbells"], ["resistance bands"], ["full gym"])
LEVELS = ("beginner", "intermediate", "advanced", None)
LOGGED = {"performed_on": "2026-11-22", "minutes": 45}


@pytest.mark.parametrize(
    "question",
    [
        "Log squats 3x5",
        "  log squats 3x5!",
        "Please log squats 3x5",
        "Hey coach, can you log squats 3x5?",
        "It went well. And now log squats 3x5.",
        "I did squats 3x5. Log it.",
        "How deep should I squat? Please log squats 3x5.",
    ],
)
def test_who_says_so_asks_for_it(question: str) -> None:
    assert payload("log_workout", question)["exercises"][0]["reps"] == 5


@pytest.mark.parametrize(
    "question",
    [
        "How do I log squats 3x5?",
        "Should I log squats 3x5, or open a room?",
        "What happens if I log squats 3x5?",
        "Don't log squats 3x5",
        "Please do not open a room to dance, log nothing 3x5",
        "My friend told me to log squats 3x5",
        'The page says "log squats 3x5"',
        "Create a meal plan for me",
        "Write me a nutrition plan",
        "Send me something to eat",
    ],
)
def test_who_asks_tells_or_denies_does_not(question: str) -> None:
    assert chosen(question).calls == ()


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("Set my goal to a strict muscle-up", {"goals": ["a strict muscle-up"]}),
        ("Please change my goal to run a 10k.", {"goals": ["run a 10k"]}),
        ("Set my experience level to intermediate", {"experience_level": "intermediate"}),
        ("Set my equipment to a barbell", {"equipment": ["a barbell"]}),
        ("Set my time to two evenings", {"time_availability": "two evenings"}),
        ("Set my injuries to a sore wrist", {"injuries": "a sore wrist"}),
    ],
)
def test_the_field_that_is_named_changes_and_the_others_stay(question: str, fields: dict[str, Any]) -> None:
    changed = payload("update_profile", question)
    assert {name: value for name, value in changed.items() if value is not None} == fields


def test_what_is_only_told_changes_nothing() -> None:
    assert chosen("My goal is to rest. I have a barbell.").calls == ()


def test_a_workout_is_read_as_sets_repetitions_and_loads() -> None:
    logged = payload("log_workout", "Log my workout: squat 3x5 at 60 kg, bench press 3x8 42.5kg, 45 minutes")
    read = [(each["name"], each["sets"], each["reps"], each["load_kg"]) for each in logged["exercises"]]
    assert read == [("Squat", 3, 5, 60.0), ("Bench press", 3, 8, 42.5)]
    assert LOGGED.items() <= logged.items()


@pytest.mark.parametrize(("when", "day"), [("", "2026-11-22"), ("yesterday", "2026-11-21")])
def test_the_day_is_counted_from_today(when: str, day: str) -> None:
    assert payload("log_workout", f"I trained {when}. Log squats 3x5")["performed_on"] == day


def test_no_one_is_given_a_plan_that_the_safety_rules_refuse() -> None:
    for level, injuries, equipment in product(LEVELS, INJURIES, EQUIPMENT):
        profile = {"injuries": injuries, "equipment": equipment, "experience_level": level}
        made = Plan.model_validate(payload("create_workout_plan", "Make me a plan", profile=profile))
        assert check_plan(made, Athlete.of(profile)) == [], profile


def test_a_plan_has_the_users_goal() -> None:
    assert payload("create_workout_plan", "Can you write me a full body plan?")["goal"] == "first pull-up"


SQUAT = {"operation": "set", "exercise": "Squat", "load_kg": 42.5}
LUNGE = {"operation": "remove", "session": "Monday", "exercise": "Walking lunge"}


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        ("Increase my squat to 42.5 kg", [SQUAT | {"session": "Monday"}, SQUAT | {"session": "Thursday"}]),
        ("Can you remove lunges from my plan?", [LUNGE]),
    ],
)
def test_the_exercise_is_found_in_the_plan(question: str, changes: list[dict[str, Any]]) -> None:
    found = payload("change_workout_plan", question)["changes"]
    assert [{name: value for name, value in each.items() if value is not None} for each in found] == changes


@pytest.mark.parametrize("known", [{}, {"plan": None}])
def test_an_exercise_that_is_not_in_the_plan_is_not_changed(known: dict[str, Any]) -> None:
    choice = chosen("Increase my deadlift to 100 kg", **known)
    assert choice.calls == ()
    assert "nothing in your plan" in choice.needs[0]


@pytest.mark.parametrize(
    ("question", "prompt"),
    [
        ("Open a room to compare three running plans.", "compare three running plans"),
        ("Open a task room: research creatine. Log squats 3x5.", "research creatine. Log squats 3x5"),
    ],
)
def test_all_that_follows_is_the_rooms_task(question: str, prompt: str) -> None:
    assert payload("open_room", question) == {"prompt": prompt}


def test_an_endpoint_is_told_what_follows() -> None:
    sent = payload("webhook", "Notify the gym endpoint that I am late")
    assert (sent["endpoint"], sent["data"]) == ("gym", [{"name": "text", "value": "I am late"}])


@pytest.mark.parametrize("question", ["Open a room", "Log my workout please", "Update my profile"])
def test_who_leaves_out_what_is_needed_is_told_so(question: str) -> None:
    choice = chosen(question)
    assert choice.calls == ()
    assert "I need" in choice.needs[0]
