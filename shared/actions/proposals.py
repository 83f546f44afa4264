"""Turns the model's tool calls into proposals; an invalid or unsafe call is answered to the model, never a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import from_json, to_json

from shared.actions import queries
from shared.actions.action import Action, Change
from shared.actions.action_type import ActionType, InapplicableError, State
from shared.actions.registry import TYPES
from shared.database.client import Database
from shared.llm.answer import ToolCall
from shared.platform.text import JsonObject
from shared.safety.markup import strip_markup
from shared.safety.situation import Situation

# What a proposal shows besides what would change, by the name of its type: such as what it will cost.
Outlooks = Mapping[str, Callable[[Database], list[Change]]]

MAX_PROPOSALS = 3  # in one turn: more is a form to fill in, not a conversation


class Proposal(BaseModel, frozen=True):
    """A proposal as finish_turn stores it. `origin` says where it comes from: question, model, prompt, passages."""

    id: UUID
    tool_call_id: str
    action_type: str
    payload: JsonObject
    state: State | None
    preview: list[Change]
    origin: JsonObject
    seconds_to_live: float


@dataclass
class Proposals:
    """What one turn proposes; `origin` is of all of it, `earlier` has what the session had proposed before."""

    database: Database
    user_id: UUID
    situation: Situation
    origin: Mapping[str, Any]
    earlier: Sequence[Action] = ()
    outlooks: Outlooks = field(default_factory=dict)
    proposed: list[Proposal] = field(default_factory=list)

    def propose(self, call: ToolCall) -> JsonObject:
        """Check a call, keep it as a proposal if it may be one, and answer the model. Raises UnavailableError."""
        action_type = TYPES.get(call.name)
        if action_type is None or not action_type.offered():
            return _refusal("invalid", "There is no such tool.")
        if len(self.proposed) == MAX_PROPOSALS:
            return _refusal("refused", f"There are {MAX_PROPOSALS} proposals already; the user decides on those first.")
        try:
            payload = action_type.payload.model_validate_json(_without_markup(call.arguments))
        except ValidationError as error:
            return _refusal("invalid", *(_problem(fault) for fault in error.errors(include_url=False)))
        try:
            return self._add(action_type, payload, call)
        except InapplicableError as fault:
            return _refusal("refused", str(fault))

    def _add(self, action_type: ActionType[Any], payload: BaseModel, call: ToolCall) -> JsonObject:
        document = action_type.document(payload)
        if known := self._already_proposed(action_type.name, document):
            return _known(known)
        action_id = uuid4()
        target = queries.action_target(self.database, self.user_id, action_type.name, action_id, document)
        if target.pending:
            return _known(target.pending)
        effect = action_type.effect(payload, target.state, action_id, self.situation)
        if effect.findings:
            return _refusal("unsafe", *(finding.message for finding in effect.findings))
        if not effect.preview:
            return _refusal("refused", "Nothing would change.")
        proposal = Proposal(
            id=action_id,
            tool_call_id=call.id,
            action_type=action_type.name,
            payload=document,
            state=target.state,
            preview=[*effect.preview, *self._outlook(action_type.name)],
            origin={**self.origin, "passages": _marked(self.origin.get("passages", []), document)},
            seconds_to_live=action_type.time_to_live.total_seconds(),
        )
        self.proposed.append(proposal)
        return {
            "status": "proposed",
            **proposal.model_dump(mode="json", include={"action_type", "preview"}),
            "note": "Nothing has changed. The user sees this proposal and decides.",
        }

    def _outlook(self, action_type: str) -> list[Change]:
        look = self.outlooks.get(action_type)
        return look(self.database) if look else []

    def _already_proposed(self, action_type: str, payload: JsonObject) -> UUID | None:
        """The id of an equal proposal of this session that waits: approved twice, it would be done twice."""
        now = datetime.now(UTC)
        waiting = (each for each in self.earlier if each.status == "pending" and each.expires_at > now)
        known: list[Proposal | Action] = [*self.proposed, *waiting]
        return next((each.id for each in known if (each.action_type, each.payload) == (action_type, payload)), None)


def _known(proposal: UUID) -> JsonObject:
    return {"status": "already proposed", "id": str(proposal), "note": "The user has yet to decide on it."}


def _without_markup(arguments: str) -> str | bytes:
    """The arguments with texts that an app can show; as they are where they are no JSON."""
    try:
        return to_json(_plain(from_json(arguments)))
    except ValueError:
        return arguments


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return strip_markup(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value


def _refusal(status: str, *reasons: str) -> JsonObject:
    return {"status": status, "reasons": list(reasons)}


def _problem(fault: Any) -> str:
    place = ".".join(str(step) for step in fault["loc"])
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def _marked(passages: Sequence[JsonObject], payload: JsonObject) -> list[JsonObject]:
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
