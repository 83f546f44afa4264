"""Every event of a stream, and every frame of a socket: what SQL and the socket's functions make, for clients to type.

Nothing that is deployed imports this. Tests hold what is made against it.
"""

from typing import Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field

from infra.contract.actions import Action
from infra.contract.envelope import Envelope
from infra.contract.messages import Message
from infra.contract.room_events import (
    BudgetReached,
    BudgetWarning,
    EventWithheld,
    FileCreated,
    InputRequested,
    ReviewCompleted,
    RoomUpdated,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    TaskThrottled,
)
from shared.coach.schemas import Turn
from shared.quotas import Usage


# ----------------------------------------------------------------------------------------------------- conversations
class StartedTurn(BaseModel):
    turn: Turn
    message: Message | None = Field(description="The question; null where it is no more.")


class TurnStarted(Envelope):
    """A question was taken; the coach is at work on it."""

    type: Literal["turn.started"]
    data: StartedTurn


class CompletedMessage(BaseModel):
    message: Message | None = Field(description="Null where it is no more.")


class MessageCompleted(Envelope):
    """The answer, whole. It replaces what was previewed of it."""

    type: Literal["message.completed"]
    data: CompletedMessage


class AddedMessage(Envelope):
    """A room that was opened from this conversation has ended: its result stands here, as a message of no turn."""

    type: Literal["message.added"]
    data: CompletedMessage


class EndedTurn(BaseModel):
    turn: Turn
    message_id: UUID | None = Field(None, description="Of the answer, or of what there was of it.")


class TurnCompleted(Envelope):
    """The turn has ended with an answer."""

    type: Literal["turn.completed"]
    data: EndedTurn


class TurnCancelled(Envelope):
    """The turn was stopped; a `message.completed` before it has what was kept."""

    type: Literal["turn.cancelled"]
    data: EndedTurn


class TurnFailed(Envelope):
    """The turn has ended without an answer; `error_code` of the turn says why."""

    type: Literal["turn.failed"]
    data: EndedTurn


class UsageData(BaseModel):
    usage: Usage


class UsageUpdated(Envelope):
    """The week's use has changed. Read later, it tells what is true then."""

    type: Literal["usage.updated"]
    data: UsageData


# ----------------------------------------------------------------------------------------------------------- actions
class ActionData(BaseModel):
    action: Action


class ActionPending(Envelope):
    """The coach proposes something; it waits for the user."""

    type: Literal["action.pending"]
    data: ActionData


class ActionDecided(Envelope):
    """The user has approved or rejected it."""

    type: Literal["action.decided"]
    data: ActionData


class ActionExecuted(Envelope):
    """It was carried out."""

    type: Literal["action.executed"]
    data: ActionData


class ActionFailed(Envelope):
    """It could not be carried out; `error_message` is for the user."""

    type: Literal["action.failed"]
    data: ActionData


class ActionExpired(Envelope):
    """Nobody decided in time, or the question that it came with was asked anew."""

    type: Literal["action.expired"]
    data: ActionData


class ActionUndone(Envelope):
    """The user took it back."""

    type: Literal["action.undone"]
    data: ActionData


STREAMS: dict[str, tuple[type[Envelope], ...]] = {
    "session": (
        TurnStarted,
        MessageCompleted,
        AddedMessage,
        TurnCompleted,
        TurnCancelled,
        TurnFailed,
        ActionPending,
        ActionDecided,
        ActionExecuted,
        ActionFailed,
        ActionExpired,
        ActionUndone,
    ),
    "room": (
        RoomUpdated,
        TaskStarted,
        TaskThrottled,
        TaskCompleted,
        TaskFailed,
        FileCreated,
        ReviewCompleted,
        InputRequested,
        BudgetWarning,
        BudgetReached,
        EventWithheld,
    ),
    "user": (
        UsageUpdated,
        ActionPending,
        ActionDecided,
        ActionExecuted,
        ActionFailed,
        ActionExpired,
        ActionUndone,
        RoomUpdated,
        InputRequested,
        BudgetReached,
    ),
}


def types_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The values that a model's `type` may have."""
    return get_args(model.model_fields["type"].annotation)


EVENTS: dict[str, type[Envelope]] = {types_of(kind)[0]: kind for kinds in STREAMS.values() for kind in kinds}
