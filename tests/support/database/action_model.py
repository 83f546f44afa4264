"""What decisions about proposals should do to a profile, plans and workouts: the yardstick of the property test."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.database.proposals import after

Document = dict[str, Any]


@dataclass
class Proposal:
    id: str
    kind: str
    payload: Document
    seen: Any  # the state that its preview was made from
    proposed: Document | None = None
    version: int = 1
    status: str = "pending"
    decision: str | None = None
    is_overdue: bool = False
    before: Any = None
    applied: Any = None
    undo_is_over: bool = False
    is_undone: bool = False


@dataclass
class Model:
    """One user. Each act returns its outcome, or the message of its refusal."""

    profile: Document = field(default_factory=lambda: {"goals": [], "injuries": None})
    plans: dict[str, Document] = field(default_factory=dict)
    active: str | None = None
    workouts: dict[str, Document] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)

    def state(self, p: Proposal, payload: Document | None = None) -> Any:
        """Of what the payload is about."""
        if p.kind == "update_profile":
            return {name: self.profile[name] for name in payload or p.payload}
        if p.kind == "log_workout":
            return {"workout": self.workouts.get(p.id)}
        active = self.plans.get(self.active or "")
        if p.kind == "change_workout_plan":
            return active and {"plan_id": self.active, "plan": active}
        return {
            "plan": self.plans.get(p.id),
            "active_plan": active and {"id": self.active, "name": active["name"]},
        }

    def waits(self, kind: str, payload: Document) -> bool:
        """Whether an equal proposal is still to be decided: a second one is not stored."""
        return any(
            p.status == "pending" and not p.is_overdue and (p.kind, p.payload) == (kind, payload)
            for p in self.proposals.values()
        )

    def approve(self, p: Proposal, version: int, edited: Document | None) -> str:
        if p.status != "pending":
            is_same = (edited or p.proposed or p.payload) == p.payload
            return self._decided(p, "approved", is_same)
        if p.is_overdue:
            return self._expire(p)
        if version != p.version or self.state(p) != p.seen:
            return "stale"
        payload = edited or p.payload
        p.before = self.state(p, payload)
        p.proposed = p.payload if payload != p.payload else None
        p.payload, p.status, p.decision = payload, "executed", "approved"
        self._write(p, after(p.kind, payload, p.before, p.id))
        p.applied = self.state(p)
        return "executed"

    def reject(self, p: Proposal) -> str:
        if p.status != "pending":
            return self._decided(p, "rejected", True)
        if p.is_overdue:
            return self._expire(p)
        p.status = p.decision = "rejected"
        return "rejected"

    def undo(self, p: Proposal) -> str:
        if p.is_undone:
            return "repeated"
        if p.status != "executed":
            return "not_undoable"
        if p.undo_is_over:
            return "undo_expired"
        if self.state(p) != p.applied:
            return "target_changed"
        self._write(p, p.before)
        p.is_undone = True
        return "undone"

    def refresh(self, p: Proposal) -> None:
        if p.status == "pending" and self.state(p) != p.seen:
            p.seen = self.state(p)
            p.version += 1

    def sweep(self) -> int:
        over = [p for p in self.proposals.values() if p.status == "pending" and p.is_overdue]
        return len([self._expire(p) for p in over])

    def delete_plans(self) -> None:
        self.plans.pop(self.active or "", None)
        self.active = None

    def _expire(self, p: Proposal) -> str:
        p.status, p.decision = "rejected", "expired"
        return "expired"

    def _decided(self, p: Proposal, decision: str, is_same: bool) -> str:
        if p.decision == "expired":
            return "expired"
        return "repeated" if p.decision == decision and is_same else "decided"

    def _write(self, p: Proposal, state: Document) -> None:
        if p.kind == "update_profile":
            self.profile |= state
        elif p.kind == "change_workout_plan":
            self.plans[state["plan_id"]] = state["plan"]
        elif p.kind == "log_workout":
            _put(self.workouts, p.id, state["workout"])
        else:
            _put(self.plans, p.id, state["plan"])
            followed = (state["active_plan"] or {}).get("id")
            self.active = followed if followed in self.plans else None


def _put(documents: dict[str, Document], key: str, document: Document | None) -> None:
    if document is None:
        documents.pop(key, None)
    else:
        documents[key] = document
