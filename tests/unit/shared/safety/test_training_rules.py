from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.safety.athlete import Athlete
from shared.safety.contraindications import max_kg
from shared.safety.progression import allowed_load
from shared.safety.training_rules import check_plan, check_workout
from shared.safety.words import singular
from shared.training.plan import Exercise, Plan, Workout
from tests.support.properties import unhurried
from tests.unit.shared.safety.plans import athletes, exercise, plan, plans, workout, workouts

BEGINNER = Athlete()
ADVANCED = Athlete("advanced")


def rules(
    plan: Plan, athlete: Athlete = BEGINNER, before: Plan | None = None, recent: list[Workout] | None = None
) -> set[str]:
    return {finding.rule for finding in check_plan(plan, athlete, before, recent or [])}


def test_a_sensible_plan_is_fine() -> None:
    assert rules(plan(exercise(), exercise("Row"), exercise("Push-up", load_kg=None), sessions=3)) == set()


@pytest.mark.parametrize(
    ("unsafe", "rule"),
    [
        (plan(exercise(sets=12)), "sets_per_exercise"),
        (plan(*[exercise(f"Lift {i}", sets=6, rest_seconds=30) for i in range(5)]), "sets_per_session"),
        (plan(minutes=200), "session_length"),
        (plan(sessions=6), "sessions_per_week"),
        (plan(exercise(reps=2, load_kg=80)), "beginner_heavy_lifts"),
        (plan(exercise(reps=5, load_kg=80, rest_seconds=15)), "rest_of_heavy_sets"),
        (plan(exercise(sets=6, rest_seconds=600), minutes=30), "work_fits_session"),
        (plan(exercise(load_kg=700)), "impossible_load"),
    ],
)
def test_too_much_at_once_is_refused(unsafe: Plan, rule: str) -> None:
    assert rules(unsafe) == {rule}


def test_the_experienced_may_do_more_but_need_a_day_of_rest() -> None:
    assert rules(plan(exercise(reps=2, load_kg=80, rest_seconds=180), sessions=6), ADVANCED) == set()
    assert rules(plan(sessions=7), ADVANCED) == {"rest_day"}


def test_a_load_may_grow_by_a_tenth_or_the_smallest_step() -> None:
    before = plan(exercise("Back squats", load_kg=60))
    assert rules(plan(exercise("back-squat", load_kg=66)), before=before) == set()
    assert rules(plan(exercise("back-squat", load_kg=67)), before=before) == {"load_jump"}
    assert rules(plan(exercise("Curl", load_kg=6.5)), before=plan(exercise("Curl", load_kg=4))) == set()
    assert rules(plan(exercise(load_kg=40)), recent=[workout(exercise(load_kg=20))]) == {"load_jump"}


def test_a_lighter_load_is_never_a_jump() -> None:
    assert rules(plan(exercise(load_kg=20)), before=plan(exercise(load_kg=60))) == set()


def test_the_sets_of_a_week_grow_step_by_step() -> None:
    once = plan(*[exercise(f"Lift {i}") for i in range(6)])
    assert rules(plan(*once.sessions[0].exercises, sessions=2), before=once) == {"volume_jump"}
    assert rules(plan(*once.sessions[0].exercises, exercise("One more")), before=once) == set()


def test_a_log_of_two_weeks_shows_how_much_is_usual() -> None:
    recent = [workout(day=day) for day in (0, 7, 14)]
    assert rules(plan(*[exercise(f"Lift {i}") for i in range(4)]), recent=recent) == {"volume_jump"}
    assert rules(plan(*[exercise(f"Lift {i}") for i in range(4)]), recent=recent[:1]) == set()


@pytest.mark.parametrize(
    ("injuries", "name", "rule"),
    [
        ("bad knee", "Walking lunges", "injury_knee"),
        ("mild knee pain", "Walking lunges", None),
        ("mild knee pain", "Box jumps", "injury_knee"),
        ("old knee injury, fully healed", "Box jumps", None),
        ("knee surgery, not healed yet", "Box jumps", "injury_knee"),
        ("no knee problems", "Box jumps", None),
        ("rotator cuff tear", "Overhead press", "injury_shoulder"),
        ("old wrist fracture and a herniated disc", "Deadlift", "injury_lower_back"),
        ("old wrist fracture and a herniated disc", "Push-ups", None),
        ("lower back pain", "Bird dog", None),
        ("wrist pain", "Push ups", "injury_wrist"),
        ("sprained ankle", "Jump rope", "injury_ankle"),
        ("hip impingement", "Sumo deadlift", "injury_hip"),
        ("neck", "Headstand", "injury_neck"),
        ("tennis elbow", "Dips", "injury_elbow"),
        ("inguinal hernia", "Leg press", "hernia"),
        ("high blood pressure", "HIIT intervals", "heart_or_blood_pressure"),
        ("osteoporosis", "Sit-ups", "osteoporosis"),
        ("appendix operation three weeks ago", "Box jump", "recent_surgery"),
    ],
)
def test_an_injury_rules_out_what_would_worsen_it(injuries: str, name: str, rule: str | None) -> None:
    found = rules(plan(exercise(name, load_kg=None)), Athlete(injuries=injuries))
    assert (rule in found) if rule else not found


