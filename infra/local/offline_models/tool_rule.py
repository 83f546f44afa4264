"""What a rule for calling a tool consists of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.offline_models.instructions import Instruction
from infra.local.offline_models.json_schema import Schema
from infra.local.offline_models.prompt_reading import Prompt

Arguments = dict[str, Any]
FillArguments = Callable[[Sequence[Instruction], Prompt, Schema], Arguments | None]


@dataclass(frozen=True)
class ToolRule:
    """Calls the tool named `tool` for instructions that begin as `pattern` says.

    `arguments` makes the call's arguments of the instructions for this tool, the prompt and the tool's schema; None
    when they don't say enough, and then the user is told what it `needs`. One that `takes_rest` has the whole rest of
    the question to itself, whatever that seems to ask for.
    """

    tool: str
    pattern: re.Pattern[str]
    arguments: FillArguments
    needs: str | None = None
    takes_rest: bool = False
