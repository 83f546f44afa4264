"""What actions ask the database.

Each raises UnavailableError where it does not answer, and each that names an action NotFoundError.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from shared.actions.action import Action, Change, Status
from shared.actions.action_type import State
from shared.database.client import Database
from shared.database.paging import Position, after
from shared.platform.errors import NotFoundError
from shared.platform.text import JsonObject
from shared.realtime import publishing
from shared.safety.situation import Situation, StoredAthlete

# dispatch: the caller, and nobody else, makes the effect outside. repeated, decided, expired: an earlier decision
# stands, the same, another one, or none in time. stale: what it changes is not what the user saw; moved: nor what was
# checked.
Outcome = Literal[
    "executed", "failed", "dispatch", "rejected", "undone", "repeated", "decided", "expired", "stale", "moved"
]


class Review(BaseModel, frozen=True):
    """All that an approval is checked against, of one instant; `seen` is the hash of it."""

    action: Action
    state: State | None
    seen: str
    athlete: StoredAthlete
    words: list[str]

    @property
    def situation(self) -> Situation:
        return Situation.of(self.athlete, self.words)


class Decision(publishing.Change, frozen=True):
    """What became of a decision."""

    outcome: Outcome
    action: Action


@dataclass(frozen=True)
class CheckedApproval:
    """An approval with what was checked; of an action that is decided or has expired, nothing is."""

    version: int
    edited_payload: JsonObject | None
    undo_for: timedelta | None
    is_external: bool
    seen: str | None = None
    after: State | None = None
    preview: Sequence[Change] = ()


def list_actions(database: Database, limit: int, position: Position | None, status: Status | None) -> list[Action]:
    """At most `limit` of the caller's actions behind a position, over all conversations, those that expire first."""
    query = database.table("ai_action_requests").select(", ".join(Action.model_fields))
    if status:
        query = query.eq("status", status)
    rows = database.run(after(query, "expires_at", position, ascending=True).limit(limit))
    return [Action.model_validate(row) for row in rows]


class Target(BaseModel, frozen=True):
    """What a proposal would change."""

    state: State | None
    pending: UUID | None  # an equal proposal, in whichever session, that waits for the user


def action_target(database: Database, user_id: UUID, action_type: str, action_id: UUID, payload: JsonObject) -> Target:
    target = database.rpc(
        "action_target",
        p_user_id=str(user_id),
        p_action_type=action_type,
        p_action_id=str(action_id),
        p_payload=payload,
    )
    return Target.model_validate(target)


def review_action(database: Database, user_id: UUID, action_id: UUID, edited: JsonObject | None = None) -> Review:
    """What to look at before an approval, for the payload that is proposed or for an edited one."""
    found = database.rpc("action_for_decision", p_user_id=str(user_id), p_action_id=str(action_id), p_payload=edited)
    if found is None:
        raise NotFoundError("There is no such action.", code="action_not_found")
    return Review.model_validate(found)


def approve_action(database: Database, user_id: UUID, action_id: UUID, approval: CheckedApproval) -> Decision:
    """Approve and, unless the effect is outside, carry out. Raises ConflictError (payload_changed)."""
    decided = database.rpc(
        "approve_action",
        p_user_id=str(user_id),
        p_action_id=str(action_id),
        p_version=approval.version,
        p_payload=approval.edited_payload,
        p_seen=approval.seen,
        p_after=approval.after,
        p_preview=_rows(approval.preview),
        p_undo_seconds=approval.undo_for.total_seconds() if approval.undo_for else None,
        p_external=approval.is_external,
    )
    return Decision.model_validate(decided)


def refresh_proposal(database: Database, user_id: UUID, review: Review, preview: Sequence[Change]) -> Decision:
    """Give a stale proposal a fresh preview of what was reviewed, and a new version."""
    refreshed = database.rpc(
        "refresh_proposal",
        p_user_id=str(user_id),
        p_action_id=str(review.action.id),
        p_version=review.action.version,
        p_state=review.state,
        p_preview=_rows(preview),
    )
    return Decision.model_validate(refreshed)


def reject_action(database: Database, user_id: UUID, action_id: UUID, reason: str | None) -> Decision:
    """Decline an action for good. Safe to repeat."""
    decided = database.rpc("reject_action", p_user_id=str(user_id), p_action_id=str(action_id), p_reason=reason)
    return Decision.model_validate(decided)


def finish_action(
    database: Database, user_id: UUID, action_id: UUID, result: JsonObject | None, error_message: str | None
) -> Decision:
    """Record what became of an effect outside. Safe to repeat: the first record stands."""
    finished = database.rpc(
        "finish_action",
        p_user_id=str(user_id),
        p_action_id=str(action_id),
        p_result=result,
        p_error_message=error_message,
    )
    return Decision.model_validate(finished)


def undo_action(database: Database, user_id: UUID, action_id: UUID) -> Decision:
    """Write back what there was before. Raises ConflictError (not_undoable, target_changed), GoneError."""
    return Decision.model_validate(database.rpc("undo_action", p_user_id=str(user_id), p_action_id=str(action_id)))


def _rows(preview: Sequence[Change]) -> list[JsonObject]:
    return [change.model_dump(mode="json") for change in preview]
