"""Ends a turn in the database: the second of its two calls."""

from dataclasses import dataclass, field
from typing import Any

from shared.coach.messages import SentMessage
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm import tokens
from shared.platform.errors import UnavailableError
from shared.realtime.publishing import forget, publish
from shared.realtime.push import Pusher


@dataclass(frozen=True)
class Ending:
    """How a turn ends: the answer, the proposals in it, and what it cost."""

    text: str
    metadata: dict[str, Any]
    actions: list[dict[str, Any]] = field(default_factory=list)
    status: str = "completed"
    model: str | None = None
    tokens: int = 0
    cost: str = "0"  # US dollars
    cost_complete: bool = True
    estimated: bool = False


def finish(database: Database, work: TurnWork, ending: Ending, pusher: Pusher) -> SentMessage:
    """Store the answer, settle the quota, tell whoever listens. Raises DomainError."""
    finished = _stored(database, work, ending)
    pusher.listen(finished["listeners"])
    pusher.events([event for event in finished["events"] if event["stream"] == work.stream])
    own = [event for event in finished["events"] if event["stream"] != work.stream]
    publish(database, {"events": own, "listeners": [], "user_listeners": finished["user_listeners"]})
    forget(database, pusher.gone)
    return SentMessage.model_validate(finished["response"])


def _stored(database: Database, work: TurnWork, ending: Ending) -> dict[str, Any]:
    """Once more when the database did not answer, as that is safe."""
    arguments = {
        "p_user_id": str(work.user_id),
        "p_turn_id": work.turn_id,
        "p_content": ending.text,
        "p_token_count": tokens.count(ending.text),
        "p_metadata": ending.metadata,
        "p_tokens": ending.tokens,
        "p_cost": ending.cost,
        "p_model": ending.model,
        "p_cost_complete": ending.cost_complete,
        "p_estimated": ending.estimated,
        "p_status": ending.status,
        "p_actions": ending.actions,
    }
    try:
        finished: dict[str, Any] = database.rpc("finish_turn", **arguments)
    except UnavailableError:
        finished = database.rpc("finish_turn", **arguments)
    return finished
