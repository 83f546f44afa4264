"""Which exercises an injury, a young age or pregnancy rules out, and what does instead."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from shared.safety.athlete import Athlete
from shared.safety.clauses import wants_weight_loss
from shared.safety.findings import Finding
from shared.safety.rulebook import Rule, compiled, pattern, rule
from shared.safety.words import fold, singular
from shared.training.plan import Exercise, Plan

Contraindication = Mapping[str, Any]  # an entry of rules/exercises.toml


@cache
def _movements(group: str) -> re.Pattern[str]:
    return re.compile(compiled()["movements"][group])


def asks(name: str, groups: Iterable[str]) -> bool:
    """Whether an exercise of this name belongs to one of the groups of movements."""
    plain = singular(name)
    return not _movements("gentle").search(plain) and any(_movements(group).search(plain) for group in groups)


def check_injuries(exercises: Sequence[Exercise], athlete: Athlete) -> Iterable[Finding]:
    parts = _parts(fold(athlete.limits))
    for entry in compiled()["contraindications"]:
        avoided = _avoided(entry, parts)
        names = dict.fromkeys(exercise.name for exercise in exercises if asks(exercise.name, avoided))
        if names:
            yield rule(entry["id"]).finding(names=", ".join(names))


def _avoided(entry: Contraindication, parts: Iterable[str]) -> Collection[str]:
    avoided: dict[str, None] = {}
    for part in parts:
        if re.search(entry["pattern"], part) and not _past(part):
            avoided.update(dict.fromkeys(entry["when_mild" if pattern("mild").search(part) else "avoid"]))
    return avoided


def _past(part: str) -> bool:
    """Healed, or denied: "no knee pain"."""
    over = pattern("healed").search(part) or pattern("denied_injury").search(part)
    return bool(over and not pattern("not_healed").search(part))


def _parts(injuries: str) -> list[str]:
    """One part an injury; what follows it without naming another belongs to it: "knee surgery, fully healed"."""
    parts: list[str] = []
    for piece in pattern("injury_separator").split(injuries):
        if parts and not any(re.search(entry["pattern"], piece) for entry in compiled()["contraindications"]):
            parts[-1] += f", {piece}"
        else:
            parts.append(piece)
    return parts


def check_special_groups(plan: Plan, exercises: Sequence[Exercise], athlete: Athlete) -> Iterable[Finding]:
    """What minors and pregnant women must not do."""
    if (age := athlete.young_age) is not None:
        yield from _minor_plan(plan, age)
        yield from (found for exercise in exercises for found in _minor_exercise(exercise, age))
    if athlete.pregnant:
        if _is_for_weight_loss(plan):
            yield rule("pregnancy_weight_loss").finding()
        yield from (found for exercise in exercises for found in _pregnant_exercise(exercise))


def _minor_plan(plan: Plan, age: int) -> Iterable[Finding]:
    alone, days = rule("child_supervised"), rule("minor_sessions")
    if age < alone.bounds["min"] and not pattern("supervising_adult").search(fold(f"{plan.name} {plan.goal}")):
        yield alone.finding()
    if _is_for_weight_loss(plan):
        yield rule("minor_weight_loss").finding()
    if len(plan.sessions) > days.bounds["max"]:
        yield days.finding()


def _minor_exercise(exercise: Exercise, age: int) -> Iterable[Finding]:
    maximum, load = rule("minor_maximal_lift"), rule("minor_load")
    if _is_maximal(exercise, maximum):
        yield maximum.finding(name=exercise.name)
    if exercise.load_kg and exercise.load_kg > (most := max_kg(age)):
        yield load.finding(load=exercise.load_kg, name=exercise.name, age=age, most=most)


def max_kg(age: int) -> float:
    """The heaviest load of a minor."""
    by_age = {int(known): kg for known, kg in rule("minor_load").bounds.items()}
    return by_age[max((known for known in by_age if known <= age), default=min(by_age))]


def _pregnant_exercise(exercise: Exercise) -> Iterable[Finding]:
    for entry in compiled()["pregnancy"]:
        if asks(exercise.name, entry["avoid"]):
            yield rule(entry["id"]).finding(name=exercise.name)
    if _is_maximal(exercise, maximum := rule("pregnancy_maximal_lift")):
        yield maximum.finding(name=exercise.name)


def _is_maximal(exercise: Exercise, maximum: Rule) -> bool:
    heavy = bool(exercise.load_kg and exercise.load_kg > maximum.bounds["light_kg"])
    few = bool(exercise.reps and exercise.reps < maximum.bounds["min_reps"])
    return (heavy and few) or asks(exercise.name, ("maximal",))


def _is_for_weight_loss(plan: Plan) -> bool:
    return wants_weight_loss(plan.goal) or wants_weight_loss(plan.name)


def check_equipment(exercises: Sequence[Exercise], athlete: Athlete) -> Iterable[Finding]:
    """What an exercise cannot be done without and the athlete does not have."""
    if athlete.equipment is None:
        return
    owned = " ; ".join(singular(item) for item in sorted(athlete.equipment))
    if pattern("gym").search(owned) and not pattern("no_gym").search(owned):
        return
    for exercise in exercises:
        name = singular(exercise.name)
        missing = (need for need in compiled()["equipment"] if _is_missing(need, name, owned))
        if need := next(missing, None):
            yield rule("equipment_available").finding(name=exercise.name, thing=need["thing"], instead=need["instead"])


def _is_missing(need: Mapping[str, str], name: str, owned: str) -> bool:
    """ "Dumbbell bench press" needs no barbell, "pull-up or row" leaves a choice."""
    if not re.search(need["needed_by"], name) or re.search(need["owned"], owned):
        return False
    return all(re.search(need["needed_by"], word) for word in pattern("needs_nothing").findall(name))
