"""Recognises the part that a request gives to the model, and plays it."""

from __future__ import annotations

import json
from typing import Any

from infra.local.offline_models.conversation import Request
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.room_roles.agents import LIST, READ, WRITE, Agent, Move
from infra.local.offline_models.room_roles.orchestrator import plan
from infra.local.offline_models.room_roles.reviewer import review
from infra.local.offline_models.room_roles.room_prompt import RoomPrompt

_PLAN, _REVIEW = {"criteria", "tasks"}, {"criteria", "repairs"}
_HANDS = {LIST, READ, WRITE}  # only an agent of a room has these


async def play(asked: Request, embedder: Embedder) -> Move | None:
    """What the model does in a task room; None when the request is none of a room.

    A room's requests are known by the schema that the answer must have, or by the tools at hand.
    """
    prompt = RoomPrompt(asked.messages)
    wanted = _wanted(asked)
    if wanted == _PLAN:
        return _said(plan(prompt))
    if wanted == _REVIEW:
        return _said(review(prompt))
    tools = {tool.name for tool in asked.tools}
    if not tools >= _HANDS or asked.named_tool or asked.tool_choice != "auto" or not prompt.role:
        return None
    return await Agent(prompt.role, prompt, embedder).next_move()


def _wanted(asked: Request) -> set[str]:
    """The properties of the answer's schema."""
    return set((asked.schema or {}).get("properties", {}))


def _said(answer: dict[str, Any]) -> Move:
    return Move(text=json.dumps(answer, ensure_ascii=False))
