"""Numbers with their units in running text: "1.000 kcal", "800-900 calories", "5g of caffeine"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from shared.safety.rulebook import compiled

# A separator before exactly three digits groups thousands, except after a leading 0: "1.000" is 1000, "0.500" a half.
_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?![\d])|\d{1,7}(?:[.,]\d{1,3})?"
_TO = "-|~|to|or|and|bis|oder|und|a|al|ou|et|y|o|e|tot|en|of|do|ile|до|или|到|至|から|الى|او|से|या"
_RANGE = rf"(?P<low>{_NUMBER})(?:\s?(?:{_TO})\s?(?P<high>{_NUMBER}))?"

_DIGIT = re.compile(r"\d")
KJ_PER_KCAL = 4.184
LB_PER_KG = 2.205
HOURS = {"hour": 1, "day": 24}
WEEKS = {"day": 1 / 7, "week": 1.0, "month": 4.35}
LITRES = {"l": 1.0, "ml": 0.001, "gal": 3.785, "oz": 0.02957}
_END = r"(?![a-z\d\u0400-\u04ff\u0600-\u06ff\u0900-\u097f])"  # of a unit; signs of Chinese and Japanese may follow


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
    return re.compile(rf"(?<![a-z\d.,]){_RANGE}\s?-?\s?(?:{units}){_END}")


@lru_cache(maxsize=256)  # sentences are asked for theirs by several rules
def quantities(text: str) -> Sequence[Quantity]:
    """Those of a folded text (`words.fold`)."""
    return tuple(_quantities(text)) if _DIGIT.search(text) else ()


def _quantities(text: str) -> Iterator[Quantity]:
    for match in _quantity().finditer(text.replace("–", "-").replace("—", "-")):
        low = number(match["low"])
        high = number(match["high"]) if match["high"] else low
        unit = match.lastgroup or ""  # the unit is the last group of every match
        yield Quantity(min(low, high), max(low, high), unit, match.start(), match.end())
