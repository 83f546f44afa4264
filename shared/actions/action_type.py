"""What a type of action consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.actions.action import Change
from shared.actions.preview import preview
from shared.platform.request_body import whole_numbers
from shared.platform.text import JsonObject
from shared.safety.findings import Finding
from shared.safety.situation import Situation
from shared.training.units import spoken

PayloadT = TypeVar("PayloadT", bound=BaseModel)
State = JsonObject  # what an action changes, as its SQL function reads it


class InapplicableError(ValueError):
    """The action makes no sense for what there is, such as changing a plan that is not there. Its text is for users."""


class EffectError(Exception):
    """An effect outside failed, or nobody knows. Its text is for users: no internals."""


@dataclass(frozen=True)
class Effect:
    """What an action would lead to. It is safe if there are no findings."""

    state: State
    preview: list[Change]
    findings: list[Finding]


@dataclass(frozen=True)
class ActionType(Generic[PayloadT]):
    """One entry of the registry. The SQL function private.action_<name> reads and writes the state of its target.

    `after` makes the state that the action leads to, from the payload, the state before and the action's id; it raises
    InapplicableError. `findings` is the safety check, given the state after. Undoing writes the state before.
    `carry_out` makes an effect outside of the database, given the payload, the user's id and the action's, and returns
    its result; it raises EffectError.
    """

    name: str
    description: str  # for the model
    payload: type[PayloadT]
    after: Callable[[PayloadT, State | None, UUID], State]
    findings: Callable[[PayloadT, State, Situation], list[Finding]]
    time_to_live: timedelta = timedelta(days=7)
    undo_for: timedelta | None = timedelta(days=7)  # None: cannot be taken back
    units: Mapping[str, str] = field(default_factory=dict)
    offered: Callable[[], bool] = lambda: True  # whether this deployment can carry it out
    sparse: bool = False  # a null in the payload says nothing, and is not stored
    fixed: frozenset[str] = frozenset()  # fields of the payload that no user may change on approving
    carry_out: Callable[[PayloadT, UUID, UUID], JsonObject] | None = None

    @property
    def is_external(self) -> bool:
        return self.carry_out is not None

    def read(self, document: JsonObject) -> PayloadT:
        """As strictly as a request is read. Raises pydantic.ValidationError."""
        return self.payload.model_validate_json(whole_numbers(document), strict=True)

    def document(self, payload: PayloadT) -> JsonObject:
        """The payload as it is stored."""
        return payload.model_dump(mode="json", exclude_none=self.sparse)

    def effect(self, payload: PayloadT, before: State | None, action_id: UUID, situation: Situation) -> Effect:
        """Raises InapplicableError."""
        after = self.after(payload, before, action_id)
        units = situation.profile.get("units")
        shown = preview(spoken(before, units), spoken(after, units), self.units)
        return Effect(after, shown, self.findings(payload, after, situation))
