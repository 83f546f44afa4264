"""What an owner asks of rooms, as the API takes it."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from shared.platform.request_body import RequestBody
from shared.platform.text import NoNul
from shared.rooms.files import MAX_NAME_BYTES
from shared.rooms.schemas import ExportFormat, ProviderChoice, Role
from shared.training.plan import Day

MAX_UPLOAD_BYTES = 10 * 1024 * 1024  # half of what a room's files may have by default
Criterion = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), NoNul]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000), NoNul]


class NewLimits(RequestBody):
    """What is left out stays as it is: a new room's usual budget, or the limits that the room has."""

    model_config = ConfigDict(frozen=True)

    tokens: int | None = Field(None, ge=1000, le=10_000_000)
    cost: float | None = Field(None, ge=0, le=1000, description="US dollars.")
    calls: int | None = Field(None, ge=1, le=1000, description="Of a model.")
    seconds: int | None = Field(None, ge=10, le=86_400, description="Of agents at work; waiting for you is free.")
    files: int | None = Field(None, ge=1, le=200)
    bytes: int | None = Field(None, ge=1, le=100 * 1024 * 1024)

    @property
    def stated(self) -> dict[str, float]:
        return self.model_dump(exclude_none=True)


class NewRoom(RequestBody):
    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"example": {"task_prompt": "Write a four-week plan for my first pull-up."}},
    )

    task_prompt: Text
    agents: list[Role] = Field(default_factory=list, max_length=3, description="Left out: whichever the work needs.")
    provider: ProviderChoice | None = Field(None, description="One of them only; left out or Mixed: whichever is up.")
    budget: NewLimits = NewLimits()
    input_file_ids: list[UUID] = Field(default_factory=list, max_length=20, description="Of createRoomUpload.")
    session_id: UUID | None = Field(None, description="The conversation that it belongs to.")
    approve_plan: bool = Field(False, description="Whether you want to see, and may change, the plan before it runs.")


Weekdays = Annotated[list[Day], Field(min_length=1, max_length=7, description="On each of these.")]
ClockTime = Annotated[str, StringConstraints(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), NoNul]


class NewSchedule(RequestBody):
    """A room that is opened anew by the clock."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"example": {"task_prompt": "My week.", "weekdays": ["sunday"], "at": "18:00"}},
    )

    task_prompt: Text
    weekdays: Weekdays
    at: ClockTime = Field(
        description="What your clock shows; the room is opened within the quarter of an hour behind it."
    )
    time_zone: TimeZone | None = Field(None, description="An IANA name. Left out: that of the profile.")
    agents: list[Role] = Field(default_factory=list, max_length=3, description="As for createRoom.")
    provider: ProviderChoice | None = None
    budget: NewLimits = Field(NewLimits(), description="Of each room; taken from the week when it is opened.")
    session_id: UUID | None = Field(None, description="The conversation that its rooms belong to.")


class ScheduleChange(RequestBody):
    """What is left out stays as it is."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"paused": True}, "minProperties": 1})

    task_prompt: Text | None = None
    weekdays: Weekdays | None = None
    at: ClockTime | None = None
    time_zone: TimeZone | None = None
    paused: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("say at least one of task_prompt, weekdays, at, time_zone, paused")
        return self


class FollowUp(RequestBody):
    """What a room that has ended is to do now, with the files that it has."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"follow_up": "Make it shorter."}})

    follow_up: Text
    budget: NewLimits = Field(NewLimits(), description="Of this part alone.")
    input_file_ids: list[UUID] = Field(default_factory=list, max_length=20, description="Of createRoomUpload.")


class Hold(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"paused": True}})

    paused: bool = Field(description="True: no agent asks its model from now on. False: they go on, by the plan too.")


class PlanTask(RequestBody):
    """A new brief, or none: then it is to be removed."""

    model_config = ConfigDict(frozen=True)

    key: Annotated[str, StringConstraints(pattern="^t[1-9][0-9]?$")]
    brief: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=6000), NoNul] | None = None
    removed: bool = False

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if (self.brief is None) is not self.removed:
            raise ValueError("say either a brief or removed")
        return self


class RoomPlanChange(RequestBody):
    """Of a plan that has not been let run yet."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"example": {"tasks": [{"key": "t2", "removed": True}]}, "minProperties": 1},
    )

    criteria: list[Criterion] | None = Field(None, min_length=1, max_length=7)
    tasks: list[PlanTask] = Field(default_factory=list, max_length=8)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.tasks and self.criteria is None:
            raise ValueError("say at least one of criteria, tasks")
        return self


class RoomAnswer(RequestBody):
    """Any of these; at least one."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {"answer": "Three evenings a week."},
            "minProperties": 1,
            "dependentRequired": {"input_id": ["answer"]},
        },
    )

    input_id: UUID | None = Field(None, description="The question. Left out: the only open one.")
    answer: Text | None = None
    steer: Text | None = Field(None, description="An instruction to all agents that are still at work.")
    budget: NewLimits | None = Field(None, description="New limits, none below the ones before.")
    input_file_ids: list[UUID] = Field(default_factory=list, max_length=20, description="Of createRoomUpload.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.answer or self.steer or self.input_file_ids or self.limits):
            raise ValueError("say at least one of answer, steer, budget, input_file_ids")
        if self.input_id and not self.answer:
            raise ValueError("input_id needs an answer")
        return self

    @property
    def limits(self) -> dict[str, float]:
        return self.budget.stated if self.budget else {}


class Sharing(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"shared": True}})

    shared: bool = Field(description="Whether everybody who is signed in and knows the room_id may watch.")


class FileExport(RequestBody):
    model_config = ConfigDict(json_schema_extra={"example": {"format": "pdf"}})

    format: ExportFormat = Field(
        description="`html`, `pdf` and `docx` are made of Markdown, `ics` of a CSV file with the columns date and "
        "title, and start, minutes and notes where there are any."
    )


class NewRoomUpload(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={"example": {"filename": "log.csv", "size": 2048, "sha256": "0" * 64}},
    )

    filename: str = Field(
        min_length=1,
        max_length=1000,  # of what is answered with `filename_invalid`
        description="Without folders, with an allowed ending; at most 255 bytes.",
        json_schema_extra={"maxLength": MAX_NAME_BYTES},
    )
    size: int = Field(ge=1, le=MAX_UPLOAD_BYTES, description="Bytes.")
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] = Field(description="Of the content.")
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), NoNul] = ""
