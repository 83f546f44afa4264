"""Numbers with their units in running text: "1.000 kcal", "800-900 calories", "5g of caffeine"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A separator before exactly three digits groups thousands, except after a leading 0: "1.000" is 1000, "0.500" a half.
_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})+(?![\d])|\d{1,7}(?:[.,]\d{1,3})?"
_RANGE = rf"(?P<low>{_NUMBER})(?:\s?(?:-|to|or|and)\s?(?P<high>{_NUMBER}))?"
_UNITS = {
    "kcal": r"k ?cals?|kilocalories|calories|calorie|cals|cal|kalorien|calorias",
    "kj": r"kj|kilojoules?",
    "ug": r"mcg|ug|µg|μg|micrograms?",
    "mg": r"mg|milligrams?|milligrammes?",
    "iu": r"iu|ie|international units",
    "kg": r"kg|kgs|kilos?|kilograms?",
    "lb": r"lbs?|pounds?",
    "g": r"g|gr|grams?|grammes?",
    "l": r"l|litres?|liters?",
    "ml": r"ml|millilit(?:re|er)s?",
    "gal": r"gallons?",
    "oz": r"oz|ounces?",
    "hour": r"hours?|hrs?|h",
    "day": r"days?",
    "%": r"%|percent|per cent",
}
_ALL = "|".join(f"(?P<u{i}>{pattern})" for i, pattern in enumerate(_UNITS.values()))
_QUANTITY = re.compile(rf"(?<![\w.,]){_RANGE}\s?-?\s?(?:{_ALL})(?!\w)")
_NAMES = tuple(_UNITS)


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


def quantities(text: str) -> Iterator[Quantity]:
    """Those of a folded text (`words.fold`)."""
    for match in _QUANTITY.finditer(text.replace("–", "-").replace("—", "-")):  # noqa: RUF001
        low = number(match["low"])
        high = number(match["high"]) if match["high"] else low
        unit = next(_NAMES[i] for i in range(len(_NAMES)) if match[f"u{i}"])
        yield Quantity(min(low, high), max(low, high), unit, match.start(), match.end())
