"""What the demo says of a step must hold; more does when the laptop's own model spoke, whose every word is known."""

from typing import Any

from infra.local.cloud.services import OFFLINE_CHAT_MODEL


class StepError(Exception):
    """Something did not do what the demo says of it."""


def check(holds: bool, what: str) -> None:
    """Raises StepError unless it holds."""
    if not holds:
        raise StepError(f"not so: {what}")


def is_offline(message: dict[str, Any]) -> bool:
    """Whether the laptop's model gave this answer of the coach."""
    return bool(message["metadata"].get("receipt", {}).get("model") == OFFLINE_CHAT_MODEL)


def are_offline(room: dict[str, Any]) -> bool:
    """Whether it alone played all roles of a room, given its snapshot."""
    return {message["model_used"] for message in room["messages"]} == {OFFLINE_CHAT_MODEL}
