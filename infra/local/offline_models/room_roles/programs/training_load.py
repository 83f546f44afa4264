"""Sums the training load of weeks: `python training_load.py sessions.csv`.

The file has a header and the columns date (2026-01-31), minutes and rpe (0 to 10, how hard the session was).
Load of a session: minutes x RPE (the session-RPE method of Foster and others, 2001); of a week: their sum.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path


def session_load(minutes: float, rpe: float) -> float:
    """In arbitrary units. Raises ValueError for what cannot be."""
    if minutes <= 0 or not 0 <= rpe <= 10:
        raise ValueError("minutes must be more than 0 and rpe 0 to 10")
    return minutes * rpe


def weekly_loads(rows: Iterable[Mapping[str, str]]) -> dict[str, float]:
    """The load of each ISO week that has sessions, in order."""
    weeks: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        year, week, _ = date.fromisoformat(row["date"]).isocalendar()
        weeks[f"{year}-W{week:02}"] += session_load(float(row["minutes"]), float(row["rpe"]))
    return dict(sorted(weeks.items()))


def main(arguments: list[str]) -> int:
    try:
        (path,) = arguments
        with Path(path).open(newline="", encoding="utf-8") as file:
            loads = weekly_loads(csv.DictReader(file))
    except (OSError, KeyError, TypeError, ValueError) as fault:
        print(f"usage: training_load.py SESSIONS.csv ({fault})", file=sys.stderr)
        return 2
    before = 0.0
    for week, load in loads.items():
        change = f"{(load - before) / before:+.0%}" if before else ""
        print(f"{week}  {load:8.0f}  {change}".rstrip())
        before = load
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
