"""Raised and lowered text as it is typed in a line: 10^3, 10^(2n), 1st, H2O, log_2."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_SUFFIX = re.compile(r"(?:st|nd|rd|th|er|re|e|ème|de|te|o|º|ª|™|®|©)\b", re.IGNORECASE)


class Script(NamedTuple):
    """A piece of raised or lowered text, which editors cut anywhere."""

    text: str
    raised: bool


def joined(words: Iterable[str | Script]) -> str:
    """Words in a line; pieces that stand side by side are one: 10 with 1 and 2 above it is 10^12."""
    parts: list[str] = []
    waiting: Script | None = None
    for word in words:
        if isinstance(word, str) and not word:
            continue
        if waiting is not None and isinstance(word, Script) and word.raised == waiting.raised:
            waiting = Script(waiting.text + word.text, word.raised)
            continue
        if waiting is not None:
            parts.append(_after(parts, waiting))
        waiting = word if isinstance(word, Script) else None
        if isinstance(word, str):
            parts.append(word)
    if waiting is not None:
        parts.append(_after(parts, waiting))
    return "".join(parts)


def _after(parts: list[str], piece: Script) -> str:
    """With the space at its end, which is as wide when it is raised."""
    if not piece.text.strip():
        return piece.text
    return script(piece.text, "".join(parts[-3:]), raised=piece.raised) + " " * piece.text[-1].isspace()


def script(text: str, before: str, *, raised: bool) -> str:
    """Raised or lowered text behind another; the parts of a fraction are put together in `seen`."""
    text = text.strip()
    last = before[-1:]
    if not text or not last.strip() or text[0] in "^_":
        return text
    if (raised and last.isdigit() and _SUFFIX.fullmatch(text)) or (not raised and last.isalpha() and text.isdigit()):
        return text
    sign = "^" if raised else "_"
    return f"{sign}{text}" if text.isalnum() or len(text) == 1 else f"{sign}({text})"
