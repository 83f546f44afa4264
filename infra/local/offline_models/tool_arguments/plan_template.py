"""A fixed full-body template, fitted to who trains: what is contraindicated or not at hand gives way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.offline_models.prompt_reading import Json

WARM_UP_MINUTES = 5
WORKING_SECONDS = 45  # of one set
SETS = {"beginner": 3, "intermediate": 3, "advanced": 4}
MOST_SESSIONS = {"beginner": 3, "intermediate": 4, "advanced": 5}
MOST_MINUTES = 60
MOST_EXERCISES = 6
STRAIN = "hernia surgery operat heart blood"  # conditions under which nothing is to be lifted with effort
REST_SECONDS = 90  # the lower end of the usual 90 to 120 s between moderate sets


@dataclass(frozen=True)
class Option:
    """An exercise with the equipment that it takes, and the parts of the body that it loads most."""

    name: str
    needs: str = ""
    loads: str = ""
    seconds: int | None = None


# By movement; each list ends in what takes no equipment and spares the joint that its first ones load.
MOVEMENTS: dict[str, tuple[Option, ...]] = {
    "squat": (
        Option("Goblet squat", "dumbbell", f"knee hip back disc {STRAIN}"),
        Option("Bodyweight squat", "", f"knee hip {STRAIN}"),
        Option("Sit-to-stand from a chair"),
    ),
    "push": (
        Option("Dumbbell floor press", "dumbbell", "shoulder wrist elbow chest"),
        Option("Incline push-up", "", "shoulder wrist elbow chest"),
        Option("Standing calf raise", "", "ankle foot achilles calf"),
    ),
    "pull": (
        Option("One-arm dumbbell row", "dumbbell", "shoulder elbow back"),
        Option("Band row", "band", "shoulder elbow"),
        Option("Prone Y raise", "", "shoulder neck"),
        Option("Bird dog", "", "wrist"),
    ),
    "hinge": (
        Option("Dumbbell Romanian deadlift", "dumbbell", f"back disc hip hamstring groin {STRAIN}"),
        Option("Glute bridge", "", "hamstring"),
    ),
    "core": (
        Option("Dead bug"),
        Option("Plank", "", "shoulder wrist back", 30),
    ),
}  # fmt: skip
FOCUS = {"upper": ("push", "pull", "core"), "lower": ("squat", "hinge", "core"), "full": tuple(MOVEMENTS)}


@dataclass(frozen=True)
class Trainee:
    """`equipment` and `injuries` in the user's own words, in lower case."""

    experience: str
    equipment: str
    injuries: str

    def can_do(self, option: Option) -> bool:
        return option.needs in self.equipment and not any(part in self.injuries for part in option.loads.split())


def sessions(trainee: Trainee, focus: str, days: int, minutes: int) -> list[Json]:
    """`days` sessions that fit in `minutes` each, warm-up included; they differ as far as there is a choice."""
    minutes = min(minutes, MOST_MINUTES)
    per_exercise = SETS[trainee.experience] * (WORKING_SECONDS + REST_SECONDS) / 60
    room = int((minutes - WARM_UP_MINUTES) / per_exercise)
    count = max(1, min(MOST_EXERCISES, room))
    return [
        {
            "name": f"{focus.capitalize()} body {chr(ord('A') + day)}",
            "minutes": minutes,
            "exercises": [_exercise(option, trainee) for option in _options(trainee, FOCUS[focus], day)][:count],
        }
        for day in range(min(days, MOST_SESSIONS[trainee.experience]))
    ]


def _options(trainee: Trainee, movements: Sequence[str], day: int) -> list[Option]:
    options = []
    for movement in movements:
        possible = [option for option in MOVEMENTS[movement] if trainee.can_do(option)]
        # the first two are the movement itself, the others only stand in where those are ruled out
        varied = possible[:2]
        if varied:
            options.append(varied[day % len(varied)])
    return options


def _exercise(option: Option, trainee: Trainee) -> Json:
    return {
        "name": option.name,
        "sets": SETS[trainee.experience],
        "reps": None if option.seconds else 10,
        "seconds": option.seconds,
        "load_kg": None,  # nobody knows it before the first session
        "rest_seconds": REST_SECONDS,
    }
