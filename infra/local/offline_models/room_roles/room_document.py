"""A document made of quotes, and the forms in which a file can hold it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import PurePosixPath

TAIL = "(Assembled by Hercules' offline model: it collects and quotes, it does not reason.)"
_HEADING = re.compile(r"^## +(.+)$", re.MULTILINE)
_QUOTE = re.compile(r"((?:^>.*\n?)+)\n*Source: (.+)", re.MULTILINE)


@dataclass(frozen=True)
class Sourced:
    """`quote` is what stands in the source, line by line."""

    quote: str
    source: str


@dataclass(frozen=True)
class Section:
    heading: str
    quotes: list[Sourced] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # the model's own words: what it did, what it did not find


@dataclass(frozen=True)
class Document:
    title: str
    sections: list[Section]

    @property
    def quotes(self) -> int:
        return sum(len(section.quotes) for section in self.sections)


def render(document: Document, name: str) -> str:
    """The document in the form that the file's name asks for."""
    return _FORMS.get(PurePosixPath(name).suffix.lower(), markdown)(document)


def markdown(document: Document) -> str:
    return "\n\n".join([f"# {document.title}", *_blocks(document), TAIL]) + "\n"


def sections_of(text: str) -> list[Section]:
    """The sections of a Markdown text that has quotes with sources in them; others are left out."""
    _, *parts = _HEADING.split(text)
    found = [
        Section(heading.strip(), [_sourced(*match.groups()) for match in _QUOTE.finditer(body)])
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    ]
    return [section for section in found if section.quotes]


def _sourced(quote: str, source: str) -> Sourced:
    return Sourced("\n".join(line.removeprefix(">").strip() for line in quote.splitlines()), source.strip())


def _blocks(document: Document) -> Iterator[str]:
    for section in document.sections:
        yield f"## {section.heading}"
        yield from section.notes
        for each in section.quotes:
            yield "\n".join(f"> {line}".rstrip() for line in each.quote.splitlines())
            yield f"Source: {each.source}"


def _html(document: Document) -> str:
    body = [f"<h1>{escape(document.title)}</h1>"]
    for section in document.sections:
        body.append(f"<h2>{escape(section.heading)}</h2>")
        body += [f"<p>{escape(note)}</p>" for note in section.notes]
        for each in section.quotes:
            body.append(f"<blockquote>{escape(each.quote)}<footer>Source: {escape(each.source)}</footer></blockquote>")
    head = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(document.title)}</title>'
    return "\n".join([head, *body, f"<p>{escape(TAIL)}</p>", "</html>"]) + "\n"


def _json(document: Document) -> str:
    return json.dumps({**asdict(document), "made_by": TAIL}, ensure_ascii=False, indent=2) + "\n"


def _csv(document: Document) -> str:
    written = io.StringIO(newline="")
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(("section", "text", "source"))
    for section in document.sections:
        rows.writerows((section.heading, note, "offline model") for note in section.notes)
        rows.writerows((section.heading, each.quote, each.source) for each in section.quotes)
    return written.getvalue()


def _commented(mark: str) -> Callable[[Document], str]:
    return lambda document: "".join(f"{mark} {line}".rstrip() + "\n" for line in markdown(document).splitlines())


def _css(document: Document) -> str:
    return "/*\n{}*/\n".format(markdown(document).replace("*/", "* /"))


_FORMS: Mapping[str, Callable[[Document], str]] = {
    ".html": _html,
    ".json": _json,
    ".csv": _csv,
    ".css": _css,
    ".py": _commented("#"),
    ".yaml": _commented("#"),
    ".yml": _commented("#"),
    ".js": _commented("//"),
    ".sql": _commented("--"),
}
