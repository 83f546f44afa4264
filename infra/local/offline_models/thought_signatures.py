"""What Gemini hangs on its tool calls and wants back: https://ai.google.dev/gemini-api/docs/thought-signatures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

from infra.local.offline_models.delivery import Reply, encoded
from infra.local.offline_models.errors import ApiError

Json = dict[str, Any]


def signed(reply: Reply) -> Reply:
    """The reply with a signature on the first of its calls; streams are left as they are."""
    if reply.streamed:
        return reply
    body = json.loads(reply.parts[0])
    for call in body["choices"][0]["message"].get("tool_calls", [])[:1]:
        call["extra_content"] = {"google": {"thought_signature": uuid4().hex}}
    return replace(reply, parts=(encoded(body),))


def check(body: Json) -> None:
    """Raises ApiError, as Gemini does, when the first call of a message comes back without a signature."""
    for place, message in enumerate(body["messages"]):
        for call in (message.get("tool_calls") or [])[:1]:
            if not call.get("extra_content", {}).get("google", {}).get("thought_signature"):
                raise ApiError(400, f"Function call is missing a thought_signature in messages[{place}].")
