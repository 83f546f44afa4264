"""Numbers with their units in running text: "1.000 kcal", "800-900 calories", "5g of caffeine"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from shared.safety.rulebook import compiled

# A separator before exactly three digits groups thousands, except after a leading 0: "1.000" is 1000, "0.500" a half.
_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?![\d])|\d{1,7}(?:[.,]\d{1,3})?"
_RANGE = rf"(?P<low>{_NUMBER})(?:\s?(?:-|to|or|and)\s?(?P<high>{_NUMBER}))?"


@dataclass(frozen=True)
class Quantity:
    """`low` and `high` differ in a range; `start` and `end` are its place in the text."""

    low: float
    high: float
    unit: str
    start: int
    end: int


def number(text: str) -> float:
    groups = re.split(r"[.,' ]", text)
    if len(groups) > 1 and groups[0].strip("0") and all(len(group) == 3 for group in groups[1:]):
        return float("".join(groups))
    return float(text.replace(",", ".").replace("'", "").replace(" ", ""))


@cache
def _quantity() -> re.Pattern[str]:
    units = "|".join(f"(?P<{unit}>{words})" for unit, words in compiled()["units"].items())
    return re.compile(rf"(?<![\w.,]){_RANGE}\s?-?\s?(?:{units})(?!\w)")


def quantities(text: str) -> Iterator[Quantity]:
    """Those of a folded text (`words.fold`)."""
    for match in _quantity().finditer(text.replace("–", "-").replace("—", "-")):  # noqa: RUF001
        low = number(match["low"])
        high = number(match["high"]) if match["high"] else low
        unit = match.lastgroup or ""  # the unit is the last group of every match
        yield Quantity(min(low, high), max(low, high), unit, match.start(), match.end())
