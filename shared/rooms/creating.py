"""Opens a room, and starts the workflow that runs it."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.actions.room_start import start_run
from shared.auth.principal import Principal
from shared.database.client import Database
from shared.llm.providers import candidates
from shared.platform.errors import InvalidRequestError
from shared.platform.idempotency import Idempotency
from shared.platform.text import NoNul
from shared.realtime.publishing import publish
from shared.rooms import uploading
from shared.rooms.room import ProviderChoice, Role, Room
from shared.safety.red_flags import refuse_red_flag

Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), NoNul]


class NewLimits(BaseModel):
    """What is left out stays as it is: a new room's usual budget, or the limits that the room has."""

    model_config = ConfigDict(extra="forbid")

    tokens: int | None = Field(None, ge=1000, le=10_000_000)
    cost: float | None = Field(None, ge=0, le=1000, description="US dollars.")
    calls: int | None = Field(None, ge=1, le=1000, description="Of a model.")
    seconds: int | None = Field(None, ge=10, le=86_400, description="Of agents at work; waiting for you is free.")
    files: int | None = Field(None, ge=1, le=200)
    bytes: int | None = Field(None, ge=1, le=100 * 1024 * 1024)


class NewRoom(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"task_prompt": "Write a four-week plan for my first pull-up."}}
    )

    task_prompt: Prompt
    agents: list[Role] = Field(default_factory=list, max_length=3, description="Left out: whichever the work needs.")
    provider: ProviderChoice | None = Field(None, description="One of them only; left out or Mixed: whichever is up.")
    budget: NewLimits = NewLimits()
    input_file_ids: list[UUID] = Field(default_factory=list, max_length=20, description="Of createRoomUpload.")
    session_id: UUID | None = Field(None, description="The conversation that it belongs to.")


def create_room(database: Database, principal: Principal, body: NewRoom, idempotency: Idempotency) -> tuple[Room, bool]:
    """Open a room. Also says whether it is the stored answer to an earlier request with the same key.

    Urgent words come first, even before such an answer: they get fixed advice and no room.

    Raises NotFoundError, ConflictError, InvalidRequestError, QuotaExceededError, UnavailableError.
    """
    refuse_red_flag(body.task_prompt)
    if body.provider and not candidates("orchestrator", body.provider):
        raise InvalidRequestError(f"{body.provider} is not available here.", code="provider_unavailable")
    uploading.check_arrived(database, principal, body.input_file_ids)
    created = database.rpc(
        "create_room", p_user_id=str(principal.user_id), p_room=_row(body), **idempotency.arguments(body)
    )
    publish(database, created)
    room = Room.model_validate(created["response"])
    if created["replayed"]:
        return room, True
    return start(database, room), False


def start(database: Database, room: Room) -> Room:
    """Start a room's run. Raises UnavailableError after ending the room as failed, its budget given back."""
    return Room.model_validate(start_run(database, room.id, room.run)["room"])


def _row(body: NewRoom) -> dict[str, Any]:
    return {
        "task_prompt": body.task_prompt,
        "agents": list(dict.fromkeys(body.agents)),
        "provider": body.provider,
        "limits": body.budget.model_dump(exclude_none=True),
        "files": [str(file_id) for file_id in body.input_file_ids],
        "session_id": str(body.session_id) if body.session_id else None,
    }
