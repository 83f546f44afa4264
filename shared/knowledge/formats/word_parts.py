"""The parts of a Word document: its body, what that refers to by names, and what stands in files of their own."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import Archive, child, local, relation, value
from shared.knowledge.formats.charsets import decode
from shared.knowledge.formats.document import Block, UnreadableError
from shared.knowledge.formats.drawings import chart, diagram
from shared.knowledge.formats.from_html import parsed

BODY = re.compile(r"word/document\d*\.xml")  # Word on the web numbers what it writes
_NUMBER = re.compile(r"\d*\.xml$")
NOTES = ("footnote", "endnote")


class Parts:
    """Raises UnreadableError (corrupt) where there is no body."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.body = next((part for part in archive if BODY.fullmatch(part)), "")
        if not self.body:
            raise UnreadableError("corrupt")
        self._targets = archive.targets(self.body)
        self.unreadable = 0

    def named(self, name: str) -> Element:
        """Such as the styles, by the name that Word gives their file, be it numbered."""
        usual = f"word/{name}.xml"
        found = (part for part in self._targets.values() if _NUMBER.sub(".xml", part) == usual)
        return self._archive.optional_xml(usual if usual in self._archive else next(found, usual))

    def notes(self) -> Mapping[str, Mapping[str, Element]]:
        """By their kinds and ids."""
        return {name: _by_id(self.named(f"{name}s"), name) for name in NOTES}

    def drawn(self, element: Element) -> list[Block] | None:
        """What a chart or a diagram says; None for one whose data are not there."""
        part = self._targets.get(value(element, "dm") or relation(element), "")
        if part not in self._archive:
            return None
        if local(element) == "chart":
            return list(chart(self._archive.xml(part)))
        shown = diagram(self._archive.xml(part))
        return [shown] if shown else []

    def inserted(self, element: Element) -> list[Block]:
        """A page that a program put into the document whole, for Word to take it over."""
        part = self._targets.get(relation(element), "")
        if part in self._archive and posixpath.splitext(part)[1] in (".html", ".htm", ".xhtml"):
            return list(parsed(decode(self._archive.read(part)), is_page=False).blocks)
        self.unreadable += 1
        return []

    def __iter__(self) -> Iterator[Element]:
        """The paragraphs and tables of the body, each forgotten once it is read."""
        depth = 0
        for event, element in self._archive.events(self.body):
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 2:
                yield element
                element.clear()


def is_removed(paragraph: Element | None) -> bool:
    """Whether the end of a paragraph, by its properties, was deleted, moved away or hidden: then nobody counts it."""
    marks = child(paragraph, "rPr")
    return any(child(marks, name) is not None for name in ("del", "moveFrom", "vanish"))


def _by_id(root: Element, name: str) -> Mapping[str, Element]:
    return {
        value(each, "id"): each
        for each in root
        if local(each) == name and value(each, "type") not in ("separator", "continuationSeparator")
    }
