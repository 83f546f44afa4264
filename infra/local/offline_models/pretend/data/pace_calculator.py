"""Turns a distance and a time into pace and speed: `python pace_calculator.py 10 52:30`.

Distances are kilometres; a time is written mm:ss or h:mm:ss.
"""

import sys


def seconds_of(text: str) -> int:
    """Raises ValueError for what is no time."""
    parts = [int(part) for part in text.split(":")]
    if not 2 <= len(parts) <= 3 or min(parts) < 0 or max(parts[1:]) > 59:
        raise ValueError("a time is written mm:ss or h:mm:ss")
    whole = 0
    for part in parts:
        whole = whole * 60 + part
    return whole


def clock(seconds: float) -> str:
    """Hours only where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def main(arguments: list[str]) -> int:
    try:
        kilometres, seconds = float(arguments[0]), seconds_of(arguments[1])
        if kilometres <= 0 or seconds <= 0:
            raise ValueError("both must be more than 0")
    except (IndexError, ValueError) as fault:
        print(f"usage: pace_calculator.py KILOMETRES TIME ({fault})", file=sys.stderr)
        return 2
    pace = seconds / kilometres
    print(f"pace   {clock(pace)} min/km")
    print(f"speed  {kilometres * 3600 / seconds:.1f} km/h")
    for distance in (1, 5, 10, 21.0975, 42.195):
        print(f"{distance:>7g} km at this pace: {clock(distance * pace)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
