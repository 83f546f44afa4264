"""Estimates a one-repetition maximum from a set: `python one_rep_max.py 100 5` (kilograms, repetitions).

Epley's formula: weight x (1 + repetitions / 30); it is meant for sets of at most 10 repetitions.
"""

import sys

MOST_REPETITIONS = 10


def one_rep_max(weight_kg: float, repetitions: int) -> float:
    """In kilograms. Raises ValueError for numbers that the formula is not meant for."""
    if weight_kg <= 0:
        raise ValueError("the weight must be more than 0")
    if not 1 <= repetitions <= MOST_REPETITIONS:
        raise ValueError(f"the repetitions must be 1 to {MOST_REPETITIONS}")
    return weight_kg if repetitions == 1 else weight_kg * (1 + repetitions / 30)


def main(arguments: list[str]) -> int:
    try:
        weight, repetitions = arguments
        most = one_rep_max(float(weight), int(repetitions))
    except ValueError as fault:
        print(f"usage: one_rep_max.py WEIGHT_KG REPETITIONS ({fault})", file=sys.stderr)
        return 2
    for share in range(100, 45, -5):
        print(f"{share:>3} %  {most * share / 100:6.1f} kg")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
