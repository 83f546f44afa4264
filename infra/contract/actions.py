"""The types of actions as clients see them: a union by `action_type`, of what the registry holds."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from shared.actions import action
from shared.actions.action_type import ActionType
from shared.actions.registry import TYPES
from shared.training.plan import Plan, Workout
from shared.training.profile import ProfileFields


class PlanName(BaseModel):
    id: UUID
    name: str


class CreatedPlan(BaseModel):
    plan: Plan
    active_plan: PlanName | None


class ChangedPlan(BaseModel):
    plan_id: UUID
    plan: Plan


class WrittenWorkout(BaseModel):
    """The workout is in listWorkouts, under the action's id."""

    workout: Workout


class KeptMemory(BaseModel):
    """The memory is in listMemories, under the action's id."""

    memory: str | None
    replaced: str | None
    is_known: bool
    is_full: bool


class RoomName(BaseModel):
    id: UUID
    room_id: str
    task_prompt: str
    status: str
    run: int


class OpenedRoom(BaseModel):
    room: RoomName | None = Field(description="Null where it was deleted again.")


class Delivered(BaseModel):
    status: int = Field(description="Of HTTP, as the receiver answered.")


class OriginPassage(BaseModel):
    chunk_id: UUID
    source: str
    title: str
    version: int
    quoted: bool = Field(description="Whether words of the payload stand in it.")


class ActionOrigin(BaseModel):
    """Where a proposal comes from: whether a document was in play."""

    question_id: UUID
    turn_id: UUID
    model: str
    prompt_version: str
    prompt_hash: str
    passages: list[OriginPassage]


RESULTS: dict[str, type[BaseModel]] = {
    "update_profile": ProfileFields,
    "create_workout_plan": CreatedPlan,
    "change_workout_plan": ChangedPlan,
    "log_workout": WrittenWorkout,
    "remember": KeptMemory,
    "open_room": OpenedRoom,
    "webhook": Delivered,
}


def _typed(action_type: ActionType[Any]) -> type[action.Action]:
    name = action_type.name
    edited = "What the coach proposed, where the user edited that."
    fields: dict[str, Any] = {
        "action_type": (Literal[name], ...),
        "payload": (action_type.payload, ...),
        "proposed_payload": (action_type.payload | None, Field(description=edited)),
        "origin": (ActionOrigin, ...),
        "result": (RESULTS[name] | None, Field(description="What there is since it was carried out.")),
    }
    return create_model(
        "".join(word.capitalize() for word in name.split("_")) + "Action",
        __base__=action.Action,
        __doc__=f"A proposal of the type {name}, and what became of it.",
        **fields,
    )


ACTIONS: dict[str, type[action.Action]] = {name: _typed(action_type) for name, action_type in TYPES.items()}
if TYPE_CHECKING:
    Action = action.Action
else:
    Action = Annotated[reduce(or_, ACTIONS.values()), Field(discriminator="action_type")]
