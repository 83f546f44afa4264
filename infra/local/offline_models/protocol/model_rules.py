"""What each real model takes and refuses, as `models.toml` says it with its public sources."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.protocol.errors import ApiError

OFFLINE_INPUT = 128_000
_TABLE = tomllib.loads(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class ModelRules:
    efforts: tuple[str, ...]
    default: str | None
    input_tokens: int
    tools_without_thinking: bool


@cache
def rules_of(model: str) -> ModelRules | None:
    """None for a name that is no real model's, such as the offline model's own."""
    row = next((row for row in _TABLE["models"] if re.match(row["name"], model)), None)
    if row is None:
        return None
    alone = row.get("tools_without_thinking", False)
    return ModelRules(tuple(row["efforts"]), row.get("default"), row["input_tokens"], alone)


def effort_of(model: str, asked: str | None) -> str | None:
    """The effort that a request comes to."""
    rules = rules_of(model)
    return asked or (rules.default if rules else None)


def input_tokens_of(model: str) -> int:
    rules = rules_of(model)
    return rules.input_tokens if rules else OFFLINE_INPUT


def check(body: Json, dialect: Literal["chat_completions", "responses", "gemini"]) -> None:
    """Raises ApiError for the first thing in a request that its model does not take."""
    if (rules := rules_of(body["model"])) is None:
        return
    efforts = [each for each in rules.efforts if dialect != "chat_completions" or each != "max"]
    for row in _TABLE["refusals"]:
        if row["dialect"] != dialect or row["thinking"] != bool(rules.efforts):
            continue
        for place in row["at"]:
            value = _at(body, place)
            if value is None or _is_taken(row, value, body, rules, efforts):
                continue
            facts = {"at": place, "value": value, "model": body["model"], "efforts": _listed(efforts)}
            message = row["message"].format(**facts, loud=str(value).upper())
            raise ApiError(400, message, param=row.get("param", "").format(at=place) or None, code=row.get("code"))


def _at(body: Json, place: str) -> Any:
    value: Any = body
    for name in place.split("."):
        value = (value or {}).get(name)
    return value


def _is_taken(row: Json, value: Any, body: Json, rules: ModelRules, efforts: Sequence[str]) -> bool:
    if "holding" in row:
        return row["holding"] not in value
    match row.get("unless"):
        case "efforts":
            return value in efforts
        case "tools_without_thinking":
            return not rules.tools_without_thinking or effort_of(body["model"], body.get("reasoning_effort")) == "none"
        case default:
            return bool(value == default)


def _listed(values: Sequence[str]) -> str:
    *first, last = (f"'{value}'" for value in values or ("none",))
    return f"{', '.join(first)}, and {last}"
