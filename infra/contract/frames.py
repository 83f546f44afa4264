"""Every other frame of a socket, both ways: what a client asks, what answers it, and previews."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from infra.contract.envelope import Stream
from infra.contract.events import EVENTS
from shared.realtime.requests import ECHOED
from shared.rooms.tools import ARGUMENTS

Id = Annotated[str, Field(max_length=ECHOED, description="Chosen by the client; the answer to its frame repeats it.")]


# ------------------------------------------------------------------------------------------------- a client's frames
class Request(BaseModel):
    id: Id | None = None


class Subscribe(Request):
    """Push this stream's events from now on."""

    type: Literal["subscribe"]
    stream: Stream


class Unsubscribe(Request):
    """Push this stream's events no more. Safe to repeat."""

    type: Literal["unsubscribe"]
    stream: Stream


class Ping(Request):
    """Keeps the socket open: one that is silent for ten minutes is closed."""

    type: Literal["ping"]


REQUESTS: tuple[type[Request], ...] = (Subscribe, Unsubscribe, Ping)


# ------------------------------------------------------------------------------------------------------- their answers
class Answer(BaseModel):
    v: Literal[1]
    id: Id | None = None


class Subscribed(Answer):
    """Later events are pushed, events up to `as_of` are read with listSessionEvents, listRoomEvents or listEvents."""

    type: Literal["subscribed"]
    stream: Stream
    as_of: int = Field(description="The stream's last seq.")


class Unsubscribed(Answer):
    """Nothing of the stream is pushed any more."""

    type: Literal["unsubscribed"]
    stream: Stream


class Pong(Answer):
    """The answer to a ping."""

    type: Literal["pong"]


class SocketError(Answer):
    """A frame was refused; the socket stays open."""

    type: Literal["error"]
    code: str = Field(
        description="One of docs/errors.md.",
        json_schema_extra={
            "x-extensible-enum": [
                "malformed_json",
                "unknown_type",
                "stream_not_found",
                "too_many_listeners",
                "too_many_subscriptions",
                "database_unavailable",
                "internal_error",
            ]
        },
    )
    detail: str = Field(description="For the user.")
    stream: str | None = Field(None, max_length=ECHOED, description="As the refused frame named it.")
    retry_after: int | None = Field(None, description="Seconds.")


ANSWERS: tuple[type[Answer], ...] = (Subscribed, Unsubscribed, Pong, SocketError)


# ------------------------------------------------------------------------------------------------------------ previews
class Delta(BaseModel):
    turn_id: UUID
    index: int = Field(ge=0, description="Of this delta; where one is missing, the preview has a hole.")
    offset: int = Field(
        ge=0,
        description="Where `text` stands in the preview, and in the turn's `partial_content`, in Unicode code points. "
        "Below the length of what is shown: the preview began again there, and what follows is no more.",
    )
    text: str


class MessageDelta(BaseModel):
    """A preview of an answer while it is written; the finished message replaces it. It has no seq and is not kept."""

    v: Literal[1]
    stream: Stream
    type: Literal["message.delta"]
    ts: datetime
    data: Delta


class AgentWork(BaseModel):
    task_id: UUID
    attempt: int = Field(ge=1, description="The worker that has the task.")
    call: int = Field(ge=1, description="The call of the model in this task.")
    filename: str | None = Field(description="The file that it is about; null: none, or none that may be told.")


class AgentText(AgentWork):
    """With another task, attempt, call or file than before, the preview begins anew."""

    index: int = Field(ge=0, description="Of this delta; where one is missing, the preview has a hole.")
    offset: int = Field(
        ge=0,
        description="Where `text` stands in the preview, in Unicode code points. Below the length of what is shown: "
        "the preview began again there, and what follows is no more.",
    )
    text: str


class AgentDelta(BaseModel):
    """A preview of what an agent says (no `filename`) or writes into a file, of which only whole sentences that passed
    the rules of safety. Its message or file replaces it. Whoever joins is sent it from its beginning."""

    v: Literal[1]
    stream: Stream
    type: Literal["agent.delta"]
    ts: datetime
    data: AgentText


class CalledTool(AgentWork):
    tool: str = Field(json_schema_extra={"x-extensible-enum": list(ARGUMENTS)})


class AgentCalled(BaseModel):
    """An agent calls a tool: it reads, writes, edits or asks a file, searches, looks up, or asks the owner."""

    v: Literal[1]
    stream: Stream
    type: Literal["agent.called"]
    ts: datetime
    data: CalledTool


PREVIEWS: tuple[type[BaseModel], ...] = (MessageDelta, AgentDelta, AgentCalled)


class Ids(BaseModel):
    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": {"type": "string"}})

    truncated: Literal[True]


class TruncatedEvent(BaseModel):
    """An event too large for a frame (32 KB): only the ids of what it is about. Read it, by its seq, or its subject."""

    v: Literal[1]
    stream: Stream
    seq: int = Field(ge=1)
    type: Literal[tuple(EVENTS)]  # type: ignore[valid-type]
    ts: datetime
    data: Ids = Field(description="`truncated`, and ids such as `action_id` and `session_id`.")
