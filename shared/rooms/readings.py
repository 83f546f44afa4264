"""A file as the lines that a person reads in it, and the file without some of them.

Prose is read as it is. Of a table the rows are read, of a page its blocks, of code its comments, its texts and its
named numbers: "kcal_per_day = 600" says as much as a sentence.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from html import escape, unescape

from shared.rooms.files import suffix

PROSE = (".md", ".txt")
_TAG = re.compile(r"</?([a-z][\w-]*+)[^<>]*+>|<![^<>]*+>", re.IGNORECASE)
_IN_A_LINE = re.compile("a|abbr|b|code|em|font|i|label|mark|q|s|small|span|strong|sub|sup|time|u", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.,\s]*\d[\d.,\s]*")
_TEXT = re.compile(
    r"#+(?P<hash>[^\n]*)|//(?P<slashes>[^\n]*)|--(?P<dashes>[^\n]*)|/\*(?P<block>(?:[^*]++|\*(?!/))*+)"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.)*+)\"?|'(?P<single>(?:[^'\\\n]|\\.)*+)'?"
)
_NAMED = re.compile(r"[\"']?\b([A-Za-z_][\w ]{0,80}+)[\"']?\s{0,8}[:=]\s{0,8}([\d.,]{1,20}+)")
_COMMENTS = {".js": "/* {} */", ".css": "/* {} */", ".sql": "-- {}"}


@dataclass(frozen=True)
class Reading:
    """`without` gives the file without the lines of these numbers; None where it would be broken then."""

    lines: Sequence[str]
    without: Callable[[Set[int]], str | None]


def reading(name: str, text: str) -> Reading:
    """As the file's ending says; what is no table or page, though it is called one, is read as code."""
    if suffix(name) == ".html":
        return _page(text)
    if suffix(name) == ".csv":
        try:
            return _table([row for row in csv.reader(io.StringIO(text, newline="")) if row])
        except csv.Error:
            pass
    return Reading([*_texts_in(text), *_named_numbers(text)], lambda _: None)


def with_note(name: str, text: str, note: str) -> str:
    """The text with the note behind it, in the form that the file has; the note alone where the text is empty."""
    return "\n".join(filter(None, (text.rstrip() if text.strip() else "", _formed(name, text, note)))) + "\n"


def _formed(name: str, text: str, note: str) -> str:
    match suffix(name):
        case ".md" | ".txt":
            return f"\n{note}" if text.strip() else note
        case ".html":
            return f"<p>{escape(note, quote=False)}</p>"
        case ".csv":
            first = next(csv.reader(io.StringIO(text, newline="")), [note])
            return _written([[note, *[""] * (len(first) - 1)]]).rstrip()
        case ".json":
            return json.dumps(note, ensure_ascii=False)
        case other:
            return _COMMENTS.get(other, "# {}").format(note)


# --------------------------------------------------------------------------------------------------------------- tables
def _table(rows: list[list[str]]) -> Reading:
    head = rows[0] if rows else []
    lines = [", ".join(map(_cell, row, [*head, *[""] * len(row)])) for row in rows]
    return Reading(lines, lambda left_out: _written([row for i, row in enumerate(rows) if i not in left_out]))


def _cell(cell: str, column: str) -> str:
    """A number with what it is of."""
    return f"{cell} {_words(column)}" if _NUMBER.fullmatch(cell) else cell


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


# ---------------------------------------------------------------------------------------------------------------- pages
def _page(text: str) -> Reading:
    parts, tags, at = [], [], 0
    for tag in _TAG.finditer(text):
        if not _IN_A_LINE.fullmatch(tag[1] or ""):
            parts.append(text[at : tag.start()])
            tags.append(tag[0])
            at = tag.end()
    parts.append(text[at:])
    tags.append("")
    lines = [" ".join(unescape(_TAG.sub("", part)).split()) for part in parts]

    def without(left_out: Set[int]) -> str:
        kept = ("" if i in left_out else part for i, part in enumerate(parts))
        return "".join(part + tag for part, tag in zip(kept, tags, strict=True))

    return Reading(lines, without)


# ----------------------------------------------------------------------------------------------------------------- code
def _texts_in(text: str) -> list[str]:
    return [" ".join(found.split()) for each in _TEXT.finditer(text) if (found := each[each.lastgroup or 0])]


def _named_numbers(text: str) -> list[str]:
    return [f"{number} {_words(name)}" for name, number in _NAMED.findall(text)]


def _words(name: str) -> str:
    return name.replace("_", " ").strip()
