"""What a plan and a workout can hold, and what was stored before they could hold so much."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.safety.athlete import Athlete
from shared.safety.training_rules import check_plan
from shared.training.plan import Exercise, Plan, Workout, labels
from shared.training.units import KG_A_LB, M_A_MILE, spoken
from tests.support.properties import unhurried

BENCH: dict[str, Any] = {
    "name": "Bench press",
    "sets": 3,
    "reps": 5,
    "seconds": None,
    "load_kg": 60.0,
    "rest_seconds": 120,
}
RUN = BENCH | {"name": "Jog", "sets": 8, "reps": None, "seconds": 60, "load_kg": None, "rest_seconds": 90}
# As rows were written when an exercise had six fields and a plan repeated one week.
OLD_PLAN = {
    "name": "Base",
    "goal": "Get strong",
    "weeks": 4,
    "sessions": [{"name": "Full body", "minutes": 40, "exercises": [BENCH]}],
}
OLD_WORKOUT = {"performed_on": "2026-11-20", "minutes": 40, "exercises": [BENCH], "notes": None}


def plan(*sessions: dict[str, Any], **fields: Any) -> Plan:
    known = {"name": "Plan", "goal": "Get going", "weeks": 4, "sessions": list(sessions)}
    return Plan.model_validate_json(json.dumps(known | fields), strict=True)


def session(*exercises: dict[str, Any], name: str = "A", **fields: Any) -> dict[str, Any]:
    return {"name": name, "minutes": 60, "exercises": list(exercises), **fields}


def test_what_was_stored_before_is_read_and_written_back_as_it_was() -> None:
    assert Plan.model_validate(OLD_PLAN).model_dump(mode="json") == OLD_PLAN
    assert Workout.model_validate(OLD_WORKOUT).model_dump(mode="json") == OLD_WORKOUT


def test_a_plan_holds_what_a_coach_proposes() -> None:
    top = BENCH | {"reps_max": 8, "rir": 2}
    back_off = BENCH | {"load_kg": 50.0, "rpe": 7.5}
    warm_up = BENCH | {"load_kg": 20.0, "warm_up": True}
    easy = RUN | {"sets": 1, "distance_m": 5000.0, "pace_s_per_km": 390, "heart_rate_zone": 2, "note": "talk"}
    whole = plan(
        session(warm_up, top, back_off, weekday="monday", warm_up="5 minutes of rowing"),
        session(easy, name="Run", times_a_week=2),
        progression="2.5 kg once all sets reach 8",
        week_changes=[{"week": 4, "load_percent": 90, "sets_percent": 50, "note": "deload"}],
    )
    assert Plan.model_validate(whole.model_dump(mode="json")) == whole
    assert [each.sets for each in whole.week(4)[0].exercises] == [2, 2, 2]
    assert [each.load_kg for each in whole.week(4)[0].exercises] == [18.0, 54.0, 45.0]
    assert whole.week(3) == whole.sessions


def couch_to_5k() -> Plan:
    """Week by week: intervals grow until half an hour is run."""
    weeks = [(8, 60, 90), (6, 90, 120), (4, 180, 120), (4, 300, 150), (3, 480, 120), (2, 720, 120), (1, 1500, 0)]
    weeks += [(1, 1650, 0), (1, 1800, 0)]
    sessions = [
        session(
            BENCH | {"name": "Brisk walk", "sets": 1, "reps": None, "seconds": 300, "load_kg": None, "warm_up": True},
            RUN | {"sets": sets, "seconds": seconds, "rest_seconds": rest, "note": "walk in between"},
            name=f"Week {number}",
            times_a_week=3,
            weeks=[number],
        )
        for number, (sets, seconds, rest) in enumerate(weeks, start=1)
    ]
    return plan(*sessions, weeks=9)


def test_couch_to_5k_is_a_plan_and_safe_for_a_beginner() -> None:
    assert check_plan(couch_to_5k(), Athlete()) == []


def test_a_week_that_leaps_is_refused_whichever_it_is() -> None:
    leap = plan(session(BENCH), weeks=3, week_changes=[{"week": 3, "load_percent": 140}])
    assert [found.rule for found in check_plan(leap, Athlete("advanced"))] == ["load_jump"]


@pytest.mark.parametrize(
    ("sessions", "fields"),
    [
        ([session(BENCH, BENCH)], {}),  # the very same
        ([session(BENCH), session(BENCH)], {}),  # of one name
        ([session(BENCH | {"reps_max": 4})], {}),
        ([session(BENCH, weeks=[5])], {}),
        ([session(BENCH, weeks=[1, 2, 3])], {}),  # and nothing in the fourth
        ([session(BENCH, name=f"{n}", times_a_week=5) for n in range(3)], {}),
        ([session(BENCH)], {"week_changes": [{"week": 2}, {"week": 2}]}),
        ([session(BENCH)], {"week_changes": [{"week": 9}]}),
        ([session(BENCH | {"heart_rate_zone": 6})], {}),
        ([session(BENCH | {"tempo": "3-1-1"})], {}),
    ],
)
def test_what_is_no_plan_is_refused(sessions: list[dict[str, Any]], fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        plan(*sessions, **fields)


def test_the_second_of_a_name_is_told_apart() -> None:
    assert labels([BENCH, RUN, BENCH]) == ["Bench press", "Jog", "Bench press 2"]


def test_pounds_and_miles_are_stored_in_si() -> None:
    said = BENCH | {"load_kg": None, "load_lb": 225.0, "distance_mi": 1.0, "distance_m": None}
    stored = Exercise.model_validate_json(json.dumps(said), strict=True).model_dump(mode="json")
    assert (stored["load_kg"], stored["distance_m"]) == (102.06, 1609.34)
    assert "load_lb" not in stored


@pytest.mark.parametrize("pair", [{"load_kg": 225, "load_lb": 225}, {"distance_m": 3, "distance_mi": 3}])
def test_an_amount_that_is_another_in_the_other_unit_is_refused(pair: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="differ: send one of them"):
        Exercise.model_validate(BENCH | pair)


@pytest.mark.parametrize("said", [{"distance_mi": {}}, {"load_lb": "much"}, {"distance_mi": 311}, {"load_lb": -1}])
def test_what_is_no_amount_in_the_other_unit_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(said))):
        Exercise.model_validate(BENCH | {"load_kg": None} | said)


def test_an_amount_may_be_said_in_both_units() -> None:
    assert Exercise.model_validate(BENCH | {"load_kg": 100, "load_lb": 220}).load_kg == 100


def test_what_is_stored_in_si_is_shown_in_the_units_of_the_user() -> None:
    stored = {"workout": {"exercises": [BENCH | {"load_kg": 102.06, "distance_m": 5000.0}]}}
    (shown,) = spoken(stored, "imperial")["workout"]["exercises"]
    assert (shown["load_lb"], shown["distance_mi"], "load_kg" in shown) == (225.0, 3.1, False)
    assert spoken(stored, "metric") == spoken(stored, None) == stored


@unhurried
@given(st.floats(1, 2000), st.floats(0.1, 300))
def test_what_was_said_is_what_is_shown_again(pounds: float, miles: float) -> None:
    said = BENCH | {"load_kg": None, "load_lb": pounds, "distance_mi": miles}
    shown = spoken(Exercise.model_validate(said).model_dump(), "imperial")
    assert abs(shown["load_lb"] - pounds) <= 0.05 + 0.01 / KG_A_LB
    assert abs(shown["distance_mi"] - miles) <= 0.05 + 0.01 / M_A_MILE
