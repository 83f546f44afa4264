"""What a type of action consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.database.client import Database
from shared.safety.findings import Finding
from shared.safety.situation import Situation

PayloadT = TypeVar("PayloadT", bound=BaseModel)
State = dict[str, Any]


class InapplicableError(ValueError):
    """The action makes no sense for what there is, such as changing a plan that is not there. Its text is for users."""


class EffectError(Exception):
    """An effect outside failed, or nobody knows. Its text is for users: no internals."""


@dataclass(frozen=True)
class ActionType(Generic[PayloadT]):
    """One entry of the registry. The SQL function private.action_<name> reads and writes the state of its target.

    `after` makes the state that the action leads to, from the payload, the state before and the action's id; it raises
    InapplicableError. `findings` is the safety check, given the state after. Undoing writes the state before.
    `carry_out` makes an effect outside of the database and returns its result; it raises EffectError.
    """

    name: str
    description: str  # for the model
    payload: type[PayloadT]
    after: Callable[[PayloadT, Any, UUID], State]
    findings: Callable[[PayloadT, State, Situation], list[Finding]]
    time_to_live: timedelta
    undo_for: timedelta | None  # None: cannot be taken back
    units: Mapping[str, str] = field(default_factory=dict)
    offered: Callable[[], bool] = lambda: True  # whether this deployment can carry it out
    sparse: bool = False  # a null in the payload says nothing, and is not stored
    follow_up: Callable[[Database, UUID], object] | None = None  # what the effect sets going, once it is there
    carry_out: Callable[[PayloadT, UUID], State] | None = None  # an effect outside of the database

    @property
    def is_external(self) -> bool:
        return self.carry_out is not None

    def carried_out(self, payload: PayloadT, action_id: UUID) -> State:
        """Make the effect outside. Raises EffectError."""
        if self.carry_out is None:
            raise TypeError(f"{self.name} has no effect outside of the database")
        return self.carry_out(payload, action_id)
