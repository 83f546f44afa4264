"""What the coach's endpoints take and answer."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.actions.action import Action
from shared.platform.request_body import NotBoolean, RequestBody
from shared.platform.text import JsonObject, NoNul, StorableJson
from shared.quotas import Usage
from shared.training.profile import Experience, Fact, ProfileFields, Sex, Units

MAX_CHARACTERS = 8000  # of a question: three pages, some 2,000 tokens

Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARACTERS), NoNul]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NoNul]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), NoNul]
Comment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000), NoNul]
Role = Literal["user", "assistant", "system", "tool"]


class NewMessage(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"content": "How deep should I squat?"}})

    content: Content = Field(description="The question, in the user's words.")
    replaces: UUID | None = Field(
        None,
        description="A question of the user's, among the session's newest 100 messages, in whose place this one is "
        "asked, in other words or in the same. It and what came after it are not shown or known to the coach any more.",
    )


class Message(BaseModel, frozen=True):
    """An assistant message's metadata holds `citations` and the `receipt` of what the answer was made from.

    With `truncated`: true there, the model was cut off and the content is what there was of its answer. `safety` says
    by which rules it was `mended`, `left_out` in part or `withheld`, or whose `red_flag` had advice given instead.
    One of the role `system` is the result of a room that was opened from the conversation: `room`.
    """

    id: UUID
    session_id: UUID
    turn_id: UUID | None
    role: Role
    content: str
    token_count: int
    metadata: JsonObject
    created_at: datetime


class CitedPassage(BaseModel, frozen=True):
    """What a citation opens: the passage in which its quote stands, and who vouches for the document."""

    chunk_id: UUID
    source: str
    title: str
    heading: str | None
    version: int
    reviewed_on: date | None = Field(description="When the document was last held against its sources.")
    reviewed_by: str | None
    sources: list[str] = Field(description="What the document names as its sources.")
    content: str = Field(description="Plain text or Markdown, as it was read; the quote stands in it.")
    is_cited_version: bool = Field(
        description="False: the document has changed since the answer, and this is what stands there now. The quote "
        "may be in other words."
    )


class Turn(BaseModel, frozen=True):
    """A question and what became of it. `partial_content` is what was streamed of an answer that is not whole."""

    id: UUID
    session_id: UUID
    replaces: UUID | None = Field(description="The question that was asked anew: it and what came after it made way.")
    status: Literal["running", "completed", "cancelled", "failed"]
    error_code: str | None
    partial_content: str | None
    cancel_requested: bool
    started_at: datetime
    ended_at: datetime | None


class AnsweredTurn(Turn, frozen=True):
    message: Message | None = Field(description="The answer; null while there is none.")


class SentMessage(BaseModel, frozen=True):
    """The coach's answer (null if the turn was cancelled before its first word), and the week's quota after it."""

    turn: Turn
    message: Message | None
    usage: Usage


class BegunTurn(BaseModel, frozen=True):
    """A turn that is answered in the background."""

    turn: Turn


class NewSession(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"title": "Getting back into running"}})

    title: Title | None = Field(None, description="Left out, the session is called New chat.")


class SessionChange(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"title": "My first 5k"}})

    title: Title = Field(description="Yours from now on: the coach does not replace it.")


class Session(BaseModel, frozen=True):
    id: UUID
    title: str
    created_at: datetime
    updated_at: datetime


class SessionSnapshot(BaseModel, frozen=True):
    """All of one instant."""

    session: Session
    messages: list[Message] = Field(description="The newest 50, newest first.")
    next_cursor: str | None = Field(description="Of listMessages, for older ones; null when there are none.")
    running_turn: Turn | None
    pending_actions: list[Action] = Field(description="Proposals that wait for the user's decision.")
    usage: Usage
    as_of: int = Field(description="The `seq` that the session's stream had: read its events on from here.")


class MemoryChange(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"fact": "Trains at six in the morning."}})

    fact: Fact


class Memory(BaseModel, frozen=True):
    """A fact that the coach knows in every conversation, because the user agreed to it."""

    id: UUID
    fact: str
    created_at: datetime
    updated_at: datetime


class FoundMessage(BaseModel, frozen=True):
    session_id: UUID
    session_title: str
    message_id: UUID
    role: Role
    created_at: datetime
    excerpt: str = Field(description="240 characters around the first word that was asked for.")


class FoundMessages(BaseModel, frozen=True):
    items: list[FoundMessage] = Field(description="Newest first.")
    searched: int = Field(description="How many messages were looked through: the newest 10,000 at most.")


class Transcript(BaseModel, frozen=True):
    """A conversation, to be written into a file; messages have `role`, `content`, `created_at` and `citations`."""

    title: str
    messages: list[JsonObject]


class NewRating(RequestBody):
    """Replaces an earlier rating as a whole."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"rating": -1, "reasons": ["too long"], "comment": "Just the steps, please."}},
    )

    rating: Annotated[Literal[-1, 1], NotBoolean]
    reasons: list[Reason] = Field([], max_length=10)
    comment: Comment | None = None


class Feedback(BaseModel, frozen=True):
    message_id: UUID
    rating: Literal[-1, 1]
    reasons: list[str]
    comment: str | None
    created_at: datetime


class ProfileChange(ProfileFields):
    """Fields that are sent replace the stored ones, null empties one, the others stay."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"goals": ["first pull-up"], "experience_level": "beginner", "time_zone": "Europe/Berlin"},
            "minProperties": 1,
        }
    )

    preferences: StorableJson | None = Field(None, description="Anything else, as JSON of at most 3,000 characters.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("at least one field is needed")
        if len(self.model_dump_json(include={"preferences"})) > 3000:
            raise ValueError("preferences are too long")
        return self

    def columns(self) -> JsonObject:
        """What to write; the lists and preferences are never null in the database but empty."""
        sent = self.model_dump(exclude_unset=True)
        empty: JsonObject = {"goals": [], "equipment": [], "conditions": [], "medicines": [], "preferences": {}}
        return {name: empty.get(name) if value is None else value for name, value in sent.items()}


class Profile(BaseModel, frozen=True):
    goals: list[str] = []
    experience_level: Experience | None = None
    equipment: list[str] = []
    time_availability: str | None = None
    injuries: str | None = None
    time_zone: str | None = None
    units: Units | None = None
    language: str | None = None
    country: str | None = None
    birth_year: int | None = None
    sex: Sex | None = None
    conditions: list[str] = []
    pregnant: bool | None = None
    medicines: list[str] = []
    preferences: JsonObject = {}
    updated_at: datetime | None = None
