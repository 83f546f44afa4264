"""What the user told the coach about training."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.errors import UnauthorizedError
from shared.platform.text import NoNul, StorableJson

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=150), NoNul]
COLUMNS = "goals, experience_level, equipment, time_availability, injuries, preferences, updated_at"


class ProfileChange(BaseModel):
    """Fields that are sent replace the stored ones, null empties one, the others stay."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "goals": ["first pull-up"],
                "experience_level": "beginner",
                "equipment": ["dumbbells"],
            }
        },
    )

    goals: list[Line] | None = Field(None, max_length=20)
    experience_level: Literal["beginner", "intermediate", "advanced"] | None = None
    equipment: list[Line] | None = Field(None, max_length=20)
    time_availability: Annotated[str, Field(max_length=500), NoNul] | None = None
    injuries: Annotated[str, Field(max_length=2000), NoNul] | None = None
    preferences: StorableJson | None = Field(None, description="Anything else, as JSON of at most 3,000 characters.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("at least one field is needed")
        if len(self.model_dump_json(include={"preferences"})) > 3000:
            raise ValueError("preferences are too long")
        return self

    def columns(self) -> dict[str, Any]:
        """What to write; the lists and preferences are never null in the database but empty."""
        sent = self.model_dump(exclude_unset=True)
        empty: dict[str, Any] = {"goals": [], "equipment": [], "preferences": {}}
        return {name: empty.get(name) if value is None else value for name, value in sent.items()}


class Profile(BaseModel):
    goals: list[str] = []
    experience_level: Literal["beginner", "intermediate", "advanced"] | None = None
    equipment: list[str] = []
    time_availability: str | None = None
    injuries: str | None = None
    preferences: dict[str, Any] = {}
    updated_at: datetime | None = None


def get_profile(database: Database) -> Profile:
    """The caller's profile; an empty one before the first change."""
    rows = database.run(database.table("ai_profile").select(COLUMNS))
    return Profile.model_validate(rows[0]) if rows else Profile()


def update_profile(database: Database, principal: Principal, change: ProfileChange) -> Profile:
    """Write the fields that were sent. Raises UnauthorizedError when the account is gone."""
    row = {"user_id": str(principal.user_id), **change.columns()}
    rows = database.run(database.table("ai_profile").upsert(row, on_conflict="user_id"))
    if not rows:
        raise UnauthorizedError("The account of this token no longer exists.", code="account_gone")
    return Profile.model_validate(rows[0])
