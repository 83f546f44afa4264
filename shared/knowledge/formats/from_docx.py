"""Word documents (Office Open XML): headings by style, lists, tables; deleted and hidden duplicates are left out."""

import io
import re
import zipfile
from collections.abc import Mapping
from xml.parsers import expat

from shared.knowledge.formats.markdown import Extract, folded, heading, table
from shared.knowledge.unreadable import UnreadableError

MOST_PARTS = 10_000
MOST_INFLATED = 300_000_000  # bytes of all parts; pictures, the bulk of most documents, are packed already
MOST_XML = 100_000_000  # bytes of one part that is read
PIECE = 1 << 16
ENCRYPTED = 0x1  # bit of a zip entry's flags
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)


class _Xml:
    """Reads a part as a stream of elements by their local names. Declarations make entity bombs, and are refused."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = lambda name, attributes: self.start(
            _local(name), {_local(key): value for key, value in attributes.items()}
        )
        self._parser.EndElementHandler = lambda name: self.end(_local(name))
        self._parser.CharacterDataHandler = self.text

    def read(self, archive: zipfile.ZipFile, part: str) -> None:
        left = MOST_XML
        with archive.open(part) as stream:
            while piece := stream.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise UnreadableError("too_large")
                self._parser.Parse(piece)
        self._parser.Parse(b"", True)

    def start(self, name: str, attributes: Mapping[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...

    def _refuse(self, *_: object) -> None:
        raise UnreadableError("corrupt")


class _Styles(_Xml):
    """Levels of headings by the ids of their styles: ids are translated, names are not."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: dict[str, int] = {}
        self._id = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("val", "")
        if name == "style":
            self._id = attributes.get("styleId", "")
        elif name == "name" and value.lower() == "title":
            self.levels[self._id] = 1
        elif name == "name" and (match := _HEADING.fullmatch(value)):
            self.levels[self._id] = int(match[1])


class _Title(_Xml):
    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self._inside = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002
        self._inside = name == "title"

    def end(self, name: str) -> None:  # noqa: ARG002
        self._inside = False

    def text(self, text: str) -> None:
        if self._inside:
            self.title += text


class _Body(_Xml):
    def __init__(self, levels: Mapping[str, int]) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self._levels = levels
        self._paragraphs: list[list[str]] = []  # open ones: a text box is inside of a paragraph
        self._tables: list[list[list[str]]] = []  # open ones, of rows of cells
        self._style = ""
        self._listed = self._in_text = False
        self._fallbacks = 0  # what is shown where a newer drawing is not understood: the same text again

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
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

    def end(self, name: str) -> None:
        match name:
            case "Fallback":
                self._fallbacks -= 1
            case "t":
                self._in_text = False
            case "p" if self._paragraphs:
                self._add(folded("".join(self._paragraphs.pop())))
            case "tbl" if self._tables:
                rows = self._tables.pop()
                if self._tables:  # one in a cell of another
                    self._add(folded(" ".join(" ".join(row) for row in rows)))
                else:
                    self.blocks.append(table(rows))

    def text(self, text: str) -> None:
        if self._in_text and self._paragraphs and not self._fallbacks:
            self._paragraphs[-1].append(text)

    def _add(self, text: str) -> None:
        if self._tables and self._tables[-1] and self._tables[-1][-1]:
            self._tables[-1][-1][-1] += f" {text}"
        elif level := self._levels.get(self._style) if text else None:
            self.blocks.append(heading(level, text))
        else:
            self.blocks.append(f"- {text}" if self._listed and text else text)


def read(data: bytes) -> Extract:
    """Raises UnreadableError: encrypted, too_large, corrupt; and for a broken file what zipfile and expat raise."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check(archive)
        parts = set(archive.namelist())
        styles, title = _Styles(), _Title()
        for reader, part in ((styles, "word/styles.xml"), (title, "docProps/core.xml")):
            if part in parts:
                reader.read(archive, part)
        body = _Body(styles.levels)
        body.read(archive, "word/document.xml")
    return Extract(folded(title.title), "\n\n".join(filter(None, body.blocks)))


def _check(archive: zipfile.ZipFile) -> None:
    """By what the archive declares; zipfile never inflates a part to more than it has declared."""
    parts = archive.infolist()
    if any(part.flag_bits & ENCRYPTED for part in parts):
        raise UnreadableError("encrypted")
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_INFLATED:
        raise UnreadableError("too_large")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
