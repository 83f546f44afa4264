from typing import Any

import pytest

from tests.unit.offline_models.pretend.calling import chosen, payload


def exercises(question: str, **known: Any) -> list[tuple[Any, ...]]:
    logged = payload("log_workout", question, **known)["exercises"]
    return [(each["name"], each["sets"], each["reps"], each["seconds"], each["load_kg"]) for each in logged]


@pytest.mark.parametrize(
    ("question", "logged"),
    [
        (
            "Log my workout: squat 3x5 at 60 kg, bench press 3x8 40kg, 45 minutes",
            [("Squat", 3, 5, None, 60.0), ("Bench press", 3, 8, None, 40.0)],
        ),
        ("I did 5 sets of 10 push-ups yesterday, write it down", [("Push-ups", 5, 10, None, None)]),
        ("please record: squats 3 x 5, 62,5 kg; plank 3x60 s",
         [("Squat", 3, 5, None, 62.5), ("Plank", 3, None, 60, None)]),
        ("Log 20 pull-ups and 3 sets of 12 rows with 20 kg",
         [("Pull-ups", 1, 20, None, None), ("Rows", 3, 12, None, 20.0)]),
        ("Could you log deadlift 1x5 @ 225 lbs?", [("Deadlift", 1, 5, None, 102.1)]),
        ("I ran 5 km in 30 minutes, log it please.", [("Run", 1, None, 1800, None)]),
        ("Log clean and press 3x5 at 30 kg", [("Clean and press", 3, 5, None, 30.0)]),
    ],
)  # fmt: skip
def test_sets_repetitions_times_and_loads_are_read(question: str, logged: list[tuple[Any, ...]]) -> None:
    assert exercises(question) == logged


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("", "2026-11-22"),
        ("yesterday", "2026-11-21"),
        ("3 days ago", "2026-11-19"),
        ("on Monday", "2026-11-16"),
        ("on 2026-11-02", "2026-11-02"),
    ],
)
def test_the_day_is_counted_from_today(when: str, day: str) -> None:
    assert payload("log_workout", f"I did squats 3x5 {when}, log it")["performed_on"] == day


def test_minutes_that_were_not_said_are_estimated_and_the_log_says_so() -> None:
    stated = payload("log_workout", "Log squat 3x5 at 60 kg, it took 50 minutes")
    assert (stated["minutes"], stated["notes"]) == (50, None)
    estimated = payload("log_workout", "Log squat 3x5 at 60 kg")
    assert (estimated["minutes"], estimated["notes"]) == (4, "Minutes estimated from the sets.")


def test_an_exercise_goes_by_its_name_in_the_plan() -> None:
    assert exercises("Log walking lunges 3x8")[0][0] == "Walking lunge"
    assert exercises("Log walking lunges 3x8", plan=None)[0][0] == "Walking lunges"


def test_without_an_exercise_the_user_is_asked_for_it() -> None:
    choice = chosen("Log my workout please")
    assert choice.calls == ()
    assert "squat 3x5" in choice.needs[0]
