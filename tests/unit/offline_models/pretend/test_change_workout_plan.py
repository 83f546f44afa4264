from typing import Any

import pytest

from tests.unit.offline_models.pretend.calling import chosen, payload


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        (
            "Increase my squat to 42.5 kg",
            [("set", "Monday", "Squat", {"load_kg": 42.5}), ("set", "Thursday", "Squat", {"load_kg": 42.5})],
        ),
        ("Increase my squat by 2.5 kg on Thursday", [("set", "Thursday", "Squat", {"load_kg": 42.5})]),
        ("Lower the goblet squat by 4 kg", [("set", "Thursday", "Goblet squat", {"load_kg": 12.0})]),
        ("add a set to my lunges", [("set", "Monday", "Walking lunge", {"sets": 4})]),
        ("Add 2 more reps to my lunges", [("set", "Monday", "Walking lunge", {"reps": 7})]),
        ("Take one set off the plank", [("set", "Thursday", "Plank", {"sets": 2})]),
        ("Reduce my plank by 10 seconds", [("set", "Thursday", "Plank", {"seconds": 20})]),
        ("Change the lunges to 4 sets", [("set", "Monday", "Walking lunge", {"sets": 4})]),
        ("Set plank rest to 120 seconds", [("set", "Thursday", "Plank", {"rest_seconds": 120})]),
        ("Can you remove lunges from my plan?", [("remove", "Monday", "Walking lunge", {})]),
        (
            "Add bench press 3x8 at 40 kg to my Thursday session",
            [("add", "Thursday", "Bench press", {"sets": 3, "reps": 8, "load_kg": 40.0, "rest_seconds": 90})],
        ),
        (
            "Add a set to my plank and remove the lunges from my plan",
            [("set", "Thursday", "Plank", {"sets": 4}), ("remove", "Monday", "Walking lunge", {})],
        ),
    ],
)
def test_the_exercise_is_found_in_the_plan(question: str, changes: list[tuple[Any, ...]]) -> None:
    found = payload("change_workout_plan", question)["changes"]
    named = ("operation", "session", "exercise")
    assert [
        (*(each[name] for name in named), {k: v for k, v in each.items() if k not in named and v is not None})
        for each in found
    ] == changes


@pytest.mark.parametrize("known", [{}, {"plan": None}])
def test_an_exercise_that_is_not_in_the_plan_is_not_changed(known: dict[str, Any]) -> None:
    choice = chosen("Increase my deadlift to 100 kg", **known)
    assert choice.calls == ()
    assert "nothing in your plan" in choice.needs[0]
