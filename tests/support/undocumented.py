"""What an answer holds that its model does not name: clients could rely on it, and nobody would know."""

from collections.abc import Iterator
from typing import Any


def undocumented(told: Any, known: Any, place: str = "") -> Iterator[str]:
    """The places of members of `told` that `known`, the same as its model dumps it, has not."""
    if isinstance(told, dict) and isinstance(known, dict):
        for name, value in told.items():
            if name in known:
                yield from undocumented(value, known[name], f"{place}.{name}")
            elif value is not None:
                yield f"{place}.{name}"
    elif isinstance(told, list) and isinstance(known, list):
        for number, (one, other) in enumerate(zip(told, known, strict=False)):
            yield from undocumented(one, other, f"{place}[{number}]")
