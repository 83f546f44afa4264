"""Rules for minors and for pregnancy."""

import re
from collections.abc import Iterable

from shared.safety.athlete import Athlete
from shared.safety.findings import Finding, Rule, finding
from shared.safety.movements import asks
from shared.safety.words import fold
from shared.training import Exercise, Plan

_NSCA = "NSCA position statement on youth resistance training, 2009; NSCA long-term athletic development, 2016"
_ACOG = "ACOG Committee Opinion 804, 2020"

MINOR_MAXIMUM = Rule("minor_maximal_lift", _NSCA)
MINOR_LOAD = Rule("minor_load", _NSCA)
MINOR_WEIGHT_LOSS = Rule("minor_weight_loss", "AAP clinical report on preventing obesity and eating disorders, 2016")
CHILD = Rule("child_supervised", _NSCA)
MINOR_VOLUME = Rule("minor_sessions", "AAP on overuse injuries and overtraining, 2007: one or two days off a week")
PREGNANT_SUPINE = Rule("pregnancy_supine", _ACOG)
PREGNANT_FALL = Rule("pregnancy_contact_or_fall", _ACOG)
PREGNANT_MAXIMUM = Rule("pregnancy_maximal_lift", _ACOG)
PREGNANT_HEAT = Rule("pregnancy_heat", _ACOG)
PREGNANT_WEIGHT_LOSS = Rule("pregnancy_weight_loss", _ACOG)
RULES = (
    MINOR_MAXIMUM,
    MINOR_LOAD,
    MINOR_WEIGHT_LOSS,
    CHILD,
    MINOR_VOLUME,
    PREGNANT_SUPINE,
    PREGNANT_FALL,
    PREGNANT_MAXIMUM,
    PREGNANT_HEAT,
    PREGNANT_WEIGHT_LOSS,
)

ALONE_FROM = 13  # years of age
FEWEST_REPS_OF_MINORS = 6  # NSCA 2009: 6 to 15 repetitions of light to moderate loads
MOST_SESSIONS_OF_MINORS = 5  # a week
# kg by age, cautious upper bounds of one lift: about one body weight at that age (CDC growth charts 2000, median).
MOST_KG_BY_AGE = {6: 10, 8: 15, 10: 20, 12: 30, 13: 40, 14: 50, 15: 60, 16: 80, 17: 100}
FEWEST_REPS_IN_PREGNANCY = 6
LIGHT_KG = 10

_LOSS = re.compile(
    r"\b(?:los(?:e|ing)|drop(?:ping)?|shed(?:ding)?|cut(?:ting)?|burn(?:ing)?|melt(?:ing)?)\s(?:[\w-]+\s){0,4}?"
    r"(?:weight|fat|kg|kilos?|pounds?|lbs?|size|belly|body ?fat)\b|\b(?:weight|fat)[ -]?(?:loss|cut|cutting|"
    r"burn(?:ing|er)?)\b|\b(?:slim|shred|get skinny)\b"
)


def check_special_groups(plan: Plan, athlete: Athlete) -> Iterable[Finding]:
    exercises = [exercise for session in plan.sessions for exercise in session.exercises]
    if athlete.minor:
        yield from _minor(plan, exercises, athlete.age or 0)
    if athlete.pregnant:
        yield from _pregnancy(plan, exercises)


def wants_weight_loss(text: str) -> bool:
    return bool(_LOSS.search(fold(text)))


def _maximal(exercise: Exercise, fewest: int) -> bool:
    few = bool(exercise.reps and exercise.reps < fewest and exercise.load_kg and exercise.load_kg > LIGHT_KG)
    return few or asks(exercise.name, ("maximal",))


def _losing(plan: Plan) -> bool:
    return wants_weight_loss(plan.goal) or wants_weight_loss(plan.name)


def most_kg(age: int) -> int:
    return MOST_KG_BY_AGE[max((known for known in MOST_KG_BY_AGE if known <= age), default=min(MOST_KG_BY_AGE))]


def _minor(plan: Plan, exercises: list[Exercise], age: int) -> Iterable[Finding]:
    if age < ALONE_FROM and not re.search(
        r"\b(?:supervis\w*|parents?|adult|coach|with (?:mum|mom|dad))\b", fold(f"{plan.name} {plan.goal}")
    ):
        yield finding(
            CHILD,
            "Under 13, training should be play and practice with an adult who looks on; a plan for both "
            "together is fine.",
        )
    if _losing(plan):
        message = (
            "Under 18, plans are not for losing weight; getting stronger, faster and playing sports are "
            "fine goals. A doctor helps with weight."
        )
        yield finding(MINOR_WEIGHT_LOSS, message)
    if len(plan.sessions) > MOST_SESSIONS_OF_MINORS:
        message = f"Growing bodies need days off: up to {MOST_SESSIONS_OF_MINORS} sessions a week are fine."
        yield finding(MINOR_VOLUME, message)
    for exercise in exercises:
        if _maximal(exercise, FEWEST_REPS_OF_MINORS):
            message = (
                f"{exercise.name} is planned near a maximum; under 18, 6 to 15 repetitions with a light "
                f"to moderate load are fine."
            )
            yield finding(MINOR_MAXIMUM, message)
        if exercise.load_kg and exercise.load_kg > most_kg(age):
            message = (
                f"{exercise.load_kg:g} kg for {exercise.name} is too much at {age}; up to {most_kg(age)} "
                f"kg with good technique is fine."
            )
            yield finding(MINOR_LOAD, message)


_IN_PREGNANCY = (
    (
        PREGNANT_SUPINE,
        ("supine",),
        "is done lying on the back, which is best avoided from the second trimester on; seated, standing or "
        "side-lying work is fine.",
    ),
    (
        PREGNANT_FALL,
        ("contact_or_fall",),
        "has a risk of falls or blows to the belly; walking, swimming and a stationary bike are fine.",
    ),
    (PREGNANT_HEAT, ("heat",), "can overheat you and the baby; the same in a cool room is fine."),
)


def _pregnancy(plan: Plan, exercises: list[Exercise]) -> Iterable[Finding]:
    if _losing(plan):
        yield finding(
            PREGNANT_WEIGHT_LOSS,
            "Pregnancy is no time to lose weight; staying active and strong is a fine goal. Your midwife or "
            "doctor helps with weight.",
        )
    for exercise in exercises:
        for rule, groups, why in _IN_PREGNANCY:
            if asks(exercise.name, groups):
                yield finding(rule, f"{exercise.name} {why}")
        if _maximal(exercise, FEWEST_REPS_IN_PREGNANCY):
            message = (
                f"{exercise.name} is planned near a maximum; in pregnancy 8 to 15 repetitions with "
                f"steady breathing are fine."
            )
            yield finding(PREGNANT_MAXIMUM, message)
