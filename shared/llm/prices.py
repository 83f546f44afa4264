"""What a call costs: US dollars per million tokens, by model and the day a price took effect.

The one place to keep current. A model that is not listed costs nothing here and is reported as such.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_UP, Decimal

MILLION = Decimal(1_000_000)
STEP = Decimal("0.000001")  # numeric(12, 6) in ai_usage


@dataclass(frozen=True)
class Price:
    effective: date
    input: Decimal
    output: Decimal


@dataclass(frozen=True)
class Cost:
    dollars: Decimal
    complete: bool  # False: a price was missing, the sum is a lower bound

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.dollars + other.dollars, self.complete and other.complete)


FREE = Cost(Decimal(0), complete=True)

PRICES: dict[str, list[Price]] = {
    # OpenAI's public price list, standard tier, uncached input: a cached prefix costs less than is charged here.
    "gpt-6-luna": [Price(date(2026, 9, 22), Decimal("0.10"), Decimal("0.50"))],
    "gpt-6-sol": [Price(date(2026, 9, 22), Decimal("2.00"), Decimal("10.00"))],
    "text-embedding-3-small": [Price(date(2024, 1, 25), Decimal("0.02"), Decimal(0))],
    # The offline models run on this machine.
    "hercules-extractive-1": [Price(date(2026, 1, 1), Decimal(0), Decimal(0))],
    "minilm-l6-int8": [Price(date(2026, 1, 1), Decimal(0), Decimal(0))],
}


def cost(
    model: str, input_tokens: int, output_tokens: int = 0, *, cached_tokens: int = 0, on: date | None = None
) -> Cost:
    """Cost of one call on a day (default today, UTC), rounded up to a millionth of a dollar."""
    day = on or datetime.now(UTC).date()
    known = [price for price in PRICES.get(model, []) if price.effective <= day]
    if not known:
        return Cost(Decimal(0), complete=False)
    price = max(known, key=lambda candidate: candidate.effective)
    dollars = (input_tokens * price.input + output_tokens * price.output) / MILLION
    return Cost(dollars.quantize(STEP, ROUND_UP), complete=True)
