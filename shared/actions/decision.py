"""Approves, rejects and takes back. The database decides who was first; what is carried out is checked right before."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.actions import queries
from shared.actions.action import Action, Approval, Rejection
from shared.actions.action_type import ActionType, Effect, EffectError, InapplicableError, PayloadT
from shared.actions.queries import CheckedApproval, Decision, Review
from shared.actions.registry import TYPES
from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.errors import ConflictError, GoneError, InvalidRequestError
from shared.platform.text import JsonObject
from shared.realtime.publishing import publish

MAX_ATTEMPTS = 5  # to approve, while what was checked changes in between; then the user is asked to try again
POLL_INTERVAL = 0.2  # seconds between two looks at an effect that another request is making
RESERVED_SECONDS = 3.0  # for answering

# What an action sets going once it is executed, given its id. Safe to repeat; returns the result as it is now.
FollowUp = Callable[[Database, Principal, UUID], JsonObject]
FollowUps = Mapping[str, FollowUp]  # by the name of a type


def approve(
    database: Database,
    principal: Principal,
    action_id: UUID,
    approval: Approval,
    deadline: Deadline,
    follow_ups: FollowUps,
) -> Action:
    """Carry an action out, once. The same approval again gets the first result.

    Raises NotFoundError, GoneError (expired), InvalidRequestError (invalid_payload, unsafe_action), ConflictError:
    stale_proposal with the fresh `action`, action_decided with the decided one.
    """
    decision = _approve(database, principal.user_id, action_id, approval)
    action = decision.action
    if decision.outcome == "dispatch":
        return _make_effect_outside(database, principal.user_id, action)
    if decision.outcome == "stale":
        raise _refreshed(database, principal.user_id, action_id)
    if decision.outcome in ("executed", "repeated") and (follow_up := _follow_up(action, follow_ups)):
        return action.model_copy(update={"result": follow_up(database, principal, action.id)})
    if decision.outcome == "repeated" and action.status == "approved":
        return _await_effect(database, principal.user_id, action_id, deadline)
    return _action_of(decision)


def reject(database: Database, principal: Principal, action_id: UUID, rejection: Rejection) -> Action:
    """Decline an action for good. Raises NotFoundError, GoneError (expired), ConflictError (action_decided)."""
    return _action_of(
        publish(database, queries.reject_action(database, principal.user_id, action_id, rejection.reason))
    )


def undo(database: Database, principal: Principal, action_id: UUID) -> Action:
    """Write back what there was before.

    Raises NotFoundError, GoneError (undo_expired), ConflictError (not_undoable, target_changed).
    """
    return _action_of(publish(database, queries.undo_action(database, principal.user_id, action_id)))


def _approve(database: Database, user_id: UUID, action_id: UUID, approval: Approval) -> Decision:
    for _ in range(MAX_ATTEMPTS):
        checked = _check(database, user_id, action_id, approval)
        decision = queries.approve_action(database, user_id, action_id, checked)
        if decision.outcome != "moved":
            publish(database, decision)
            return decision
    raise ConflictError("Too much is changing at once, please try again.", code="busy")


def _check(database: Database, user_id: UUID, action_id: UUID, approval: Approval) -> CheckedApproval:
    """What would come of the payload now, if that is safe now."""
    review = queries.review_action(database, user_id, action_id)
    action_type = TYPES[review.action.action_type]
    edited = approval.edited_payload
    if edited is not None:
        edited = action_type.document(_payload(action_type, edited))
    checked = CheckedApproval(approval.version, edited, action_type.undo_for, action_type.is_external)
    if not _is_open(review.action):
        return checked
    if edited is not None:
        _check_fixed(action_type, review.action.payload, edited)
        review = queries.review_action(database, user_id, action_id, edited)
    effect = _effect(action_type, review.action.payload if edited is None else edited, review)
    if effect.findings:
        findings = [asdict(finding) for finding in effect.findings]
        raise InvalidRequestError("This is not safe as it stands.", code="unsafe_action", extra={"findings": findings})
    return replace(checked, seen=review.seen, after=effect.state, preview=effect.preview)


def _is_open(action: Action) -> bool:
    """What is decided or expired needs no check: the database says what became of it."""
    return action.status == "pending" and action.expires_at > datetime.now(UTC)


def _effect(action_type: ActionType[Any], document: JsonObject, review: Review) -> Effect:
    payload = _payload(action_type, document)
    try:
        return action_type.effect(payload, review.state, review.action.id, review.situation)
    except InapplicableError as fault:
        raise _stale(str(fault), review.action) from None


def _payload(action_type: ActionType[PayloadT], document: JsonObject) -> PayloadT:
    try:
        return action_type.read(document)
    except ValidationError as error:
        faults = {".".join(map(str, each["loc"])): each["msg"] for each in error.errors(include_url=False)}
        raise _invalid(faults) from None


def _check_fixed(action_type: ActionType[Any], proposed: JsonObject, edited: JsonObject) -> None:
    """Raises InvalidRequestError (invalid_payload) where a user edits what only the coach may choose."""
    if changed := sorted(name for name in action_type.fixed if edited.get(name) != proposed.get(name)):
        raise _invalid(dict.fromkeys(changed, "cannot be changed"))


def _invalid(faults: Mapping[str, str]) -> InvalidRequestError:
    """`faults` by the place in the payload; an empty place is the payload itself."""
    problems = [
        {"field": f"edited_payload.{place}" if place else "edited_payload", "message": message}
        for place, message in faults.items()
    ]
    return InvalidRequestError("The payload is not valid.", code="invalid_payload", extra={"errors": problems})


def _follow_up(action: Action, follow_ups: FollowUps) -> FollowUp | None:
    """None where nothing follows, or nothing is left that it could follow."""
    return follow_ups.get(action.action_type) if action.status == "executed" and not action.undone_at else None


def _make_effect_outside(database: Database, user_id: UUID, action: Action) -> Action:
    """This request alone has the right to, and has it once."""
    action_type = TYPES[action.action_type]
    assert action_type.carry_out  # noqa: S101 - the database dispatches no other type
    result, error_message = None, None
    try:
        result = action_type.carry_out(_payload(action_type, action.payload), user_id, action.id)
    except EffectError as fault:
        error_message = str(fault)
    return _action_of(publish(database, queries.finish_action(database, user_id, action.id, result, error_message)))


def _await_effect(database: Database, user_id: UUID, action_id: UUID, deadline: Deadline) -> Action:
    """The result of the request that was first; still `approved` when that takes longer than we may."""
    while True:
        action = queries.review_action(database, user_id, action_id).action
        if action.status != "approved" or deadline.remaining(RESERVED_SECONDS) <= 0:
            return action
        time.sleep(POLL_INTERVAL)


def _refreshed(database: Database, user_id: UUID, action_id: UUID) -> ConflictError:
    """Give a stale proposal its fresh preview, so that the user can be asked again."""
    review = queries.review_action(database, user_id, action_id)
    effect = _effect(TYPES[review.action.action_type], review.action.payload, review)
    refreshed = queries.refresh_proposal(database, user_id, review, effect.preview)
    return _stale("This would change something else than was shown. Look again.", refreshed.action)


def _action_of(decision: Decision) -> Action:
    """Raises GoneError, ConflictError where an earlier decision stands."""
    if decision.outcome == "expired":
        raise GoneError("The proposal has expired.", code="action_expired")
    if decision.outcome == "decided":
        raise _conflict("action_decided", "This was decided differently before.", decision.action)
    return decision.action


def _stale(detail: str, action: Action) -> ConflictError:
    return _conflict("stale_proposal", detail, action)


def _conflict(code: str, detail: str, action: Action) -> ConflictError:
    return ConflictError(detail, code=code, extra={"action": action.model_dump(mode="json")})
