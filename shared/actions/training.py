"""What a model may read of the user's training before it advises or proposes: the log of some days, and the plan."""

import json
from datetime import date
from html import escape
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.actions.training_queries import active_plan, workouts_between
from shared.database.client import Database
from shared.llm import tokens
from shared.platform.text import NoNul
from shared.safety.situation import StoredAthlete

RESULT_TOKENS = 2000  # of one answer: some thirty workouts
MAX_WORKOUTS = 60


class GetWorkouts(BaseModel):
    """Read the user's logged workouts of some days, newest first."""

    model_config = ConfigDict(extra="forbid")

    since: date
    until: date
    exercise: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NoNul] | None = (
        Field(description="Only those with this exercise.")
    )


class GetPlan(BaseModel):
    """Read the plan that the user follows, whole."""

    model_config = ConfigDict(extra="forbid")


def read_workouts(database: Database, user_id: UUID, asked: GetWorkouts) -> str:
    """Those that fit, and how many there are."""
    found = workouts_between(database, user_id, asked.since, asked.until, asked.exercise, MAX_WORKOUTS)
    shown = found.workouts
    while shown and tokens.count(as_data(shown)) > RESULT_TOKENS - 20:
        shown = shown[: len(shown) * 9 // 10]
    return f"{len(shown)} of {found.total} shown, newest first.\n{as_data(shown)}"


def read_plan(database: Database, user_id: UUID) -> str:
    plan = active_plan(database, user_id)
    return tokens.truncate(as_data(plan), RESULT_TOKENS) if plan else "The user follows no plan."


def training_text(athlete: StoredAthlete, plan_tokens: int, log_tokens: int) -> str:
    """The plan that is followed and a digest of the log, escaped, each within its budget."""
    from shared.training.digest import Log, digest, plan_text  # most rooms are of no athlete's own training

    units = (athlete.profile or {}).get("units")
    total = len(athlete.done) if athlete.workouts_total is None else athlete.workouts_total
    log = Log(athlete.done, total, athlete.clock.date(), athlete.followed, units)
    plan = plan_text(athlete.followed, units) if athlete.followed else "No plan is followed."
    digested = as_data(digest(log, lambda text: tokens.count(as_data(text)) <= log_tokens))
    return f"{tokens.truncate(as_data(plan), plan_tokens)}\n{tokens.truncate(digested, log_tokens)}"


def today_text(athlete: StoredAthlete) -> str:
    """Date, weekday and time where the user is, as far as that is known."""
    return f"{athlete.clock:%Y-%m-%d %A %H:%M} {athlete.time_zone or 'UTC; the time zone of the user is not known'}"


def as_data(value: object) -> str:
    """Escaped, so that no text can close a tag and pose as another part."""
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), quote=False)
