"""What an exercise cannot be done without, and whether the user has it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.safety.athlete import Athlete
from shared.safety.findings import Finding, finding
from shared.safety.limits import EQUIPMENT
from shared.safety.movements import singular
from shared.training import Exercise


@dataclass(frozen=True)
class Need:
    """What the name of an exercise says it needs, what in a profile counts as having it, and what does as well."""

    thing: str
    exercise: str
    owned: str
    instead: str


_GYM = r"\b(?:gym|fitness (?:studio|centre|center)|everything|full(?:y)? equipped|crossfit box|all equipment)\b"
_NO_GYM = r"\b(?:no|not|without|cancelled|home) (?:a |the |any )?(?:\w+ )?gym\b"
NEEDS = (
    Need(
        "a barbell",
        r"\b(?:barbell|back squat|front squat|power clean|clean and jerk|snatch|bench press|"
        r"overhead squat|pendlay)\b",
        r"\b(?:barbell|rack|olympic bar|power rack|smith)\b",
        "a dumbbell, band or body-weight variation",
    ),
    Need(
        "a cable or weight machine",
        r"\b(?:machine|cable|lat ?pull ?down|leg press|leg extension|leg curl|pec deck|hack squat|smith)\b",
        r"\b(?:machine|cable|multi ?gym|tower|smith|leg press)\b",
        "a band or body-weight variation",
    ),
    Need(
        "a pull-up bar",
        r"\b(?:pull ?up|chin ?up|muscle ?up|dead hang|toe to bar|hanging)\b",
        r"\b(?:pull ?up|chin ?up|bar|ring|rack|park|playground|trx|suspension|"
        r"door)\b",
        "rows with a band or under a table",
    ),
    Need(
        "a kettlebell",
        r"\b(?:kettlebell|kb swing|turkish get up)\b",
        r"\b(?:kettlebell|kb|dumbbell|weight)\b",
        "a dumbbell or body-weight variation",
    ),
    Need(
        "dumbbells",
        r"\b(?:dumbbell|db|hammer curl)\b",
        r"\b(?:dumbbell|db|kettlebell|weight|hantel)\b",
        "a band or body-weight variation",
    ),
    Need(
        "a rowing machine",
        r"\b(?:rowing machine|row erg|rower|ergometer "
        r"row)\b",
        r"\b(?:rower|rowing|erg)\b",
        "another way to move for as long",
    ),
    Need(
        "a bike",
        r"\b(?:stationary bike|spin bike|air ?bike|assault bike|"
        r"cycling)\b",
        r"\b(?:bike|bicycle|cycl)",
        "brisk walking or jogging",
    ),
    Need("a band", r"\b(?:band|banded|resistance band)\b", r"\b(?:band|tube|cable)\b", "a body-weight variation"),
)
_EITHER = re.compile(
    r"\b(?:or|bodyweight|body weight|dumbbell|kettlebell|band|banded|no equipment|towel|backpack|goblet)\b"
)


def has_everything(owned: str) -> bool:
    return bool(re.search(_GYM, owned)) and not re.search(_NO_GYM, owned)


def check_equipment(exercises: Sequence[Exercise], athlete: Athlete) -> Iterable[Finding]:
    if athlete.equipment is None:
        return
    owned = " ; ".join(singular(item) for item in sorted(athlete.equipment))
    if has_everything(owned):
        return
    for exercise in exercises:
        name = singular(exercise.name)
        for need in NEEDS:
            if re.search(need.exercise, name) and not re.search(need.owned, owned) and not _does_without(name, need):
                message = (
                    f"{exercise.name} needs {need.thing}, which is not among your equipment; "
                    f"{need.instead} would be fine."
                )
                yield finding(EQUIPMENT, message)
                break


def _does_without(name: str, need: Need) -> bool:
    """ "Dumbbell bench press" needs no barbell, "pull-up or row" leaves a choice."""
    others = {match for match in _EITHER.findall(name) if not re.search(need.exercise, match)}
    return bool(others)
