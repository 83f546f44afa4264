"""Estimated maxima, trends, stalls and records."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.training.plan import Exercise, Workout
from shared.training.records import distances, estimated_maximum, lifts
from tests.support.properties import unhurried

DAY = date(2026, 11, 29)


def done(name: str = "Back squat", **fields: Any) -> Exercise:
    known = {"name": name, "sets": 3, "reps": 5, "seconds": None, "load_kg": 100.0, "rest_seconds": 120}
    return Exercise.model_validate(known | fields)


def workout(days_ago: int, *exercises: Exercise) -> Workout:
    return Workout(performed_on=DAY - timedelta(days=days_ago), minutes=60, exercises=list(exercises), notes=None)


@pytest.mark.parametrize(
    ("load", "reps", "in_reserve", "maximum"),
    [(100, 1, 0, 100), (100, 5, 0, 116.67), (100, 3, 2, 116.67), (90, 10, 0, 120), (60, 11, 0, None), (60, 8, 3, None)],
)
def test_a_maximum_is_estimated_by_epley_up_to_ten_repetitions(
    load: float, reps: int, in_reserve: int, maximum: float | None
) -> None:
    estimated = estimated_maximum(load, reps, in_reserve)
    assert estimated == (None if maximum is None else pytest.approx(maximum, abs=0.01))


@unhurried
@given(st.floats(1, 500), st.integers(1, 9))
def test_more_repetitions_or_more_load_are_never_a_lower_maximum(load: float, reps: int) -> None:
    now, more_reps, more_load = (
        estimated_maximum(*each) or 0 for each in ((load, reps), (load, reps + 1), (load + 1, reps))
    )
    assert more_reps > now
    assert more_load > now


def test_the_trend_is_what_the_maximum_grows_by_in_four_weeks() -> None:
    (squat,) = lifts([workout(weeks * 7, done(reps=1, load_kg=120 - 2.5 * weeks)) for weeks in range(6)])
    assert squat.trend == pytest.approx(10)
    assert squat.is_record
    assert not squat.has_stalled


def test_a_lift_without_a_better_set_in_three_weeks_and_three_tries_has_stalled() -> None:
    (bench,) = lifts([workout(days, done("Bench press", load_kg=70)) for days in (40, 30, 20, 10)])
    assert bench.has_stalled
    assert bench.best.day == DAY - timedelta(days=40)
    (young,) = lifts([workout(days, done("Bench press", load_kg=70)) for days in (9, 6, 3, 1)])
    assert not young.has_stalled


def test_a_warm_up_is_no_record_and_the_best_set_of_a_day_counts() -> None:
    sets = (done(load_kg=140, warm_up=True), done(load_kg=90), done(load_kg=110), done(load_kg=100))
    (squat,) = lifts([workout(1, *sets)])
    assert squat.best.done.load_kg == 110


def test_names_are_one_lift_however_they_are_spelt() -> None:
    (row,) = lifts([workout(2, done("Bent-over row")), workout(1, done("bent over  Row"))])
    assert len(row.efforts) == 2


def test_runs_are_no_lifts_and_planks_are_no_runs() -> None:
    run = done("Easy run", sets=1, reps=None, load_kg=None, distance_m=5000, pace_s_per_km=360)
    plank = done("Plank", reps=None, load_kg=None, seconds=60)
    log = [workout(3, run, plank)]
    assert [each.name for each in lifts(log)] == ["Plank"]
    (found,) = distances(log)
    assert found.outings == ((DAY - timedelta(days=3), 5000, 1800),)
