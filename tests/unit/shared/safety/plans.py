"""Plans and workouts to check, and what Hypothesis draws of them."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.safety.athlete import Athlete
from shared.training.plan import Exercise, Plan, Session, Workout

DAY = date(2026, 3, 2)


def exercise(name: str = "Goblet squat", **changes: Any) -> Exercise:
    return Exercise(
        **{"name": name, "sets": 3, "reps": 8, "seconds": None, "load_kg": 20, "rest_seconds": 120, **changes}
    )


def plan(*exercises: Exercise, sessions: int = 1, minutes: int = 60, goal: str = "get stronger") -> Plan:
    done = list(exercises) or [exercise()]
    week = [Session(name=f"Day {day}", minutes=minutes, exercises=done) for day in range(1, sessions + 1)]
    return Plan(name="Base", goal=goal, weeks=4, sessions=week)


def workout(*exercises: Exercise, minutes: int = 60, day: int = 0) -> Workout:
    exercises_done = list(exercises) or [exercise()]
    return Workout(performed_on=DAY + timedelta(days=day), minutes=minutes, exercises=exercises_done, notes=None)


names = st.sampled_from(["Back squat", "Push-up", "Hot yoga", "1RM bench press", "Nordic curl", "Row"]) | st.text(
    "abcdefg ÄØ-()", min_size=1, max_size=30
).filter(str.strip)
exercises = st.builds(
    Exercise,
    name=names,
    sets=st.integers(1, 50),
    reps=st.none() | st.integers(1, 500),
    seconds=st.none() | st.integers(1, 14_400),
    load_kg=st.none() | st.floats(0, 1000),
    rest_seconds=st.integers(0, 1800),
)
days = st.lists(exercises, min_size=1, max_size=4, unique_by=lambda done: done.name.strip())
sessions = st.builds(
    Session, name=st.text("ABCDE", min_size=1, max_size=4), minutes=st.integers(1, 600), exercises=days
)
plans = st.builds(
    Plan,
    name=st.just("P"),
    goal=st.sampled_from(["lose 5 kg", "get fit"]),
    weeks=st.integers(1, 52),
    sessions=st.lists(sessions, min_size=1, max_size=8, unique_by=lambda session: session.name),
)
workouts = st.builds(
    Workout,
    performed_on=st.dates(DAY, DAY + timedelta(days=60)),
    minutes=st.integers(1, 600),
    exercises=days,
    notes=st.none(),
)
athletes = st.builds(
    Athlete,
    experience=st.sampled_from(["beginner", "intermediate", "advanced"]),
    injuries=st.sampled_from(["", "bad knee", "mild shoulder pain, old wrist fracture", "hernia"])
    | st.text(max_size=40),
    equipment=st.none() | st.frozensets(st.sampled_from(["barbell", "dumbbells", "full gym", "mat"])),
    minutes_per_session=st.none() | st.integers(1, 300),
    sessions_per_week=st.none() | st.integers(1, 21),
    age=st.none() | st.integers(3, 120),
    pregnant=st.booleans(),
)
