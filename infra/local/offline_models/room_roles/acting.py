"""Recognises the part that a request gives to the model, and plays it."""

from __future__ import annotations

import json
from typing import Any

from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.room_roles.agents import LIST, READ, WRITE, Agent, Move
from infra.local.offline_models.room_roles.orchestrator import plan
from infra.local.offline_models.room_roles.reviewer import review
from infra.local.offline_models.room_roles.room_prompt import RoomPrompt
from infra.local.offline_models.schemas import ChatRequest

_PLAN, _REVIEW = {"criteria", "tasks"}, {"criteria", "repairs"}
_HANDS = {LIST, READ, WRITE}  # only an agent of a room has these


async def play(request: ChatRequest, embedder: Embedder) -> Move | None:
    """What the model does in a task room; None when the request is none of a room.

    A room's requests are known by the schema that the answer must have, or by the tools at hand.
    """
    prompt = RoomPrompt(tuple(request.messages))
    wanted = _wanted(request)
    if wanted == _PLAN:
        return _said(plan(prompt))
    if wanted == _REVIEW:
        return _said(review(prompt))
    tools = {tool.function.name for tool in request.tools or []}
    if not tools >= _HANDS or request.tool_choice not in (None, "auto") or not prompt.role:
        return None
    return await Agent(prompt.role, prompt, embedder).next_move()


def _wanted(request: ChatRequest) -> set[str]:
    """The properties of the answer's schema."""
    form = request.response_format.json_schema if request.response_format else None
    return set(form.schema_.get("properties", {})) if form else set()


def _said(answer: dict[str, Any]) -> Move:
    return Move(text=json.dumps(answer, ensure_ascii=False))
