"""Checks a room's deliverables: each is there, is not empty, and can be read as what its name says. None is run."""

import ast
import csv
import io
import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from html.parser import HTMLParser

from shared.rooms.filenames import suffix

Read = Callable[[str], bytes | None]  # the content of a file by its name; None if there is none


def issues(deliverables: Iterable[str], read: Read) -> list[str]:
    """What is wrong with them, one sentence each; empty when all is well."""
    return [found for name in dict.fromkeys(deliverables) if (found := issue(name, read(name)))]


def issue(name: str, content: bytes | None) -> str | None:
    """What is wrong with one file, without a word of its content."""
    if content is None:
        return f"{name} was not delivered."
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return f"{name} is not UTF-8 text."
    if not text.strip():
        return f"{name} is empty."
    if "\x00" in text:
        return f"{name} is not plain text."
    try:
        PARSERS.get(suffix(name), _any)(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, csv.Error):
        return f"{name} cannot be read as {suffix(name)[1:].upper()}."
    return None


def _any(_text: str) -> None:
    """Any text will do."""


def _json(text: str) -> None:
    json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and infinity are no JSON


def _csv(text: str) -> None:
    """As many fields in every row as in the first."""
    widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row}
    if len(widths) != 1:
        raise ValueError("ragged")


def _python(text: str) -> None:
    with warnings.catch_warnings():  # of doubtful escapes and the like, which would be written to the log
        warnings.simplefilter("ignore")
        ast.parse(text)


def _html(text: str) -> None:
    """Browsers mend everything, so all that is asked for is one element."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, name: str, attrs: object) -> None:  # noqa: ARG002 - the signature is HTMLParser's
            found.append(name)

    Reader().feed(text)
    if not found:
        raise ValueError("no element")


PARSERS: Mapping[str, Callable[[str], None]] = {".json": _json, ".csv": _csv, ".py": _python, ".html": _html}
