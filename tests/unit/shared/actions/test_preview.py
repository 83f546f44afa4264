"""What a user is shown of a change."""

from typing import Any

import pytest

from shared.actions import preview as previews

UNITS = {"load_kg": "kg", "rest_seconds": "s"}


def preview(before: Any, after: Any, units: dict[str, str]) -> list[dict[str, Any]]:
    return [change.model_dump() for change in previews.preview(before, after, units)]


def squat(**numbers: Any) -> dict[str, Any]:
    return {"name": "Squat", "sets": 3, "load_kg": 60.0} | numbers


def plan(*exercises: dict[str, Any]) -> dict[str, Any]:
    return {"plan_id": "7", "plan": {"name": "A", "sessions": [{"name": "Legs", "exercises": list(exercises)}]}}


def test_a_changed_number_is_shown_with_its_place_and_unit() -> None:
    assert preview(plan(squat()), plan(squat(load_kg=62.5)), UNITS) == [
        {"path": "plan.sessions[Legs].exercises[Squat].load_kg", "before": 60.0, "after": 62.5, "unit": "kg"}
    ]


def test_nothing_changed_shows_nothing() -> None:
    assert preview(plan(squat()), plan(squat()), UNITS) == []


def test_an_exercise_that_goes_does_not_look_like_a_change_of_those_behind_it() -> None:
    lunge = {"name": "Lunge", "sets": 2}
    assert preview(plan(squat(), lunge), plan(lunge), UNITS) == [
        {"path": "plan.sessions[Legs].exercises[Squat]", "before": squat(), "after": None, "unit": None}
    ]


def test_two_of_one_name_are_told_apart() -> None:
    changes = preview(plan(squat(), squat(sets=1)), plan(squat(), squat(sets=2)), UNITS)
    assert [change["path"] for change in changes] == ["plan.sessions[Legs].exercises[Squat 2].sets"]


def test_a_list_of_words_is_shown_whole() -> None:
    changes = preview({"goals": ["run"]}, {"goals": ["run", "rest"]}, {})
    assert changes == [{"path": "goals", "before": ["run"], "after": ["run", "rest"], "unit": None}]


def test_keys_of_the_database_are_not_shown() -> None:
    before: dict[str, Any] = {"active_plan": {"id": "1", "name": "Old"}, "plan": None}
    after = {"active_plan": {"id": "2", "name": "New"}, "plan": {"name": "New"}}
    assert preview(before, after, {}) == [
        {"path": "active_plan.name", "before": "Old", "after": "New", "unit": None},
        {"path": "plan", "before": None, "after": {"name": "New"}, "unit": None},
    ]


@pytest.mark.parametrize(("before", "after"), [(None, {"a": 1}), ({"a": 1}, None)])
def test_something_from_nothing_and_back_is_one_line(before: Any, after: Any) -> None:
    assert preview(before, after, {}) == [{"path": "", "before": before, "after": after, "unit": None}]
