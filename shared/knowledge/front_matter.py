"""What a document says of itself before its text, between two lines `---`.

That is its title, reviewed, reviewed_by, its sources, and the questions that it answers.

Of YAML what people write there: a key with a value, which may go on in indented lines, or with items behind dashes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.platform.text import JsonObject

_FRONT = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n((?:.{0,1000}\n){0,200}?)---[ \t]*(?:\r?\n|\Z)")
_KEY = re.compile(r"([A-Za-z][\w -]{0,59}):(?:\s+(.*))?$")
_ITEM = re.compile(r"\s*-\s+(.*)$")
MAX_SOURCES = 50
MAX_TEXT = 500  # characters of a value
# As many as say how people ask about one subject: with more, a long list would draw every question to it.
MAX_QUESTIONS, MAX_QUESTION = 40, 200


@dataclass(frozen=True)
class FrontMatter:
    title: str = ""
    reviewed_on: date | None = None
    reviewed_by: str | None = None
    sources: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()  # that it answers, as people ask them

    def provenance(self) -> JsonObject:
        """Who held the document against what, and when."""
        on = self.reviewed_on.isoformat() if self.reviewed_on else None
        return {"reviewed_on": on, "reviewed_by": self.reviewed_by, "sources": list(self.sources)}


def split(data: bytes) -> tuple[FrontMatter, bytes]:
    """A document's front matter, and the rest of it; all of it where it has none that can be read."""
    found = _FRONT.match(data)
    try:
        values = _values(found[1].decode().replace("\0", "")) if found else None  # which no database stores
    except UnicodeDecodeError:
        values = None
    if found is None or values is None:
        return FrontMatter(), data
    title, on, by = (" ".join(values.get(key, [])) for key in ("title", "reviewed", "reviewed_by"))
    sources = tuple(filter(None, values.get("sources", [])))[:MAX_SOURCES]
    return FrontMatter(title, _day(on), by or None, sources, _questions(values)), data[found.end() :]


def _questions(values: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Each once. What is too long for one is left out: half of a question is another one."""
    asked = dict.fromkeys(" ".join(each.split()) for each in values.get("questions", []))
    return tuple(each for each in asked if 0 < len(each) <= MAX_QUESTION)[:MAX_QUESTIONS]


def _values(text: str) -> dict[str, list[str]] | None:
    """The values of each key; None where a line is none of all this."""
    values: dict[str, list[str]] = {}
    items: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        if found := _KEY.match(line):
            items = values.setdefault(found[1].lower(), [])
            items += [_bare(found[2])] if found[2] else []
        elif found := _ITEM.match(line):
            items.append(_bare(found[1]))
        elif line[0].isspace() and items:
            items[-1] = f"{items[-1]} {line.strip()}"[:MAX_TEXT]
        elif not line.startswith("#"):
            return None
    return values or None


def _bare(value: str) -> str:
    value = value.strip()
    return (value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value)[:MAX_TEXT]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
