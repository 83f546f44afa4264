"""What is left of the week, as header fields."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from shared.quotas import Usage, rate_limit_headers


def usage(**changes: object) -> Usage:
    week = {
        "plan": "free",
        "period_start": date(2026, 11, 16),
        "period_end": date(2026, 11, 22),
        "resets_at": datetime.now(UTC) + timedelta(hours=1),
        "messages_limit": 100,
        "messages_used": 3,
        "messages_reserved": 1,
        "tokens_limit": 1000,
        "tokens_used": 100,
        "tokens_reserved": 50,
        "cost_limit": Decimal(1),
        "cost_used": Decimal(0),
        "cost_reserved": Decimal(0),
        "cost_complete": True,
    }
    return Usage.model_validate(week | changes)


def test_what_is_reserved_is_not_left() -> None:
    headers = rate_limit_headers(usage())

    assert headers["RateLimit-Policy"] == '"messages";q=100;w=604800, "tokens";q=1000;w=604800'
    assert headers["RateLimit"] == '"messages";r=96;t=3600, "tokens";r=850;t=3600'


def test_nothing_is_less_than_nothing_after_a_plan_was_lowered() -> None:
    headers = rate_limit_headers(usage(messages_limit=0, resets_at=datetime.now(UTC) - timedelta(hours=1)))

    assert headers["RateLimit"].startswith('"messages";r=0;t=0,')
