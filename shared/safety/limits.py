"""How much is enough: the bounds of sessions and weeks by experience, and of how fast both may grow."""

from dataclasses import dataclass

from shared.safety.athlete import Experience
from shared.safety.findings import Rule


@dataclass(frozen=True)
class Bounds:
    sets_per_exercise: int
    sets_per_session: int
    minutes: int
    sessions_per_week: int
    load_jump: float  # share of the last load that may be added at once
    volume_jump: float  # share of the last week's sets that may be added
    heaviest_reps: int  # fewest repetitions with a load


# Upper ends of the sources' ranges with room to spare: a bound refuses what is unwise, not what is unusual.
BOUNDS: dict[Experience, Bounds] = {
    "beginner": Bounds(6, 25, 90, 5, 0.10, 0.30, 5),
    "intermediate": Bounds(8, 32, 120, 6, 0.10, 0.40, 1),
    "advanced": Bounds(10, 40, 150, 9, 0.10, 0.50, 1),
}
SMALLEST_STEP_KG = 2.5  # the smallest pair of plates, or the next dumbbell: always allowed
SMALLEST_STEP_SETS = 4  # a week; always allowed
HEAVY_REPS = 5  # repetitions at which a load is near its limit
HEAVY_REST_SECONDS = 60  # between sets of few repetitions; NSCA advises 120 to 300
HEAVY_LOAD_KG = 20  # below it few repetitions are practice, not strain
LONGEST_STRENGTH_REST = 900  # seconds; longer is no rest between sets but another session
MOST_WORK_SECONDS = 14_400

LOAD_JUMP = Rule("load_jump", "ACSM position stand on progression models in resistance training, 2009: 2 to 10 %")
VOLUME_JUMP = Rule(
    "volume_jump", "ACSM position stand on progression models in resistance training, 2009: gradual overload"
)
SETS_EXERCISE = Rule("sets_per_exercise", "ACSM position stand on progression models in resistance training, 2009")
SETS_SESSION = Rule("sets_per_session", "NSCA Essentials of Strength Training and Conditioning, 4th ed. 2016")
HEAVY_REST = Rule(
    "rest_of_heavy_sets", "NSCA Essentials of Strength Training and Conditioning, 4th ed. 2016: 2 to 5 minutes"
)
SESSION_LENGTH = Rule("session_length", "ACSM Guidelines for Exercise Testing and Prescription, 11th ed. 2021")
FREQUENCY = Rule(
    "sessions_per_week", "ACSM position stand on progression models in resistance training, 2009: 2 to 6 days"
)
REST_DAY = Rule("rest_day", "ACSM Guidelines for Exercise Testing and Prescription, 11th ed. 2021")
BEGINNER_MAXIMUM = Rule(
    "beginner_heavy_lifts", "ACSM position stand on progression models, 2009: novices 8 to 12 repetitions"
)
LONGER_THAN_SESSION = Rule(
    "work_fits_session", "arithmetic: sets, their work and their rest add up to more than the session"
)
TIME = Rule("time_available", "the user's profile")
SESSIONS_AVAILABLE = Rule("sessions_available", "the user's profile")
EQUIPMENT = Rule("equipment_available", "the user's profile")
IMPOSSIBLE_LOAD = Rule("impossible_load", "heaviest raw lifts on record, about 500 kg; leg press and sleds to 600 kg")
IMPOSSIBLE_WORK = Rule("impossible_work", "arithmetic: the repetitions do not fit into the time")

RULES = (
    LOAD_JUMP,
    VOLUME_JUMP,
    SETS_EXERCISE,
    SETS_SESSION,
    HEAVY_REST,
    SESSION_LENGTH,
    FREQUENCY,
    REST_DAY,
    BEGINNER_MAXIMUM,
    LONGER_THAN_SESSION,
    TIME,
    SESSIONS_AVAILABLE,
    EQUIPMENT,
    IMPOSSIBLE_LOAD,
    IMPOSSIBLE_WORK,
)
