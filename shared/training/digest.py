"""A training log as a coach looks at it: twelve weeks in some lines of text, whatever there is in them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from shared.training.muscles import trained
from shared.training.plan import Exercise, Plan, Workout, labels
from shared.training.records import Distance, Lift, distances, is_endurance, lifts, metres
from shared.training.units import KG_A_LB, M_A_MILE

WEEKS = 12
LONG_GAP = 10  # days without a workout
LETTERS = 150  # of what a plan says in words
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Log:
    """What a digest is made from: of `total` workouts of these weeks the newest."""

    workouts: Sequence[Workout]
    total: int
    today: date
    plan: Plan | None = None
    units: str | None = None


@dataclass(frozen=True)
class _Room:
    """How much of each part is shown."""

    weeks: int
    lifts: int
    sessions: int
    letters: int  # of a name or a note


# From what is best to what any athlete's log fits into.
_ROOMS = (
    _Room(12, 15, 5, 160),
    _Room(12, 12, 3, 100),
    _Room(12, 8, 2, 60),
    _Room(8, 6, 1, 40),
    _Room(4, 3, 1, 20),
    _Room(4, 2, 0, 12),
)


def digest(log: Log, fits: Callable[[str], bool]) -> str:
    """As much as fits, and how many of how many are shown."""
    speech = _Speech(log.units == "imperial")
    found = lifts(log.workouts), distances(log.workouts)
    text = ""
    for room in _ROOMS:
        text = "\n".join(_lines(log, *found, room, speech))
        if fits(text):
            break
    return text


def _lines(
    log: Log, lifted: Sequence[Lift], covered: Sequence[Distance], room: _Room, speech: "_Speech"
) -> Iterator[str]:
    since = log.today - timedelta(weeks=WEEKS) + timedelta(days=1)
    yield f"Log since {since}: {len(log.workouts)} of {log.total} workouts read. Loads in {speech.mass}."
    if not log.workouts:
        return
    yield from _weeks(log, room, speech)
    yield from _muscles(log)
    yield from _rest(log)
    yield from _lifts(lifted, room, speech)
    yield from (_distance(each, log.today, room, speech) for each in covered[: room.lifts])
    yield from _sessions(log.workouts, room, speech)


# --------------------------------------------------------------------------------------------------------------- parts
def _weeks(log: Log, room: _Room, speech: "_Speech") -> Iterator[str]:
    # Which of its weeks is the current one a plan does not say.
    ends = sorted({end(log.plan.session_counts) for end in (min, max)}) if log.plan else []
    planned = f" of {' to '.join(map(str, ends))} planned" if ends else ""
    first = min(workout.performed_on for workout in log.workouts)
    this = log.today - timedelta(days=log.today.weekday())
    mondays = [this - _WEEK * back for back in range(WEEKS) if this - _WEEK * back + _WEEK > first]
    yield f"Weeks from Monday, {len(mondays[: room.weeks])} of {len(mondays)} shown, sessions{planned}:"
    for monday in mondays[: room.weeks]:
        done = [each for each in log.workouts if monday <= each.performed_on < monday + _WEEK]
        far = sum(metres(exercise) for workout in done for exercise in workout.exercises)
        ran = f", {speech.distance(far)}" if far else ""
        yield f"- {monday:%m-%d}: {len(done)}, {sum(each.minutes for each in done)} min{ran}"


def _muscles(log: Log) -> Iterator[str]:
    recent = _sets(log.workouts, log.today - 4 * _WEEK, log.today)
    before = _sets(log.workouts, log.today - 8 * _WEEK, log.today - 4 * _WEEK)
    if recent or before:
        parts = [f"{muscle} {recent[muscle] / 4:.3g} ({before[muscle] / 4:.3g})" for muscle in sorted(recent | before)]
        yield f"Sets a week by muscle, last 4 weeks (4 before): {', '.join(parts)}"


def _sets(workouts: Iterable[Workout], after: date, until: date) -> Counter[str]:
    counted: Counter[str] = Counter()
    for workout in workouts:
        if after < workout.performed_on <= until:
            for exercise in workout.exercises:
                if not exercise.warm_up and not is_endurance(exercise):
                    counted.update(dict.fromkeys(trained(exercise.name), exercise.sets))
    return counted


def _rest(log: Log) -> Iterator[str]:
    days = sorted({workout.performed_on for workout in log.workouts})
    gaps = [
        f"{end - timedelta(days=1)} back {(end - start).days - 1} days"
        for start, end in pairwise(days)
        if (end - start).days > LONG_GAP
    ]
    last = (log.today - days[-1]).days
    month = [workout for workout in log.workouts if workout.performed_on > log.today - 4 * _WEEK]
    yield f"Last 28 days: {len(month)} sessions, {sum(workout.minutes for workout in month)} min"
    yield f"Last workout {last} days ago; breaks of over {LONG_GAP} days: {'; '.join(gaps[-3:]) or 'none'}"
    felt = [workout.felt for workout in month if workout.felt]
    if felt:
        yield f"Felt in 4 weeks (1 bad, 5 great): {sum(felt) / len(felt):.1f} in {len(felt)}"


def _lifts(found: Sequence[Lift], room: _Room, speech: "_Speech") -> Iterator[str]:
    if found:
        shown = min(len(found), room.lifts)
        yield (
            f"Lifts, {shown} of {len(found)} shown, the most frequent first: best set (day), 1RM estimated by Epley up "
            "to 10 repetitions, trend in 4 weeks:"
        )
    for lift in found[: room.lifts]:
        yield f"- {lift.name[: room.letters]}: {', '.join(_lift(lift, speech))}"


def _lift(lift: Lift, speech: "_Speech") -> Iterator[str]:
    best, loaded = lift.best, bool(lift.best.done.load_kg)
    yield f"{len(lift.efforts)} days, best {speech.sets(best.done)} ({best.day:%m-%d})"
    if best is not lift.last:
        yield f"last {speech.sets(lift.last.done)} ({lift.last.day:%m-%d})"
    if loaded:
        yield f"1RM {speech.load(best.score)}"
    if lift.trend is not None:
        yield f"trend {speech.signed_load(lift.trend) if loaded else f'{lift.trend:+.1f}'}"
    if lift.has_stalled:
        yield f"stalled since {best.day:%m-%d}"
    elif lift.is_record:
        yield "a record"


def _distance(found: Distance, today: date, room: _Room, speech: "_Speech") -> str:
    recent = [outing for outing in found.outings if outing[0] > today - 4 * _WEEK]
    far, took = sum(meters for _, meters, _ in recent), sum(each for _, _, each in recent)
    day, longest, _ = max(found.outings, key=lambda outing: (outing[1], outing[2]))
    parts = [f"{len(found.outings)} times, in 4 weeks {len(recent)}: {speech.distance(far)}, {took / 60:.0f} min"]
    if longest:
        parts.append(f"longest {speech.distance(longest)} ({day:%m-%d})")
    timed = [outing for outing in found.outings if outing[1] and outing[2]]
    if timed:
        parts.append(f"pace {speech.pace(timed[0])} ({timed[0][0]:%m-%d}) to {speech.pace(timed[-1])} now")
    return f"- {found.name[: room.letters]}: {', '.join(parts)}"


def _sessions(workouts: Sequence[Workout], room: _Room, speech: "_Speech") -> Iterator[str]:
    shown = sorted(workouts, key=lambda each: each.performed_on, reverse=True)[: room.sessions]
    yield f"Last sessions, {len(shown)} of {len(workouts)} shown:"
    for workout in shown:
        named = f" {workout.session[: room.letters]}" if workout.session else ""
        felt = f", felt {workout.felt} of 5" if workout.felt else ""
        said = f' "{workout.notes[: room.letters]}"' if workout.notes else ""
        listed = [f"{each.name[: room.letters]} {speech.sets(each)}" for each in workout.exercises[:12]]
        if len(workout.exercises) > len(listed):
            listed.append(f"{len(workout.exercises) - len(listed)} more")
        yield f"- {workout.performed_on:%a %Y-%m-%d}{named}, {workout.minutes} min{felt}: {'; '.join(listed)}{said}"


# ------------------------------------------------------------------------------------------------------------- amounts
@dataclass(frozen=True)
class _Speech:
    """Amounts in the user's units."""

    imperial: bool

    @property
    def mass(self) -> str:
        return "lb" if self.imperial else "kg"

    def load(self, kg: float) -> str:
        return f"{kg / KG_A_LB if self.imperial else kg:.4g}"

    def signed_load(self, kg: float) -> str:
        return f"{kg / KG_A_LB if self.imperial else kg:+.1f}"

    def distance(self, meters: float) -> str:
        return f"{meters / M_A_MILE:.4g} mi" if self.imperial else f"{meters / 1000:.4g} km"

    def pace(self, outing: tuple[date, float, float]) -> str:
        _, far, took = outing
        return self.seconds_a_km(took / far * 1000)

    def seconds_a_km(self, pace: float) -> str:
        each = round(pace * M_A_MILE / 1000 if self.imperial else pace)
        return f"{each // 60}:{each % 60:02d}/{'mi' if self.imperial else 'km'}"

    def sets(self, exercise: Exercise) -> str:
        """3x8-10x60 for three sets of 8 to 10 with 60 kg, 8x60s+90s for eight minutes with a rest of 90 s."""
        return " ".join(self._parts(exercise))

    def _parts(self, exercise: Exercise) -> Iterator[str]:
        up_to = f"-{exercise.reps_max}" if exercise.reps_max else ""
        reps = f"x{exercise.reps}{up_to}" if exercise.reps else ""
        timed = f"x{exercise.seconds}s" if exercise.seconds else ""
        far = f"x{self.distance(exercise.distance_m)}" if exercise.distance_m else ""
        load = f"x{self.load(exercise.load_kg)}" if exercise.load_kg else ""
        yield f"{exercise.sets}{reps}{far}{timed}{load}"
        if exercise.rir is not None:
            yield f"RIR {exercise.rir}"
        if exercise.rpe is not None:
            yield f"RPE {exercise.rpe:g}"
        if exercise.pace_s_per_km:
            yield f"at {self.seconds_a_km(exercise.pace_s_per_km)}"
        if exercise.heart_rate_zone:
            yield f"zone {exercise.heart_rate_zone}"
        if exercise.warm_up:
            yield "warm-up"


