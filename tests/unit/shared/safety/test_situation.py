"""What a proposal is checked against."""

from datetime import datetime

from pydantic import JsonValue

from shared.safety.situation import Situation, StoredAthlete

WORKOUT: dict[str, JsonValue] = {
    "performed_on": "2026-11-20",
    "minutes": 30,
    "exercises": [
        {"name": "Run", "sets": 1, "reps": None, "seconds": 1200, "load_kg": None, "rest_seconds": 0},
    ],
    "notes": None,
}

OLD: JsonValue = {**WORKOUT, "performed_on": "2026-10-20"}  # of more than four weeks ago
NOW = datetime.fromisoformat("2026-11-21T08:00")


def test_what_the_database_gives_is_read() -> None:
    situation = Situation.of(
        StoredAthlete(now=NOW, profile={"goals": ["run"]}, plan=None, workouts=[WORKOUT, OLD]), ("I am 40",)
    )
    assert situation.profile == {"goals": ["run"]}
    assert [workout.minutes for workout in situation.workouts] == [30]
    assert situation.words == ("I am 40",)


def test_what_an_older_version_stored_in_another_form_counts_as_none() -> None:
    situation = Situation.of(
        StoredAthlete(now=NOW, profile=None, plan={"title": "Old"}, workouts=[{"sets": 3}, WORKOUT])
    )
    assert (situation.profile, situation.plan, len(situation.workouts)) == ({}, None, 1)
