"""Who spoke: the laptop's own model, whose every word is known, or one that puts things its own way."""

from typing import Any

from infra.local.cloud.services import OFFLINE_CHAT_MODEL


def is_offline(message: dict[str, Any]) -> bool:
    """Whether the laptop's model gave this answer of the coach."""
    return bool(message["metadata"].get("receipt", {}).get("model") == OFFLINE_CHAT_MODEL)


def are_offline(room: dict[str, Any]) -> bool:
    """Whether it alone played all roles of a room, given its snapshot."""
    return {message["model_used"] for message in room["messages"]} == {OFFLINE_CHAT_MODEL}
