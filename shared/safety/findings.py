"""What a safety rule says when something breaks it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`message` is for the user, and tells the model too what would be fine instead."""

    rule: str
    message: str
    source: str
