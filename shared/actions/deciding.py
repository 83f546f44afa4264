"""Approves, rejects and takes back. The database decides who was first; what is carried out is checked right before."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from shared.actions.action import Action, Approval, Rejection
from shared.actions.action_type import ActionType, EffectError, InapplicableError
from shared.actions.preview import preview
from shared.actions.proposals import unsafe
from shared.actions.registry import TYPES
from shared.auth.principal import Principal
from shared.database.client import Database
from shared.platform.deadline import Deadline
from shared.platform.errors import ConflictError, GoneError, InvalidRequestError, NotFoundError, UnavailableError
from shared.platform.observability import log_fault
from shared.realtime.publishing import publish
from shared.safety.situation import Situation

LOOKS = 5  # times that what is checked may change under our hands before the user is asked to try again
PATIENCE = 0.2  # seconds between two looks at an effect that another request is carrying out
KEEP = 3.0  # seconds for the answer

Told = dict[str, Any]


def approve(
    database: Database, principal: Principal, action_id: UUID, approval: Approval, deadline: Deadline
) -> Action:
    """Carry an action out, once. The same approval again gets the first result.

    Raises NotFoundError, GoneError (expired), InvalidRequestError (invalid_payload, unsafe_action), ConflictError:
    stale_proposal with the fresh `action`, action_decided with the decided one.
    """
    for _ in range(LOOKS):
        told = _try_to_approve(database, principal, action_id, approval)
        if told["outcome"] == "moved":
            continue
        publish(database, told)
        _follow_up(database, told)
        if told["outcome"] == "dispatch":
            told = _dispatch(database, principal, told["action"])
        if told["outcome"] == "repeated" and told["action"]["status"] == "approved":
            return _await_effect(database, principal, action_id, deadline)
        if told["outcome"] == "stale":
            return _refresh(database, principal, action_id)
        return _decided(told)
    raise ConflictError("Too much is changing at once, please try again.", code="busy")


def reject(database: Database, principal: Principal, action_id: UUID, rejection: Rejection) -> Action:
    """Decline an action for good. Raises NotFoundError, GoneError (expired), ConflictError (action_decided)."""
    told = database.rpc(
        "reject_action", p_user_id=str(principal.user_id), p_action_id=str(action_id), p_reason=rejection.reason
    )
    publish(database, told)
    return _decided(told)


def undo(database: Database, principal: Principal, action_id: UUID) -> Action:
    """Write back what there was before.

    Raises NotFoundError, GoneError (undo_expired), ConflictError (not_undoable, target_changed).
    """
    told = database.rpc("undo_action", p_user_id=str(principal.user_id), p_action_id=str(action_id))
    publish(database, told)
    return _decided(told)


def _try_to_approve(database: Database, principal: Principal, action_id: UUID, approval: Approval) -> Told:
    seen = _look(database, principal, action_id)
    action_type = TYPES[seen["action"]["action_type"]]
    checked: dict[str, Any] = {"p_seen": None, "p_after": None, "p_preview": []}
    edited: dict[str, Any] | None = None
    if approval.edited_payload is not None:
        edited = _stored(action_type, _read(action_type, approval.edited_payload))
    if _is_open(seen["action"]):
        if edited is not None:
            seen = _look(database, principal, action_id, edited)
        checked = _check(action_type, edited or seen["action"]["payload"], seen, action_id)
    told: Told = database.rpc(
        "approve_action",
        p_user_id=str(principal.user_id),
        p_action_id=str(action_id),
        p_version=approval.version,
        p_payload=edited,
        p_undo_seconds=action_type.undo_for.total_seconds() if action_type.undo_for else None,
        p_external=action_type.is_external,
        **checked,
    )
    return told


def _look(database: Database, principal: Principal, action_id: UUID, edited: Told | None = None) -> Told:
    seen: Told | None = database.rpc(
        "action_for_decision", p_user_id=str(principal.user_id), p_action_id=str(action_id), p_payload=edited
    )
    if seen is None:
        raise NotFoundError("There is no such action.", code="action_not_found")
    return seen


def _check(action_type: ActionType[Any], document: Told, seen: Told, action_id: UUID) -> dict[str, Any]:
    """What would come of the payload now, if that is safe now."""
    payload = _read(action_type, document)
    after = _after(action_type, payload, seen, action_id)
    situation = Situation.of(seen["athlete"], tuple(seen["words"]))
    if findings := action_type.findings(payload, after, situation):
        raise InvalidRequestError(
            "This is not safe as it stands.", code="unsafe_action", extra={"findings": unsafe(findings)}
        )
    changes = preview(seen["state"], after, action_type.units)
    return {"p_seen": seen["seen"], "p_after": after, "p_preview": changes}


def _is_open(action: Told) -> bool:
    """What is decided or expired needs no check: the database says what became of it."""
    return action["status"] == "pending" and datetime.fromisoformat(action["expires_at"]) > datetime.now(UTC)


def _after(action_type: ActionType[Any], payload: Any, seen: Told, action_id: UUID) -> Told:
    try:
        return action_type.after(payload, seen["state"], action_id)
    except InapplicableError as fault:
        raise ConflictError(str(fault), code="stale_proposal", extra={"action": seen["action"]}) from None


def _read(action_type: ActionType[Any], document: Told) -> Any:
    try:
        return action_type.payload.model_validate(document)
    except ValidationError as error:
        faults = [
            {"field": ".".join(map(str, ("edited_payload", *fault["loc"]))), "message": fault["msg"]}
            for fault in error.errors(include_url=False)
        ]
        raise InvalidRequestError(
            "The payload is not valid.", code="invalid_payload", extra={"errors": faults}
        ) from None


def _stored(action_type: ActionType[Any], payload: Any) -> Told:
    document: Told = payload.model_dump(mode="json", exclude_none=action_type.sparse)
    return document


def _follow_up(database: Database, told: Told) -> None:
    """A room that could not be started has failed, and says so itself: the action was carried out."""
    follow_up = TYPES[told["action"]["action_type"]].follow_up
    if follow_up and told["outcome"] == "executed":
        try:
            follow_up(database, UUID(told["action"]["id"]))
        except UnavailableError as fault:
            log_fault("what was approved could not be started", fault)


def _dispatch(database: Database, principal: Principal, action: Told) -> Told:
    """Make an effect outside of the database. This request alone has the right to, and has it once."""
    action_type = TYPES[action["action_type"]]
    result, error_message = None, None
    try:
        result = action_type.carried_out(_read(action_type, action["payload"]), UUID(action["id"]))
    except EffectError as fault:
        error_message = str(fault)
    told: Told = database.rpc(
        "finish_action",
        p_user_id=str(principal.user_id),
        p_action_id=action["id"],
        p_result=result,
        p_error_message=error_message,
    )
    publish(database, told)
    return told


def _await_effect(database: Database, principal: Principal, action_id: UUID, deadline: Deadline) -> Action:
    """The result of the request that was first; still `approved` when that takes longer than we may."""
    while True:
        action = _look(database, principal, action_id)["action"]
        if action["status"] != "approved" or deadline.remaining(KEEP) <= 0:
            return Action.model_validate(action)
        time.sleep(PATIENCE)


def _refresh(database: Database, principal: Principal, action_id: UUID) -> Action:
    """Give a stale proposal its fresh preview, and ask the user again."""
    seen = _look(database, principal, action_id)
    action, action_type = seen["action"], TYPES[seen["action"]["action_type"]]
    after = _after(action_type, _read(action_type, action["payload"]), seen, action_id)
    told = database.rpc(
        "refresh_proposal",
        p_user_id=str(principal.user_id),
        p_action_id=str(action_id),
        p_version=action["version"],
        p_state=seen["state"],
        p_preview=preview(seen["state"], after, action_type.units),
    )
    raise ConflictError(
        "This would change something else than was shown. Look again.",
        code="stale_proposal",
        extra={"action": told["action"]},
    )


def _decided(told: Told) -> Action:
    if told["outcome"] == "expired":
        raise GoneError("The proposal has expired.", code="action_expired")
    if told["outcome"] == "decided":
        raise ConflictError(
            "This was decided differently before.", code="action_decided", extra={"action": told["action"]}
        )
    return Action.model_validate(told["action"])
