"""What operators are told: numbers, codes and ids; words only where somebody wrote them for operators, or agreed."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from shared.platform.request_body import RequestBody
from shared.platform.text import JsonObject, NoNul
from shared.quotas import Dollars, Usage
from shared.rooms.schemas import RoomStatus

Half = Literal["coach", "rooms"]
TurnStatus = Literal["running", "completed", "cancelled", "failed"]
Rating = Literal[-1, 1]
RatingInUrl = Annotated[Rating, BeforeValidator(int)]  # where all is text
Outcome = Literal["red_flag", "mended", "left_out", "withheld"]


# -------------------------------------------------------------------------------------------------------- use and cost
class Used(BaseModel):
    uses: int = Field(description="Turns, titles, summaries and runs of rooms.")
    messages: int
    tokens: int
    cost: Dollars = Field(description="US dollars.")
    cost_uncharged: Dollars = Field(description="Of it what was charged to nobody: advice, and what was withheld.")
    cost_complete: bool = Field(description="False: a model's price is not known; the cost is a lower bound.")


class DayOfUse(Used):
    day: date
    model: str
    plan: str = Field(description="Of the users today.")
    half: Half


class DeletedUse(BaseModel):
    week: date = Field(description="Its Monday.")
    model: str
    uses: int
    tokens: int
    cost: Dollars


class UseOfPeriod(BaseModel):
    total: Used
    items: list[DayOfUse]
    left_out: int = Field(description="Items, of which the cheapest are not shown.")
    deleted_accounts: list[DeletedUse]


# ----------------------------------------------------------------------------------------------------- turns and rooms
class DayOfTurns(BaseModel):
    day: date
    status: TurnStatus
    error_code: str | None
    turns: int
    first_token_ms_p50: float | None
    first_token_ms_p95: float | None
    seconds_p50: float | None
    seconds_p95: float | None


class SeenTurn(BaseModel):
    id: UUID
    session_id: UUID
    user_id: UUID
    message_id: UUID | None = Field(description="Of the answer.")
    status: TurnStatus
    error_code: str | None
    started_at: datetime
    ended_at: datetime | None
    model: str | None
    model_calls: int | None
    prompt_version: str | None
    tokens: int | None
    cost: Dollars | None
    charged: bool | None = Field(description="False: the user was not charged.")
    first_token_ms: int | None
    passages: int | None
    citations: int | None
    citations_dropped: int | None
    truncated: bool
    safety: JsonObject | None


class Turns(BaseModel):
    days: list[DayOfTurns] = Field(description="Empty behind the first page.")
    items: list[SeenTurn]
    next_cursor: str | None


class DayOfRooms(BaseModel):
    day: date
    status: RoomStatus
    status_reason: str | None
    rooms: int
    tokens: int
    cost: Dollars
    worked_seconds: float = Field(description="On average.")


class SeenRoom(BaseModel):
    id: UUID
    user_id: UUID
    status: RoomStatus
    status_reason: str | None
    run: int
    created_at: datetime
    ended_at: datetime | None
    worked_seconds: float
    llm_used: str | None
    calls: int
    tokens: int
    cost: Dollars
    cost_complete: bool
    issues: int
    tasks: dict[str, int] | None = Field(description="How many there are of each status.")


class Rooms(BaseModel):
    days: list[DayOfRooms] = Field(description="Empty behind the first page.")
    items: list[SeenRoom]
    next_cursor: str | None


class SeenRating(BaseModel):
    id: UUID
    user_id: UUID
    message_id: UUID
    turn_id: UUID | None
    rating: Rating
    reasons: list[str]
    comment: str | None
    created_at: datetime
    model: str | None
    prompt_version: str | None


# --------------------------------------------------------------------------------------------------- knowledge, safety
class Documents(BaseModel):
    status: Literal["pending", "ready", "failed", "deleted"]
    error_code: str | None
    documents: int
    chunks: int


class DayOfQuestions(BaseModel):
    day: date
    searched: int = Field(description="Questions that the knowledge base was searched for.")
    found_nothing: int
    cited: int = Field(description="Answers that cite something.")


class SharedQuestion(BaseModel):
    asked_at: datetime
    question: str = Field(description="Its first 500 characters.")


class CitedDocument(BaseModel):
    source: str
    answers: int


class IdleDocument(BaseModel):
    source: str
    title: str


class KnowledgeOfPeriod(BaseModel):
    documents: list[Documents] = Field(description="As they are now.")
    days: list[DayOfQuestions]
    found_nothing: list[SharedQuestion] = Field(description="Of users who agreed: `share_questions`.")
    most_cited: list[CitedDocument]
    never_cited: list[IdleDocument]


class RuleOfDay(BaseModel):
    day: date
    outcome: Outcome
    rule: str = Field(description="Or who saw the need: the model, or the moderation.")
    answers: int


class SafetyOfPeriod(BaseModel):
    items: list[RuleOfDay]


# --------------------------------------------------------------------------------------------------------------- plans
class Plan(BaseModel):
    id: str
    weekly_tokens: int
    weekly_messages: int
    weekly_cost: Dollars
    is_default: bool
    users: int | None = Field(description="Null for the default plan: all others.")


class Plans(BaseModel):
    items: list[Plan]


class UserPlan(BaseModel):
    user_id: UUID
    plan: str
    usage: Usage = Field(description="Of this week.")


class UserPlanChange(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"plan": "free"}})

    plan: Annotated[str, StringConstraints(min_length=1, max_length=50), NoNul] = Field(description="One of listPlans.")
