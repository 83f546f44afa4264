"""What a model was asked, in one form whichever dialect it was asked in."""

from typing import Any

Body = dict[str, Any]


def asked_messages(body: Body) -> list[Body]:
    """The messages of a request to a model: role, content, and the calls with their results."""
    if "messages" in body:
        return list(body["messages"])
    found: list[Body] = []
    for item in body.get("input", ()):
        kind = item.get("type", "message")
        if kind == "message":
            found.append({"role": item["role"], "content": item["content"]})
        elif kind == "function_call_output":
            found.append({"role": "tool", "tool_call_id": item["call_id"], "content": item["output"]})
        elif kind == "function_call":
            _called(found)["tool_calls"].append(
                {
                    "id": item["call_id"],
                    "type": "function",
                    "function": {"name": item["name"], "arguments": item["arguments"]},
                }
            )
    return found


def _called(found: list[Body]) -> Body:
    """The message that the next call belongs to: the model's own before it, else a new one."""
    if not found or found[-1]["role"] != "assistant":
        found.append({"role": "assistant", "content": None})
    found[-1].setdefault("tool_calls", [])
    return found[-1]
