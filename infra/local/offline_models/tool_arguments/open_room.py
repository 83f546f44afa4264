"""Opens a task room on the prompt that the user gives."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.prompt_reading import Prompt
from infra.local.offline_models.tool_rule import Arguments, ToolRule

_ASKED = re.compile(
    r"(?:open|start|create|make|set up)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:new\s+)?(?:task\s+)?room\b", re.IGNORECASE
)
_JOINING = re.compile(r"\s*(?::|-|to|for|that|which|where you)?\s+", re.IGNORECASE)


def _arguments(asked: Sequence[Instruction], _prompt: Prompt, _schema: Schema) -> Arguments | None:
    task = _JOINING.sub("", _ASKED.sub("", asked[0].text, count=1), count=1).strip()
    return {"prompt": task[0].upper() + task[1:8000]} if len(task) > 1 else None


RULE = ToolRule(
    "open_room",
    _ASKED,
    _arguments,
    'To open a room I need its task, such as "open a room to compare three running plans".',
    takes_rest=True,
)