def test_only_equipment_that_is_clearly_missing_is_missed() -> None:
    home = Athlete(equipment=frozenset({"dumbbells", "mat"}))
    assert rules(plan(exercise("Barbell row")), home) == {"equipment_available"}
    assert rules(plan(exercise("Lat pulldown")), home) == {"equipment_available"}
    assert rules(plan(exercise("Dumbbell bench press")), home) == set()
    assert rules(plan(exercise("Squat")), home) == set()
    assert rules(plan(exercise("Barbell row"))) == set()
    assert rules(plan(exercise("Barbell row")), Athlete(equipment=frozenset({"full gym"}))) == set()


def test_a_plan_fits_into_the_time_there_is() -> None:
    busy = Athlete(minutes_per_session=30, sessions_per_week=2)
    assert rules(plan(minutes=45), busy) == {"time_available"}
    assert rules(plan(sessions=3, minutes=30), busy) == {"sessions_available"}


def test_minors_lift_light_and_do_not_lose_weight() -> None:
    minor = Athlete("advanced", age=15)
    assert rules(plan(exercise(reps=2)), minor) == {"minor_maximal_lift"}
    assert rules(plan(exercise("1RM test", load_kg=None)), minor) == {"minor_maximal_lift"}
    assert rules(plan(exercise(load_kg=100)), minor) == {"minor_load"}
    assert rules(plan(goal="lose 5 kg of fat"), minor) == {"minor_weight_loss"}
    assert rules(plan(), minor) == set()
    assert rules(plan(exercise(load_kg=5)), Athlete(age=11)) == {"child_supervised"}
    assert rules(plan(exercise(load_kg=5), goal="play with a parent"), Athlete(age=11)) == set()


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Bench press", "pregnancy_supine"),
        ("Kickboxing", "pregnancy_contact_or_fall"),
        ("Hot yoga", "pregnancy_heat"),
        ("1RM squat", "pregnancy_maximal_lift"),
        ("Seated row", None),
    ],
)
def test_pregnancy_rules_out_what_may_harm(name: str, rule: str | None) -> None:
    assert rules(plan(exercise(name)), Athlete(pregnant=True)) == ({rule} if rule else set())


def test_pounds_for_kilograms_are_noticed_where_nobody_lifts_as_much() -> None:
    assert [f.rule for f in check_workout(workout(exercise("Bench presses", load_kg=405, reps=1)))] == [
        "impossible_lift"
    ]
    assert check_workout(workout(exercise("Leg press", load_kg=405))) == []


def test_a_log_is_refused_only_when_it_cannot_be_true() -> None:
    assert check_workout(workout(exercise(sets=20, load_kg=300, reps=1))) == []
    assert [f.rule for f in check_workout(workout(exercise(load_kg=900)))] == ["impossible_load"]
    assert [f.rule for f in check_workout(workout(exercise(sets=50, reps=500), minutes=5))] == ["impossible_work"]


@unhurried
@given(plans, athletes, st.none() | plans, st.lists(workouts, max_size=4))
def test_a_more_vulnerable_athlete_never_gets_fewer_findings(
    plan: Plan, athlete: Athlete, before: Plan | None, recent: list[Workout]
) -> None:
    found = check_plan(plan, athlete, before, recent)
    assert all(finding.source and len(finding.message) > 20 for finding in found)
    pregnant, beginner = replace(athlete, pregnant=True), replace(athlete, experience="beginner")
    assert {*found} <= {*check_plan(plan, pregnant, before, recent)}
    if not athlete.minor:
        assert {*found} <= {*check_plan(plan, replace(athlete, age=15), before, recent)}
    # Seven sessions are too many for a beginner, which says more than that none of them is a day of rest.
    assert rules(plan, athlete, before, recent) - {"rest_day"} <= rules(plan, beginner, before, recent)


@unhurried
@given(st.integers(1, 17))
def test_the_older_may_lift_no_less(age: int) -> None:
    assert max_kg(age) <= max_kg(age + 1)


@unhurried
@given(workouts, st.integers(1, 600))
def test_a_log_of_less_time_is_never_more_plausible(workout: Workout, minutes: int) -> None:
    shorter = workout.model_copy(update={"minutes": min(minutes, workout.minutes)})
    assert {each.rule for each in check_workout(workout)} <= {each.rule for each in check_workout(shorter)}


@unhurried
@given(plans, athletes, st.floats(1, 500), st.floats(0.01, 100))
def test_a_load_beyond_the_bound_is_refused_in_any_plan(old: Plan, athlete: Athlete, kg: float, more: float) -> None:
    def loaded(load: float) -> Plan:
        lift: Exercise = exercise("A lift", load_kg=load)
        day = old.sessions[0].model_copy(update={"exercises": [lift]})
        return old.model_copy(update={"sessions": [day]})

    most = allowed_load(kg)
    assert "load_jump" not in rules(loaded(most), athlete, loaded(kg))
    assert "load_jump" in rules(loaded(most + more), athlete, loaded(kg))


def test_an_exercise_is_the_same_in_any_spelling() -> None:
    assert singular("Back-Squats") == singular("back squat")
