"""PLACEHOLDER until the catalogue lands: overwrite this file."""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Dialect = Literal["responses", "chat_completions"]


@dataclass(frozen=True)
class Price:
    effective: date
    input: Decimal
    cached_input: Decimal
    output: Decimal


@dataclass(frozen=True)
class Figures:
    name: str
    dialect: Dialect | None
    efforts: tuple[str, ...]
    default_effort: str | None
    context: int
    most_output: int
    headroom: Mapping[str, int]
    prices: tuple[Price, ...]

    def effort(self, wanted: str) -> str | None:
        return wanted if wanted in self.efforts else (self.efforts[0] if self.efforts else None)

    def room(self, effort: str | None) -> int:
        return self.headroom.get(effort or "", 0)


class UnknownModelError(Exception):
    pass


def figures(model: str) -> Figures:
    return Figures(model, None, ("none", "low", "medium", "high"), "low", 128000, 16000, {"low": 2000}, ())
