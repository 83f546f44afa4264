"""Turns the model's tool calls into proposals; an invalid or unsafe call is answered to the model, never a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError

from shared.actions.action_type import ActionType, InapplicableError
from shared.actions.preview import preview
from shared.actions.registry import TYPES
from shared.database.client import Database
from shared.llm.answer import ToolCall
from shared.safety.findings import Finding
from shared.safety.situation import Situation

MOST = 3  # proposals in one turn: more is a form to fill in, not a conversation

Told = dict[str, Any]  # what the model is told about its call


@dataclass
class Proposals:
    """What one turn proposes. `rows` is what finish_turn stores; `origin` says where all of it comes from."""

    database: Database
    user_id: UUID
    situation: Situation
    origin: Mapping[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def take(self, call: ToolCall) -> Told:
        """Check a call, keep it as a proposal if it may be one, and say what became of it. Raises UnavailableError."""
        action_type = TYPES.get(call.name)
        if action_type is None or not action_type.offered():
            return _told("invalid", "There is no such tool.")
        if len(self.rows) == MOST:
            return _told("refused", f"There are {MOST} proposals already; the user decides on those first.")
        try:
            payload = action_type.payload.model_validate_json(call.arguments)
        except ValidationError as error:
            return _told("invalid", *(_problem(fault) for fault in error.errors(include_url=False)))
        try:
            return self._propose(action_type, payload, call)
        except InapplicableError as fault:
            return _told("refused", str(fault))

    def _propose(self, action_type: ActionType[Any], payload: Any, call: ToolCall) -> Told:
        stored = payload.model_dump(mode="json", exclude_none=action_type.sparse)
        if any((row["action_type"], row["payload"]) == (action_type.name, stored) for row in self.rows):
            return _told("refused", "This is proposed already.")
        action_id = uuid4()
        state = self.database.rpc(
            "action_target",
            p_user_id=str(self.user_id),
            p_action_type=action_type.name,
            p_action_id=str(action_id),
            p_payload=stored,
        )
        after = action_type.after(payload, state, action_id)
        if findings := action_type.findings(payload, after, self.situation):
            return _told("unsafe", *(finding.message for finding in findings))
        changes = preview(state, after, action_type.units)
        if not changes:
            return _told("refused", "Nothing would change.")
        self.rows.append(
            {
                "id": str(action_id),
                "tool_call_id": call.id,
                "action_type": action_type.name,
                "payload": stored,
                "state": state,
                "preview": changes,
                "origin": {**self.origin, "passages": _marked(self.origin.get("passages", []), stored)},
                "seconds_to_live": action_type.time_to_live.total_seconds(),
            }
        )
        return {
            "status": "proposed",
            "action_type": action_type.name,
            "preview": changes,
            "note": "Nothing has changed. The user sees this proposal and decides.",
        }


def unsafe(findings: list[Finding]) -> list[dict[str, str]]:
    """Findings as a client is told them."""
    return [{"rule": each.rule, "message": each.message, "source": each.source} for each in findings]


def _told(status: str, *reasons: str) -> Told:
    return {"status": status, "reasons": list(reasons)}


def _problem(fault: Any) -> str:
    place = ".".join(str(step) for step in fault["loc"])
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def _marked(passages: list[dict[str, Any]], payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The passages that the model had, without their text: `quoted` are those from which the payload has words."""
    phrases = [phrase for phrase in _phrases(payload) if len(phrase.split()) > 1]
    return [
        {name: part for name, part in passage.items() if name != "content"}
        | {"quoted": any(phrase in _folded(passage["content"]) for phrase in phrases)}
        for passage in passages
    ]


def _phrases(value: Any) -> list[str]:
    if isinstance(value, str):
        return [_folded(value)]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [phrase for part in parts for phrase in _phrases(part)]


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
