"""Word documents (Office Open XML): headings by style, lists, tables; deleted and hidden duplicates are left out."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal
from xml.parsers import expat

from shared.knowledge.formats.document import Extract, UnreadableError, heading, one_line, table

MAX_PARTS = 10_000
MAX_INFLATED = 300_000_000  # bytes of all parts; pictures, the bulk of most documents, are packed already
MAX_XML = 100_000_000  # bytes of one part that is read
PIECE = 1 << 16
ENCRYPTED = 0x1  # bit of a zip entry's flags
_HEADING = re.compile(r"title|heading ([1-9])", re.IGNORECASE)
# The kind of an event (start, end, text), the local name of its element or the text itself, attributes by local names.
Event = tuple[Literal["start", "end", "text"], str, Mapping[str, str]]


def _read(archive: zipfile.ZipFile, part: str) -> Iterator[Event]:
    """A part of the archive as a stream. Declarations make entity bombs, and are refused."""
    events: list[Event] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: events.append(
        ("start", _local(name), {_local(key): value for key, value in attributes.items()})
    )
    parser.EndElementHandler = lambda name: events.append(("end", _local(name), {}))
    parser.CharacterDataHandler = lambda text: events.append(("text", text, {}))
    left = MAX_XML
    with archive.open(part) as stream:
        while piece := stream.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise UnreadableError("too_large")
            parser.Parse(piece)
            yield from events
            events.clear()
    parser.Parse(b"", True)
    yield from events


def _refuse(*_: object) -> None:
    raise UnreadableError("corrupt")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _heading_levels(styles: Iterable[Event]) -> dict[str, int]:
    """Levels of headings by the ids of their styles: ids are translated, names are not."""
    levels: dict[str, int] = {}
    style = ""
    for kind, name, attributes in styles:
        if (kind, name) == ("start", "style"):
            style = attributes.get("styleId", "")
        elif (kind, name) == ("start", "name") and (match := _HEADING.fullmatch(attributes.get("val", ""))):
            levels[style] = int(match[1] or 1)
    return levels


def _title(properties: Iterable[Event]) -> str:
    title, inside = "", False
    for kind, name, _ in properties:
        if kind != "text":
            inside = (kind, name) == ("start", "title")
        elif inside:
            title += name
    return one_line(title)


class _Body:
    def __init__(self, levels: Mapping[str, int]) -> None:
        self.blocks: list[str] = []
        self._levels = levels
        self._paragraphs: list[list[str]] = []  # open ones: a text box is inside of a paragraph
        self._tables: list[list[list[str]]] = []  # open ones, of rows of cells
        self._style = ""
        self._listed = self._in_text = False
        self._fallbacks = 0  # what is shown where a newer drawing is not understood: the same text again

    def add(self, event: Event) -> None:
        kind, name, attributes = event
        if kind == "start":
            self._start(name, attributes)
        elif kind == "end":
            self._end(name)
        elif self._in_text and self._paragraphs and not self._fallbacks:
            self._paragraphs[-1].append(name)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name:
            case "Fallback":
                self._fallbacks += 1
            case "p":
                self._paragraphs.append([])
                self._style, self._listed = "", False
            case "pStyle":
                self._style = attributes.get("val", "")
            case "numPr":
                self._listed = True
            case "tbl":
                self._tables.append([])
            case "tr" if self._tables:
                self._tables[-1].append([])
            case "tc" if self._tables and self._tables[-1]:
                self._tables[-1][-1].append("")
            case "t":
                self._in_text = True
            case "tab" | "br" | "cr" if self._paragraphs:
                self._paragraphs[-1].append(" ")

    def _end(self, name: str) -> None:
        match name:
            case "Fallback":
                self._fallbacks -= 1
            case "t":
                self._in_text = False
            case "p" if self._paragraphs:
                self._add_block(one_line("".join(self._paragraphs.pop())))
            case "tbl" if self._tables:
                rows = self._tables.pop()
                if self._tables:  # one in a cell of another
                    self._add_block(one_line(" ".join(" ".join(row) for row in rows)))
                else:
                    self.blocks.append(table(rows))

    def _add_block(self, text: str) -> None:
        if self._tables and self._tables[-1] and self._tables[-1][-1]:
            self._tables[-1][-1][-1] += f" {text}"
        elif level := self._levels.get(self._style) if text else None:
            self.blocks.append(heading(level, text))
        else:
            self.blocks.append(f"- {text}" if self._listed and text else text)


def read(data: bytes) -> Extract:
    """Raises UnreadableError: encrypted, too_large, corrupt; and for a broken file what zipfile and expat raise."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check(archive.infolist())
        parts = set(archive.namelist())
        levels = _heading_levels(_read(archive, "word/styles.xml")) if "word/styles.xml" in parts else {}
        title = _title(_read(archive, "docProps/core.xml")) if "docProps/core.xml" in parts else ""
        body = _Body(levels)
        for event in _read(archive, "word/document.xml"):
            body.add(event)
    return Extract(title, "\n\n".join(filter(None, body.blocks)))


def _check(parts: Sequence[zipfile.ZipInfo]) -> None:
    """By what the archive declares; zipfile never inflates a part to more than it has declared."""
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise UnreadableError("encrypted")
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_INFLATED:
        raise UnreadableError("too_large")
