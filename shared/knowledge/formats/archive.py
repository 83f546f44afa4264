"""Files that are archives of XML, read within bounds: what they declare, what they inflate to, no entities."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import IO
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

from shared.knowledge.formats.document import UnreadableError, one_line

MAX_PARTS = 10_000
MAX_INFLATED = 300_000_000  # bytes of all parts; pictures, the bulk of most documents, are packed already
MAX_XML = 100_000_000  # bytes of one part that is read
ENCRYPTED = 0x1  # bit of a zip entry's flags


class Archive:
    """Use it as a context manager. Raises UnreadableError: encrypted, too_complex, corrupt."""

    def __init__(self, data: bytes) -> None:
        self._file = zipfile.ZipFile(io.BytesIO(data))
        self._parts = {part.filename: part for part in self._file.infolist()}
        # By what the archive declares; zipfile never inflates a part to more than it has declared.
        if any(part.flag_bits & ENCRYPTED for part in self._parts.values()):
            raise UnreadableError("encrypted")
        if (
            len(self._file.infolist()) > MAX_PARTS
            or sum(part.file_size for part in self._parts.values()) > MAX_INFLATED
        ):
            raise UnreadableError("too_complex")

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def read(self, part: str) -> bytes:
        self._check(part)
        return self._file.read(part)

    def xml(self, part: str, *, may_name_dtd: bool = False) -> Element:
        """Entities are refused also where a type of document may be named, as old books do."""
        try:
            root: Element = fromstring(self.read(part), forbid_dtd=not may_name_dtd)
        except (ParseError, DefusedXmlException):
            raise UnreadableError("corrupt") from None
        return root

    def optional_xml(self, part: str) -> Element:
        """An element without children where there is no such part."""
        return self.xml(part) if part in self else Element("none")

    def events(self, part: str) -> Iterator[tuple[str, Element]]:
        """The starts and ends of elements, for what is too large to be held at once."""
        self._check(part)
        with self._file.open(part) as stream:
            yield from _events(stream)

    def targets(self, part: str) -> dict[str, str]:
        """The parts that another one names, by the ids that it names them with."""
        folder, name = posixpath.split(part)
        found = {}
        for each in self.optional_xml(f"{folder}/_rels/{name}.rels".lstrip("/")):
            if each.get("TargetMode") != "External":
                target = posixpath.join("/", folder, unquote(each.get("Target", "")))
                found[each.get("Id", "")] = posixpath.normpath(target).lstrip("/")
        return found

    def title(self) -> str:
        """Of Office's own properties."""
        for each in self.optional_xml("docProps/core.xml"):
            if local(each) == "title":
                return one_line(each.text or "")
        return ""

    def _check(self, part: str) -> None:
        if part not in self._parts:
            raise UnreadableError("corrupt")
        if self._parts[part].file_size > MAX_XML:
            raise UnreadableError("too_complex")


def _events(stream: IO[bytes]) -> Iterator[tuple[str, Element]]:
    try:
        yield from iterparse(stream, events=("start", "end"), forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        raise UnreadableError("corrupt") from None


def local(element: Element) -> str:
    """The name of an element without its namespace: the strict kind of Office's formats has others."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def value(element: Element | None, name: str = "val", default: str = "") -> str:
    """An attribute, in whatever namespace it is."""
    if element is None:
        return default
    for key, found in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return found
    return default


def child(element: Element | None, *path: str) -> Element | None:
    """The first one below the first one, and so on."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def is_on(element: Element | None) -> bool:
    """Whether a property is there, and not there to be switched off."""
    return element is not None and value(element).lower() not in ("0", "false", "off", "none")


def relation(element: Element) -> str:
    """The id of a relation, which an element may have beside an id of its own."""
    return next((found for key, found in element.attrib.items() if key.startswith("{") and key.endswith("}id")), "")
