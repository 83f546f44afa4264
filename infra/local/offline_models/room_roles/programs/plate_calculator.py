"""Says which plates go on each side of a bar: `python plate_calculator.py 82.5 20` (total and bar, kilograms)."""

import sys

PLATES_KG = (25.0, 20.0, 15.0, 10.0, 5.0, 2.5, 1.25)  # a usual set; change it to what your gym has
BAR_KG = 20.0


def plates(total_kg: float, bar_kg: float = BAR_KG) -> tuple[list[float], float]:
    """The plates for one side, the heaviest first, and the kilograms that remain in all because no plate fits.

    Raises ValueError when the total is less than the bar.
    """
    if bar_kg <= 0 or total_kg < bar_kg:
        raise ValueError("the total must be at least the bar's weight, which is more than 0")
    side, chosen = (total_kg - bar_kg) / 2, []
    for plate in PLATES_KG:
        while side >= plate:
            chosen.append(plate)
            side -= plate
    return chosen, side * 2


def main(arguments: list[str]) -> int:
    try:
        total, bar = (float(text) for text in [*arguments, str(BAR_KG)][:2])
        chosen, rest = plates(total, bar)
    except ValueError as fault:
        print(f"usage: plate_calculator.py TOTAL_KG [BAR_KG] ({fault})", file=sys.stderr)
        return 2
    print("each side:", " + ".join(f"{plate:g}" for plate in chosen) or "nothing")
    if rest:
        print(f"{rest:g} kg of the total cannot be made with these plates")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
