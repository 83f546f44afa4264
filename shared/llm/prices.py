"""What a call costs. The prices themselves are the catalogue's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_UP, Decimal

from shared.llm.catalogue import UnknownModelError, figures

MILLION = Decimal(1_000_000)
STEP = Decimal("0.000001")  # numeric(12, 6) in ai_usage


@dataclass(frozen=True)
class Cost:
    dollars: Decimal
    complete: bool  # False: a price was missing, the sum is a lower bound

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.dollars + other.dollars, self.complete and other.complete)


FREE = Cost(Decimal(0), complete=True)


def cost(
    model: str, input_tokens: int, output_tokens: int = 0, *, cached_tokens: int = 0, on: date | None = None
) -> Cost:
    """Cost of one call on a day (default today, UTC), rounded up to a millionth of a dollar.

    `cached_tokens` are those of the input that the provider had read before. A model without figures costs nothing
    here and is reported as such: the deployment stops before that.
    """
    try:
        price = figures(model).price(on or datetime.now(UTC).date())
    except UnknownModelError:
        return Cost(Decimal(0), complete=False)
    cached = min(cached_tokens, input_tokens)
    dollars = (input_tokens - cached) * price.input + cached * price.cached_input + output_tokens * price.output
    return Cost((dollars / MILLION).quantize(STEP, ROUND_UP), complete=True)
