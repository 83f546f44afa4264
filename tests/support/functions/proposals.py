"""Proposals as a turn leaves them: checked and previewed by the real code, stored by the real SQL function."""

import json
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from shared.actions.proposals import Proposals
from shared.database.client import Database
from shared.llm.answer import ToolCall
from shared.safety.situation import Situation
from tests.support.functions.invocations import User, request

Connection = psycopg.Connection[tuple[Any, ...]]
SQUAT = {"name": "squat", "sets": 3, "reps": 8, "seconds": None, "load_kg": 40, "rest_seconds": 120}
PAYLOADS: dict[str, dict[str, Any]] = {
    "update_profile": {"goals": ["run 5k"], "equipment": ["barbell"]},
    "log_workout": {"performed_on": "2026-11-20", "minutes": 40, "exercises": [SQUAT], "notes": None},
    "open_room": {"prompt": "Compare three running plans."},
    "webhook": {"endpoint": "gym", "event": "plan.shared", "data": [{"name": "weeks", "value": "8"}]},
}


def propose(database: Connection, user: User, action_type: str, payload: dict[str, Any] | None = None) -> str:
    """The id of a new proposal, in a session of its own."""
    session = request("create_session", "POST", "/v1/chat/sessions", user.token, {}).body["id"]
    proposals = Proposals(Database.as_service(), UUID(user.id), Situation({}), {"model": "m"})
    result = proposals.propose(ToolCall("call_1", action_type, json.dumps(payload or PAYLOADS[action_type])))
    assert result["status"] == "proposed", result
    database.execute(
        "with t as (insert into ai_chat_turns (session_id, user_id, status, ended_at) "
        "values (%s, %s, 'completed', now()) returning *) "
        "select private.propose_actions(t::ai_chat_turns, null, %s) from t",
        (session, user.id, Jsonb([proposal.model_dump(mode="json") for proposal in proposals.proposed])),
    )
    return str(proposals.proposed[0].id)


def let_pass(database: Connection, column: str, action: str) -> None:
    """As if a time of the action were over."""
    database.execute(f"update ai_action_requests set {column} = now() where id = %s", (action,))
