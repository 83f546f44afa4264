"""A user's weekly limits and what is used of them. The arithmetic itself is in the database."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, PlainSerializer

WEEK = 7 * 24 * 3600  # seconds

Dollars = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]


class Usage(BaseModel, frozen=True):
    """Limits, used and reserved of one ISO week (UTC). Cost is in US dollars."""

    plan: str
    period_start: date
    period_end: date
    resets_at: datetime
    messages_limit: int
    messages_used: int
    messages_reserved: int
    tokens_limit: int
    tokens_used: int
    tokens_reserved: int
    cost_limit: Dollars
    cost_used: Dollars
    cost_reserved: Dollars
    cost_complete: bool


RATE_LIMIT = ("RateLimit-Policy", "RateLimit")


def rate_limit_headers(usage: Usage) -> dict[str, str]:
    """What is left of messages and tokens, and the seconds until the week ends.

    As draft-ietf-httpapi-ratelimit-headers has it: RateLimit-Policy and RateLimit.
    """
    seconds = max(0, round((usage.resets_at - datetime.now(UTC)).total_seconds()))
    messages = max(0, usage.messages_limit - usage.messages_used - usage.messages_reserved)
    tokens = max(0, usage.tokens_limit - usage.tokens_used - usage.tokens_reserved)
    return {
        "RateLimit-Policy": f'"messages";q={usage.messages_limit};w={WEEK}, "tokens";q={usage.tokens_limit};w={WEEK}',
        "RateLimit": f'"messages";r={messages};t={seconds}, "tokens";r={tokens};t={seconds}',
    }
