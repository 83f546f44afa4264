"""Keyset paging: a page goes on behind a row, not at an offset, so inserts neither repeat nor skip one."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from shared.platform.errors import InvalidRequestError

CURSOR_PATTERN = "^WyI[0-9A-Za-z_-]{40,}$"  # what `encode` makes: a JSON array of two texts in base64


@dataclass(frozen=True)
class Position:
    """The last row of a page, by what the list is ordered by."""

    at: datetime
    id: UUID

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Raises InvalidRequestError for anything that `encode` did not make."""
        try:
            at, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            return cls(datetime.fromisoformat(at), UUID(key))
        except (binascii.Error, ValueError, TypeError, AttributeError):
            raise InvalidRequestError("The cursor is not one that this API gave.", code="bad_cursor") from None

    def encode(self) -> str:
        text = json.dumps([self.at.isoformat(), str(self.id)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def after(query: Any, column: str, position: Position | None, *, ascending: bool = False) -> Any:
    """Order a postgrest query by (column, id), newest first unless ascending, and go on behind `position`."""
    ordered = query.order(column, desc=not ascending).order("id", desc=not ascending)
    if position is None:
        return ordered
    at, beyond = position.at.isoformat(), "gt" if ascending else "lt"
    # No index can start from an or_. From this bound it can, and the or_ then drops a few rows of the same instant.
    bounded = ordered.gte(column, at) if ascending else ordered.lte(column, at)
    return bounded.or_(f"{column}.{beyond}.{at},and({column}.eq.{at},id.{beyond}.{position.id})")
