"""The action types as tools of the chat model: one strict function each."""

from shared.actions.registry import TYPES
from shared.llm.tools import tool
from shared.platform.process import keep
from shared.platform.text import JsonObject


def tools() -> list[JsonObject]:
    """Those that this deployment can carry out, in a fixed order: providers cache what comes first."""
    return [_tool(name) for name, action_type in TYPES.items() if action_type.offered()]


@keep
def _tool(name: str) -> JsonObject:
    return tool(name, TYPES[name].payload, TYPES[name].description)
