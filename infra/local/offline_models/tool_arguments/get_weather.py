"""The tool that everybody's examples offer, the compliance suite of openresponses/openresponses among them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema, fill
from infra.local.offline_models.prompt_reading import Prompt
from infra.local.offline_models.tool_rule import Arguments, ToolRule

_ASKED = re.compile(r"(?:what(?:'s| is) the weather|(?:get|use) the weather)\b", re.IGNORECASE)
_PLACE = re.compile(r"\bin ([^?.!]+)")


def _arguments(asked: Sequence[Instruction], _prompt: Prompt, schema: Schema) -> Arguments | None:
    place = _PLACE.search(asked[0].text)
    filled: Arguments = fill(schema, place[1] if place else asked[0].text)
    return filled


RULE = ToolRule("get_weather", _ASKED, _arguments)