def plan_text(plan: Plan, units: str | None) -> str:
    """A plan with the names by which it is changed; of each note its beginning."""
    speech = _Speech(units == "imperial")
    lines = [f"Plan {plan.name}: {plan.goal[:LETTERS]}; {plan.weeks} weeks."]
    if plan.progression:
        lines.append(f"Progression: {plan.progression[:LETTERS]}")
    for session in plan.sessions:
        when = [session.weekday or "", f"{session.times} times a week" if session.times > 1 else ""]
        when.append(f"weeks {', '.join(map(str, session.weeks))}" if session.weeks else "")
        told = "".join(f", {each}" for each in when if each)
        named = zip(labels(session.exercises), session.exercises, strict=True)
        work = "; ".join(f"{name}: {speech.sets(each)} rest {each.rest_seconds}s" for name, each in named)
        lines.append(f"- {session.name} ({session.minutes} min{told}): {work}")
    for change in plan.week_changes or ():
        loads = f"loads {change.load_percent} %" if change.load_percent else ""
        sets = f"sets {change.sets_percent} %" if change.sets_percent else ""
        told = ", ".join(filter(None, (loads, sets, (change.note or "")[:LETTERS])))
        lines.append(f"- week {change.week} differs: {told}")
    return "\n".join(lines)
