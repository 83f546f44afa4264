"""Amounts are stored in SI and spoken in the user's units."""

from typing import Any, TypeGuard

KG_A_LB = 0.45359237  # the international pound, https://www.nist.gov/pml/special-publication-811
M_A_MILE = 1609.344

DIFFERENCE = 0.02  # of an amount in two units, as 100 kg and 220 lb: each may be rounded
# Fields of plans and workouts: the one that is stored, the one that a user of pounds and miles reads, and how much of
# the first the second is.
IMPERIAL = {"load_kg": ("load_lb", KG_A_LB), "distance_m": ("distance_mi", M_A_MILE)}
SPOKEN = frozenset(said for said, _ in IMPERIAL.values())
UNITS = {
    "load_kg": "kg",
    "load_lb": "lb",
    "distance_m": "m",
    "distance_mi": "mi",
    "pace_s_per_km": "s/km",
    "seconds": "s",
    "rest_seconds": "s",
    "minutes": "min",
    "weeks": "weeks",
}


def stored(document: Any) -> Any:
    """Pounds and miles as kilograms and metres, to a hundredth; where both are named, they must say the same.

    "Bench 225" of a user of pounds is not 225 kg. What is no number stays, for the field to refuse it. Raises
    ValueError.
    """
    if not isinstance(document, dict):
        return document
    kept = {name: value for name, value in document.items() if name not in SPOKEN or not _is_number(value)}
    for name, (said, factor) in IMPERIAL.items():
        amount, known = document.get(said), kept.get(name)
        if not _is_number(amount):
            continue
        if _is_number(known) and abs(known - amount * factor) > DIFFERENCE * known:
            raise ValueError(f"{name} and {said} differ: send one of them")
        kept[name] = round(amount * factor, 2) if known is None else known
    return kept


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def spoken(value: Any, units: str | None) -> Any:
    """A stored document as a user of these units reads it."""
    if units != "imperial":
        return value
    if isinstance(value, list):
        return [spoken(each, units) for each in value]
    if not isinstance(value, dict):
        return value
    return dict(_imperial(name, each) for name, each in value.items())


def _imperial(name: str, value: Any) -> tuple[str, Any]:
    said, factor = IMPERIAL.get(name, (name, None))
    if factor is None or not isinstance(value, int | float):
        return said, spoken(value, "imperial")
    return said, round(value / factor, 1)
