"""What a provider sent, as what it should have been."""

from typing import Any

MAX_TOKENS = 10_000_000  # that a provider may state; more is no usage


def as_object(value: Any) -> dict[str, Any]:
    """What a provider should have sent as an object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str:
    """What a provider should have sent as text; empty for anything else."""
    return value if isinstance(value, str) else ""


def whole_number(value: Any) -> int:
    """A count as a provider states it: 0 for what is none."""
    try:
        return max(0, min(int(value or 0), MAX_TOKENS))
    except (TypeError, ValueError, OverflowError):
        return 0
