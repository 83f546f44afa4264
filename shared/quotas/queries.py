"""What the weekly limits ask the database."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, PlainSerializer

from shared.platform.errors import UnavailableError

if TYPE_CHECKING:  # the front door needs the model alone, not the way to the database
    from shared.database.client import Database

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


def current_usage(database: "Database") -> Usage:
    """The usage of whoever `database` speaks for; a week without use has zeros. Raises UnavailableError."""
    rows = database.run(database.table("ai_usage_current").select("*"))
    if not rows:
        raise UnavailableError("No usage plan is set up.", code="plan_missing")
    return Usage.model_validate(rows[0])
