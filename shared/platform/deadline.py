"""How long this invocation may still run."""

import time
from dataclasses import dataclass
from typing import Protocol, Self


class LambdaContext(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True)
class Deadline:
    """A point in time, on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        return cls(time.monotonic() + seconds)

    @classmethod
    def of(cls, context: LambdaContext) -> Self:
        return cls.after(context.get_remaining_time_in_millis() / 1000)

    def remaining(self, keep: float = 0.0) -> float:
        """Seconds left, less the `keep` that later work needs; never below zero."""
        return max(0.0, self.at - time.monotonic() - keep)
