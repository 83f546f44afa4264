"""The rules of rules/*.toml, as `python -m infra.safety` compiles them into rules.json; read at their first use."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from shared.safety.findings import Finding

COMPILED = Path(__file__).with_name("rules.json")


@dataclass(frozen=True)
class Rule:
    """`message` may name its bounds and what `finding` is given; `source` says where number and advice come from."""

    id: str
    message: str
    source: str
    bounds: Mapping[str, float] = field(default_factory=dict)

    def finding(self, **values: object) -> Finding:
        return Finding(self.id, self.message.format(**{**self.bounds, **values}), self.source)


@cache
def compiled() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(COMPILED.read_bytes())
    return read


@cache
def rule(rule_id: str) -> Rule:
    return Rule(rule_id, **compiled()["rules"][rule_id])


def suspicion(kind: str) -> str:
    """What a model is told of a statement that looks so."""
    said: str = compiled()["suspicions"][kind]
    return said


def advice_source(kind: str) -> str:
    source: str = compiled()["advice"][kind]
    return source


@cache
def advice_kinds() -> tuple[str, ...]:
    """The names of all advice, whose words are in shared/safety/advice.py."""
    return tuple(compiled()["advice"])


@cache
def pattern(name: str) -> re.Pattern[str]:
    return re.compile(compiled()["patterns"][name])


@cache
def words(name: str) -> frozenset[str]:
    return frozenset(compiled()["words"][name])
