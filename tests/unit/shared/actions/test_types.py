"""What each type of action leads to."""

from typing import Any
from uuid import UUID

import pytest

from shared.actions.action_type import InapplicableError
from shared.actions.registry import TYPES
from shared.safety.situation import Situation, StoredAthlete
from shared.training.plan import Plan

ACTION = UUID("00000000-0000-4000-8000-000000000001")
EXERCISE = {"name": "Goblet squat", "sets": 3, "reps": 10, "seconds": None, "load_kg": 12.0, "rest_seconds": 90}
PLAN: dict[str, Any] = {
    "name": "Base",
    "goal": "Get going",
    "weeks": 4,
    "sessions": [{"name": "Full body", "minutes": 40, "exercises": [EXERCISE]}],
}
FOLLOWED = {"plan_id": "7", "plan": PLAN}
BEGINNER = {"experience_level": "beginner", "equipment": ["dumbbells"], "time_availability": "3 x 45 minutes a week"}


def situation(plan: dict[str, Any] | None = None) -> Situation:
    return Situation.of(StoredAthlete(profile=BEGINNER, plan=plan, workouts=[]))


def after(name: str, payload: dict[str, Any], state: Any) -> Any:
    action_type = TYPES[name]
    return action_type.after(action_type.payload.model_validate(payload), state, ACTION)


def change(operation: str, exercise: str = "Goblet squat", session: str = "Full body", **numbers: Any) -> Any:
    changes = [{"operation": operation, "session": session, "exercise": exercise, **numbers}]
    return after("change_workout_plan", {"changes": changes}, FOLLOWED)


def exercises(state: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = state["plan"]["sessions"][0]["exercises"]
    return found


def findings(name: str, payload: dict[str, Any], state: Any, plan: dict[str, Any] | None = None) -> list[str]:
    action_type = TYPES[name]
    read = action_type.payload.model_validate(payload)
    return [each.rule for each in action_type.findings(read, action_type.after(read, state, ACTION), situation(plan))]


def test_a_null_leaves_a_field_of_the_profile_as_it_is() -> None:
    state = {"goals": ["run"], "injuries": "knee"}
    assert after("update_profile", {"goals": ["swim"], "injuries": None}, state) == state | {"goals": ["swim"]}


def test_an_empty_text_empties_a_field() -> None:
    assert after("update_profile", {"injuries": ""}, {"injuries": "knee"}) == {"injuries": ""}


@pytest.mark.parametrize(
    "payload", [{}, {"goals": None}, {"goals": ["x"], "user_id": "1"}, {"experience_level": "pro"}]
)
def test_a_profile_change_that_says_nothing_or_too_much_is_invalid(payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        TYPES["update_profile"].payload.model_validate(payload)


def test_a_new_plan_is_the_one_followed() -> None:
    state = after("create_workout_plan", PLAN, {"plan": None, "active_plan": None})
    assert state == {"plan": PLAN, "active_plan": {"id": str(ACTION), "name": "Base"}}


def test_numbers_that_are_set_change_and_the_others_stay() -> None:
    assert exercises(change("set", load_kg=14)) == [EXERCISE | {"load_kg": 14.0}]


def test_an_exercise_is_added_behind_the_others() -> None:
    added = exercises(change("add", "Plank", sets=3, seconds=30))[1]
    assert added == EXERCISE | {"name": "Plank", "reps": None, "seconds": 30, "load_kg": None}


def test_an_exercise_is_removed() -> None:
    both = change("add", "Plank", sets=3, seconds=30)
    removal = {"changes": [{"operation": "remove", "session": "Full body", "exercise": "Goblet squat"}]}
    assert [each["name"] for each in exercises(after("change_workout_plan", removal, both))] == ["Plank"]


@pytest.mark.parametrize(
    ("operation", "exercise", "session", "numbers"),
    [
        ("set", "Plank", "Full body", {"sets": 3}),
        ("remove", "Plank", "Full body", {}),
        ("set", "Goblet squat", "Legs", {"sets": 3}),
        ("add", "Goblet squat", "Full body", {"sets": 3, "reps": 8}),
        ("add", "Plank", "Full body", {}),
        ("remove", "Goblet squat", "Full body", {}),
    ],
)
def test_a_change_that_fits_nothing_is_not_made(
    operation: str, exercise: str, session: str, numbers: dict[str, int]
) -> None:
    with pytest.raises(InapplicableError):
        change(operation, exercise, session, **numbers)


def test_without_a_plan_there_is_nothing_to_change() -> None:
    changes = {"changes": [{"operation": "remove", "session": "Full body", "exercise": "Goblet squat"}]}
    with pytest.raises(InapplicableError):
        after("change_workout_plan", changes, None)


def test_a_plan_within_the_bounds_is_safe() -> None:
    assert findings("create_workout_plan", PLAN, {"plan": None, "active_plan": None}) == []


def test_a_jump_of_the_load_is_not() -> None:
    jump = {"operation": "set", "session": "Full body", "exercise": "Goblet squat", "load_kg": 40}
    assert findings("change_workout_plan", {"changes": [jump]}, FOLLOWED, PLAN)


def test_a_goal_that_harms_is_not() -> None:
    assert findings("update_profile", {"goals": ["lose 8 kg in two weeks"]}, {"goals": []})


def test_a_room_for_a_harmful_diet_is_not() -> None:
    assert findings("open_room", {"prompt": "Write a diet of 500 kcal a day"}, {"room": None})


def test_two_sessions_or_exercises_of_one_name_are_no_plan() -> None:
    twice = PLAN | {"sessions": [PLAN["sessions"][0]] * 2}
    with pytest.raises(ValueError, match="same name"):
        Plan.model_validate(twice)
