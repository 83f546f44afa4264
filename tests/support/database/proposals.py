"""A user's proposals: made in turns, looked at, decided and taken back through the database's own functions."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection
from tests.support.database.threads import at_once
from tests.support.database.turns import VECTOR, Chat

T = TypeVar("T")
SQUAT = {"name": "squat", "sets": 3, "reps": 8, "seconds": None, "load_kg": 60.5, "rest_seconds": 120}
PLAN = {"name": "Strength", "weeks": 8, "sessions": [{"name": "A", "minutes": 45, "exercises": [SQUAT]}]}
WORKOUT = {"performed_on": "2026-11-20", "minutes": 40, "exercises": [SQUAT], "notes": None}
PAYLOADS: dict[str, dict[str, Any]] = {
    "update_profile": {"goals": ["run 5k"], "injuries": "left knee"},
    "create_workout_plan": PLAN,
    "change_workout_plan": {"weeks": 6},
    "log_workout": WORKOUT,
    "open_room": {"prompt": "Compare three running plans."},
    "webhook": {"url": "https://example.com/hook"},
}


VARIED = {
    "update_profile": "injuries",
    "create_workout_plan": "name",
    "change_workout_plan": "name",
    "log_workout": "notes",
    "open_room": "prompt",
    "webhook": "url",
}


def varied(action_type: str, number: int) -> dict[str, Any]:
    """A payload of its own: an equal one would not be stored beside one that waits."""
    return PAYLOADS[action_type] | {VARIED[action_type]: f"number {number}"}


def line(path: str) -> dict[str, Any]:
    """One line of a preview, which the database keeps as it is."""
    return {"path": path, "before": None, "after": None, "unit": None}


def after(action_type: str, payload: dict[str, Any], before: Any, action_id: str) -> dict[str, Any]:
    """The state that an action leads to, in the simplest way: to change a plan is to replace some of its fields."""
    match action_type:
        case "update_profile":
            return {**before, **payload}
        case "create_workout_plan":
            return {"plan": payload, "active_plan": {"id": action_id, "name": payload["name"]}}
        case "change_workout_plan":
            return {**before, "plan": {**before["plan"], **payload}}
        case "log_workout":
            return {"workout": payload}
        case "open_room":
            return {"room": {"task_prompt": payload["prompt"], "status": "pending"}}
    return {}


class Inbox(Chat):
    """One user's proposals, with a connection of its own."""

    def begin_turn(self, session: str, **arguments: Any) -> Any:
        """A turn that reserves as usual, unless the arguments say otherwise."""
        needed = {"p_user_id": self.user, "p_session_id": session, "p_content": "How deep?", "p_token_count": 3}
        meant = {"p_embedding": VECTOR, "p_embedding_model": "m", "p_reserve_tokens": 500, "p_reserve_cost": 0}
        return self.call("begin_turn", **needed | meant | arguments)

    def drafted(self, action_type: str, payload: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """What finish_turn is given for a proposal that is made from what there is now."""
        payload = PAYLOADS[action_type] if payload is None else payload
        action_id = str(uuid4())
        state = self.call(
            "action_target",
            p_user_id=self.user,
            p_action_type=action_type,
            p_action_id=action_id,
            p_payload=Jsonb(payload),
        )["state"]
        return {
            "id": action_id,
            "tool_call_id": "call_1",
            "action_type": action_type,
            "payload": payload,
            "state": state,
            "preview": [line(action_type)],
            "origin": {"model": "m"},
            "seconds_to_live": 3600,
        } | fields

    def answer(self, turn: str, *drafts: dict[str, Any], **arguments: Any) -> Any:
        """End a turn with the proposals in it."""
        meant = {"p_content": "I propose this.", "p_token_count": 4, "p_metadata": Jsonb({}), "p_tokens": 60}
        meant |= {"p_cost": 0, "p_model": "m", "p_actions": Jsonb(list(drafts))}
        return self.call("finish_turn", p_user_id=self.user, p_turn_id=turn, **meant | arguments)

    def propose(
        self, action_type: str, payload: dict[str, Any] | None = None, session: str | None = None, **fields: Any
    ) -> str:
        """The id of a proposal that was made in a turn of its own."""
        turn = self.begin_turn(session or self.open_session())["turn"]["id"]
        draft = self.drafted(action_type, payload, **fields)
        self.answer(turn, draft)
        return str(draft["id"])

    def look(self, action: str, edited: dict[str, Any] | None = None) -> Any:
        given = None if edited is None else Jsonb(edited)
        return self.call("action_for_decision", p_user_id=self.user, p_action_id=action, p_payload=given)

    def approve(self, action: str, edited: dict[str, Any] | None = None, version: int = 1, **arguments: Any) -> Any:
        """Look and approve."""
        return self.approve_as_seen(action, self.look(action, edited), edited, version, **arguments)

    def approve_as_seen(
        self, action: str, seen: Any, edited: dict[str, Any] | None = None, version: int = 1, **arguments: Any
    ) -> Any:
        """Approve what was looked at before. A look at nothing, or at no target, is sent on as it is."""
        kind: str = "webhook"
        payload: dict[str, Any] = {}
        if seen and seen["state"] is not None:
            kind, payload = seen["action"]["action_type"], edited or seen["action"]["payload"]
        seen = seen or {"seen": None, "state": None}
        given = {
            "p_version": version,
            "p_payload": None if edited is None else Jsonb(edited),
            "p_seen": seen["seen"],
            "p_after": Jsonb(after(kind, payload, seen["state"], action)),
            "p_preview": Jsonb([line("approved")]),
            "p_undo_seconds": 3600,
        }
        return self.call("approve_action", p_user_id=self.user, p_action_id=action, **given | arguments)

    def refresh(self, action: str, version: int = 1, **arguments: Any) -> Any:
        """Look and make a fresh preview."""
        seen = self.look(action) or {"state": None}
        given = {"p_version": version, "p_state": Jsonb(seen["state"]), "p_preview": Jsonb([line("new")])}
        return self.call("refresh_proposal", p_user_id=self.user, p_action_id=action, **given | arguments)

    def reject(self, action: str, reason: str | None = None) -> Any:
        return self.call("reject_action", p_user_id=self.user, p_action_id=action, p_reason=reason)

    def undo(self, action: str) -> Any:
        return self.call("undo_action", p_user_id=self.user, p_action_id=action)

    def finish_effect(self, action: str, result: Any = None, error: str | None = None) -> Any:
        given = {"p_result": None if result is None else Jsonb(result), "p_error_message": error}
        return self.call("finish_action", p_user_id=self.user, p_action_id=action, **given)

    def done(self, action_type: str, payload: dict[str, Any] | None = None) -> str:
        """The id of an action that has been proposed and carried out."""
        action = self.propose(action_type, payload)
        assert self.approve(action)["outcome"] == "executed"
        return action

    def let_pass(self, column: str, action: str) -> None:
        """As if a time of the action were over."""
        self.connection.execute(f"update ai_action_requests set {column} = now() where id = %s", (action,))

    def column(self, name: str, action: str) -> Any:
        [(value,)] = self.rows(f"select {name} from ai_action_requests where id = %s", action)
        return value

    def own_write(self, statement: str, *arguments: Any) -> None:
        """What the user's own token does, past all our functions."""
        claims = json.dumps({"role": "authenticated", "sub": str(self.user)})
        with self.connection.transaction():
            self.connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
            self.connection.execute("set local role authenticated")
            self.connection.execute(statement, arguments)
            self.connection.execute("reset role")
            self.connection.execute("select set_config('request.jwt.claims', '', true)")

    def told(self, stream: str) -> list[str]:
        """The types of a stream's events of actions, in order."""
        query = "select type from ai_events where stream = %s and type like 'action.%%' order by seq"
        return [row[0] for row in self.rows(query, stream)]


def inboxes_at_once(url: str, user: UUID, *acts: Callable[[Inbox], T]) -> list[T]:
    """What each act returned, all of them begun together on connections of their own."""
    return at_once(url, *(partial(_of, user, act) for act in acts))


def _of(user: UUID, act: Callable[[Inbox], T], connection: Connection) -> T:
    return act(Inbox(connection, user))
