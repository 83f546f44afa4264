"""What a coach is told of a log: right numbers, within its room for any athlete, and how much of it is shown."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.llm import tokens
from shared.training.digest import Log, digest, plan_text
from shared.training.plan import Exercise, Plan, Session, Workout
from tests.support.properties import few

TODAY = date(2026, 11, 29)  # a Sunday
MOST = 1500
LIFTS = ["Back squat", "Bench press", "Deadlift", "Overhead press", "Barbell row", "Pull-up", "Romanian deadlift"]
LIFTS += ["Leg press", "Lateral raise", "Biceps curl", "Triceps pushdown", "Calf raise", "Face pull", "Hip thrust"]


def fits(text: str) -> bool:
    return tokens.count(text) <= MOST


def exercise(name: str, **fields: Any) -> Exercise:
    known = {"name": name, "sets": 3, "reps": 5, "seconds": None, "load_kg": 100.0, "rest_seconds": 120}
    return Exercise.model_validate(known | fields)


def workout(days_ago: int, *exercises: Exercise, **fields: Any) -> Workout:
    known = {"minutes": 60, "exercises": list(exercises), "notes": None}
    return Workout.model_validate(known | {"performed_on": TODAY - timedelta(days=days_ago)} | fields)


def year_of_training(count: int) -> list[Workout]:
    dice = random.Random(7)  # noqa: S311 - no secret
    return [
        workout(
            int(number * 83 / count),
            *(exercise(name, load_kg=40 + LIFTS.index(name)) for name in dice.sample(LIFTS, 6)),
            notes="Slept badly, everything felt heavy today.",
            felt=3,
        )
        for number in range(count)
    ]


def six_days() -> Plan:
    days = [Session(name=f"Day {n}", minutes=75, exercises=[exercise(x) for x in LIFTS[n : n + 7]]) for n in range(6)]
    return Plan(name="Six days", goal="Squat 140 kg", weeks=12, sessions=days)


@pytest.mark.parametrize("units", ["metric", "imperial"])
@pytest.mark.parametrize("count", [0, 1, 16, 150])
def test_any_log_fits_and_says_how_much_of_it_is_shown(count: int, units: str) -> None:
    told = digest(Log(year_of_training(count), count, TODAY, six_days(), units), fits)
    assert fits(told)
    assert f"{count} of {count} workouts read" in told
    if count:
        assert f"of {count} shown" in told
        assert "sessions of 6 planned" in told


def test_of_a_plan_whose_weeks_differ_the_fewest_and_the_most_sessions_are_told() -> None:
    every, late = (
        Session(name="Run", minutes=30, exercises=[exercise("Run")], times_a_week=2),
        Session(name="Long run", minutes=60, exercises=[exercise("Long run")], weeks=[5, 6]),
    )
    plan = Plan(name="To 5 km", goal="Run 5 km", weeks=6, sessions=[every, late])
    assert "sessions of 2 to 3 planned" in digest(Log([workout(1, exercise("Run"))], 1, TODAY, plan), fits)


def test_a_plan_of_six_days_is_told_whole() -> None:
    told = plan_text(six_days(), None)
    assert tokens.count(told) <= 1300
    assert told.count("\n- Day ") == 6
    assert told.count("3x5x100 rest 120s") == 42


def test_questions_about_the_month_have_their_numbers_there() -> None:
    squats = [workout(7 * weeks, exercise("Back squat", load_kg=110 - 2.5 * weeks)) for weeks in range(8)]
    runs = [
        workout(7 * weeks + 2, exercise("Easy run", sets=1, reps=None, load_kg=None, seconds=1800, distance_m=5000))
        for weeks in range(8)
    ]
    told = digest(Log([*squats, *runs], 16, TODAY), fits)
    assert "Last 28 days: 8 sessions, 480 min" in told  # how often did I train?
    assert "in 4 weeks 4: 20 km, 120 min" in told  # how far did I run?
    assert "best 3x5x110 (11-29), 1RM 128.3, trend +11.7, a record" in told  # and how is my squat?


def test_amounts_are_told_in_the_units_of_the_user() -> None:
    run = exercise("Run", sets=1, reps=None, load_kg=None, seconds=1800, distance_m=5000)
    told = digest(Log([workout(1, exercise("Bench press", load_kg=102.06), run)], 1, TODAY, None, "imperial"), fits)
    assert "3x5x225" in told
    assert "3.107 mi" in told
    assert "9:39/mi" in told
    assert "km" not in told


def test_breaks_and_how_it_felt_are_told() -> None:
    log = [workout(days, exercise("Row"), felt=felt) for days, felt in ((2, 4), (5, 3), (40, None))]
    told = digest(Log(log, 3, TODAY), fits)
    assert "Last workout 2 days ago; breaks of over 10 days: 2026-11-23 back 34 days" in told
    assert "Felt in 4 weeks (1 bad, 5 great): 3.5 in 2" in told


def test_sets_are_counted_by_the_muscles_that_they_train() -> None:
    log = [workout(days, exercise("Bench press"), exercise("Run", reps=None, seconds=60)) for days in (1, 8, 35)]
    told = digest(Log(log, 3, TODAY), fits)
    assert "chest 1.5 (0.75), triceps 1.5 (0.75)" in told


names = st.text(min_size=1, max_size=80).filter(str.strip)
done = st.builds(
    Exercise,
    name=names.filter(lambda name: "\x00" not in name),
    sets=st.integers(1, 50),
    reps=st.none() | st.integers(1, 500),
    seconds=st.none() | st.integers(1, 14_400),
    load_kg=st.none() | st.floats(0, 1000),
    rest_seconds=st.integers(0, 1800),
    distance_m=st.none() | st.floats(1, 100_000),
)
logs = st.lists(
    st.builds(
        Workout,
        performed_on=st.dates(TODAY - timedelta(days=83), TODAY),
        minutes=st.integers(1, 600),
        exercises=st.lists(done, min_size=1, max_size=6),
        notes=st.none() | st.just("so tired " * 50),
        felt=st.none() | st.integers(1, 5),
    ),
    max_size=30,
)


@few
@given(logs)
def test_a_digest_is_made_of_any_log_and_fits(log: list[Workout]) -> None:
    assert fits(digest(Log(log, len(log), TODAY, six_days()), fits))
