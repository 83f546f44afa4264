"""What a safety rule is, and what it says when something breaks it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """`source` names where the number or the advice comes from, with its year."""

    id: str
    source: str


@dataclass(frozen=True)
class Finding:
    """`message` is for the user, and tells the model too what would be fine instead."""

    rule: str
    message: str
    source: str


def finding(rule: Rule, message: str) -> Finding:
    return Finding(rule.id, message, rule.source)
