"""Lists, a page at a time."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from shared.database.paging import Position

Item = TypeVar("Item", bound=BaseModel)


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    next_cursor: str | None = Field(description="Opaque; null on the last page.")


def page(items: Sequence[Item], limit: int, position: Callable[[Item], Position]) -> Page[Item]:
    """A page of a list that was asked for one item more than `limit`: there is a next page if it came."""
    more = len(items) > limit
    shown = list(items[:limit])
    return Page(items=shown, next_cursor=position(shown[-1]).encode() if more else None)
