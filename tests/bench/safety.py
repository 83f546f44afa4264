"""How many red flags are found among messages of three kinds, and how many others are taken for one."""

import json
from pathlib import Path
from time import perf_counter

from shared.safety.red_flags import find_red_flag
from tests.bench.harness.run import Run

MESSAGES = Path(__file__).with_name("safety_messages.jsonl")
LABELS = ("red_flag", "near_miss", "plain")


def messages() -> list[dict[str, str]]:
    return [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]


def confusion() -> dict[str, tuple[int, int]]:
    """For each label how many messages were taken for a red flag, and how many were not."""
    counts = {label: [0, 0] for label in LABELS}
    for message in messages():
        counts[message["label"]][find_red_flag(message["text"]) is None] += 1
    return {label: (flagged, passed) for label, (flagged, passed) in counts.items()}


def main(run: Run) -> None:
    find_red_flag("")  # the tables are read at the first message
    started = perf_counter()
    counts = confusion()
    seconds = perf_counter() - started
    flagged, missed = counts["red_flag"]
    others = [counts[label] for label in LABELS if label != "red_flag"]
    figures = {
        "red_flags": flagged + missed,
        "red_flags_missed": missed,
        "others": sum(map(sum, others)),
        "false_alarms": sum(taken for taken, _ in others),
        "near_misses": sum(counts["near_miss"]),
        "near_misses_flagged": counts["near_miss"][0],
        "plain": sum(counts["plain"]),
        "plain_flagged": counts["plain"][0],
        "microseconds_a_message": round(seconds * 1e6 / sum(map(sum, counts.values()))),
    }
    run.write("safety", figures)
    rows = [(label, *counts[label]) for label in LABELS]
    run.show("Red flags: what a message is, and what it was taken for", ("message", "red flag", "no red flag"), rows)
