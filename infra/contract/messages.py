"""What an answer of the coach says of itself, as the API shows it; it is stored, and read back, as JSON."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.coach import schemas
from shared.coach.turn.citations import Citation


class ReadChunk(BaseModel):
    """A passage that the model was given; `score` is a cosine similarity."""

    chunk_id: UUID
    version: int
    score: float


class AskedModel(BaseModel):
    """One call of a model, also one that was paid for and broke off."""

    provider: str
    model: str
    started_at: datetime
    milliseconds: int = Field(description="Until its answer was whole, or broke off.")
    first_token_ms: int | None
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    finish_reason: str


class Receipt(BaseModel):
    """What an answer was made from and what it cost, over all calls of models."""

    provider: str
    model: str
    model_calls: int
    prompt_version: str
    prompt_hash: str
    profile_fields: list[str] = Field(description="The fields of the profile that the model was told.")
    chunks: list[ReadChunk]
    searched: bool = Field(description="Whether the knowledge base was searched; without chunks it had nothing.")
    memories: int = Field(description="How many memories the model was told.")
    summary_until: datetime | None = Field(description="Up to when the conversation was told in short.")
    lookups: list[str] = Field(description="What the model looked up, by the names of its tools.")
    history_messages: int
    history_left_out: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    embedding_tokens: int
    tokens: int = Field(description="That were charged.")
    estimated: bool
    cost: float = Field(description="US dollars.")
    cost_complete: bool = Field(description="False: a model's price is not known; the cost is a lower bound.")
    first_token_ms: int | None
    finish_reason: str | None
    received_at: datetime | None = Field(
        None, description="When the question had come; null where it was answered in the background."
    )
    calls: list[AskedModel] = Field([], description="In their order, and how long each took.")
    citations_dropped: int = Field(0, description="Quotes of the model that stand in no passage.")


class SafetyNote(BaseModel):
    """What rules of safety did to an answer; each names the rules or the flag. See docs/safety.md."""

    mended: list[str] = Field([], description="Broken at first; the model put it right.")
    judged: list[str] = Field(
        [], description="Suspected by a classifier, which errs; the model was asked, and answers for what is shown."
    )
    left_out: list[str] = Field([], description="Broken; what broke them is not in the answer.")
    withheld: list[str] = Field([], description="Broken; the answer is not shown at all.")
    suspected: str | None = Field(
        None, description="What the question may speak of, so that the answer ends with when to get help."
    )
    red_flag: str | None = Field(None, description="Advice stands in the place of an answer; what asked for it.")
    kind: str | None = Field(None, description="Of the advice.")
    source: str | None = Field(None, description="Of the advice.")
    quoted: bool | None = Field(None, description="Whether the words of the user that the model saw were really said.")


class ResultFile(BaseModel):
    """The newest version of a file that a room's agents made."""

    id: UUID
    filename: str
    version: int
    size: int = Field(description="Bytes.")
    mime: str | None
    is_partial: bool = Field(description="Its task failed before it was done: what there was is kept.")


class RoomResult(BaseModel):
    """With what a room ended that was opened from this conversation."""

    id: UUID
    room_id: str
    title: str = Field(description="The beginning of what it was asked for.")
    part: int
    run: int
    status: Literal["completed", "failed"]
    status_reason: str | None
    files: list[ResultFile] = Field(description="The newest 20.")
    issues: list[str]
    tokens: int
    cost: float = Field(description="US dollars, of the whole room so far.")
    cost_complete: bool
    estimated: bool


class MessageMetadata(BaseModel):
    """Of a user's message it is empty."""

    status: Literal["completed", "cancelled"] | None = Field(None, description="How the turn ended.")
    citations: list[Citation] = []
    receipt: Receipt | None = Field(None, description="None where no model was asked.")
    actions: list[UUID] = Field([], description="What was proposed with it.")
    grounded: bool | None = Field(None, description="Whether it cites anything.")
    truncated: bool | None = Field(None, description="The model was cut off: this is what there was of its answer.")
    safety: SafetyNote | None = None
    room: RoomResult | None = Field(None, description="Of a message of the role `system`: what a room has made.")


class Message(schemas.Message):
    """A question, an answer of the coach, or (`system`) the result of a room."""

    metadata: MessageMetadata  # type: ignore[assignment]
