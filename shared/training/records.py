"""What a log says of each exercise: best sets, estimated maxima and their trend, stalls, distances and paces."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from shared.training.plan import Exercise, Workout

# Epley, Boyd Epley workout 1985: load * (1 + repetitions / 30). Within some 5 % up to ten repetitions (LeSuer et al.,
# J Strength Cond Res 1997, https://doi.org/10.1519/00124278-199711000-00001); beyond them nothing is estimated.
MAX_REPS = 10
STALL = timedelta(days=21)  # without a better set, and three sessions that tried
MIN_TREND = timedelta(days=14)  # shorter than that a line through points says little
STALL_SESSIONS = 3


@dataclass(frozen=True)
class Effort:
    """The best set of an exercise on a day. `score`: the estimated maximum in kg, else repetitions or seconds."""

    day: date
    done: Exercise
    score: float


@dataclass(frozen=True)
class Lift:
    """An exercise of sets over time, its best effort of each day, oldest first."""

    name: str
    efforts: tuple[Effort, ...]

    @property
    def best(self) -> Effort:
        """The first of the best: a record is broken, not tied."""
        return max(self.efforts, key=lambda effort: effort.score)

    @property
    def last(self) -> Effort:
        return self.efforts[-1]

    @property
    def trend(self) -> float | None:
        """Growth of the score in four weeks, by least squares."""
        days = [effort.day.toordinal() for effort in self.efforts]
        if len(days) < STALL_SESSIONS or days[-1] - days[0] < MIN_TREND.days:
            return None
        middle = sum(days) / len(days), sum(effort.score for effort in self.efforts) / len(days)
        off = [(day - middle[0], effort.score - middle[1]) for day, effort in zip(days, self.efforts, strict=True)]
        return 28 * sum(x * y for x, y in off) / sum(x * x for x, _ in off)

    @property
    def has_stalled(self) -> bool:
        since = [effort for effort in self.efforts if effort.day > self.best.day]
        return len(since) >= STALL_SESSIONS and self.last.day - self.best.day >= STALL

    @property
    def is_record(self) -> bool:
        """Whether the last effort is better than all before."""
        return len(self.efforts) > 1 and self.best is self.last


@dataclass(frozen=True)
class Distance:
    """What is done for time or distance: once a day on which it was done, oldest first, as (day, metres, seconds)."""

    name: str
    outings: tuple[tuple[date, float, float], ...]


def estimated_maximum(load_kg: float, reps: int, in_reserve: int = 0) -> float | None:
    """The load in kg that could be lifted once; None where repetitions are too many for an estimate."""
    possible = reps + in_reserve
    if not 1 <= possible <= MAX_REPS:
        return None
    return load_kg if possible == 1 else load_kg * (1 + possible / 30)


def is_endurance(exercise: Exercise) -> bool:
    """Measured by a distance, or as one long stretch of time; a plank is held in sets."""
    long = exercise.seconds is not None and exercise.seconds * exercise.sets >= 600
    return not exercise.load_kg and exercise.reps is None and (exercise.distance_m is not None or long)


def lifts(workouts: Sequence[Workout]) -> list[Lift]:
    """Those that are done most often first."""
    best: defaultdict[tuple[str, bool], dict[date, Effort]] = defaultdict(dict)
    called: dict[str, str] = {}
    for day, exercise in _oldest_first(workouts):
        score = _score(exercise)
        if exercise.warm_up or is_endurance(exercise) or score is None:
            continue
        key = (_key(exercise.name), bool(exercise.load_kg))
        called[key[0]] = exercise.name
        if day not in best[key] or score > best[key][day].score:
            best[key][day] = Effort(day, exercise, score)
    found = [Lift(called[name], tuple(days.values())) for (name, _), days in best.items()]
    return sorted(found, key=lambda lift: (-len(lift.efforts), -lift.last.day.toordinal()))


def distances(workouts: Sequence[Workout]) -> list[Distance]:
    """Those that are done most often first."""
    found: defaultdict[str, list[tuple[date, float, float]]] = defaultdict(list)
    called: dict[str, str] = {}
    for day, exercise in _oldest_first(workouts):
        if is_endurance(exercise):
            called[_key(exercise.name)] = exercise.name
            found[_key(exercise.name)].append((day, metres(exercise), seconds(exercise)))
    outings = [Distance(called[name], tuple(each)) for name, each in found.items()]
    return sorted(outings, key=lambda distance: -len(distance.outings))


def metres(exercise: Exercise) -> float:
    return (exercise.distance_m or 0) * exercise.sets


def seconds(exercise: Exercise) -> float:
    paced = (exercise.distance_m or 0) / 1000 * (exercise.pace_s_per_km or 0)
    return (exercise.seconds or paced) * exercise.sets


def _oldest_first(workouts: Sequence[Workout]) -> Iterable[tuple[date, Exercise]]:
    for workout in sorted(workouts, key=lambda each: each.performed_on):
        for exercise in workout.exercises:
            yield workout.performed_on, exercise


def _key(name: str) -> str:
    return " ".join(name.lower().replace("-", " ").split())


def _score(exercise: Exercise) -> float | None:
    if exercise.load_kg:
        return estimated_maximum(exercise.load_kg, exercise.reps, exercise.rir or 0) if exercise.reps else None
    return exercise.reps or exercise.seconds
