"""Word documents: headings, lists with their numbers, tables, notes and equations, with every change accepted."""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import Archive, child, is_on, local, value
from shared.knowledge.formats.document import Block, Document, Omission, one_line
from shared.knowledge.formats.equations import begins_with_fraction, written
from shared.knowledge.formats.raised_text import Script, joined
from shared.knowledge.formats.symbol_fonts import in_font
from shared.knowledge.formats.tables import Cell, spanned
from shared.knowledge.formats.word_parts import Parts, is_removed
from shared.knowledge.formats.word_styles import Lists, Style, changed, styles

Word = str | Script
# What was deleted or moved away, what stands there twice, what is said about the text and not in it.
NEVER = {
    "del", "moveFrom", "Fallback", "delText", "instrText", "delInstrText", "pPr", "rPr", "sdtPr", "tblPr", "tblGrid",
    "trPr", "tcPr", "sectPr", "annotationRef", "commentReference", "rt", "rubyPr", "proofErr", "fldData",
}  # fmt: skip
SPACES = {"tab": " ", "br": " ", "cr": " ", "ptab": " ", "noBreakHyphen": "-", "softHyphen": ""}
PICTURES = {"blip", "imagedata"}
# Fractions as they were written before there were equations.
_FRACTION_FIELD = re.compile(r"\s*EQ\s*\\f\s*\((\d{1,4})[,;](\d{1,4})\)\s*", re.IGNORECASE)
_CODE = re.compile("[0-9A-Fa-f]{4}")


class _Reader:
    def __init__(self, parts: Parts) -> None:
        self.images = 0
        self._parts = parts
        self._styles = styles(parts.named("styles"))
        self._lists = Lists.of(parts.named("numbering"))
        self._notes = parts.notes()
        self._numbers: dict[tuple[str, str], int] = {}
        self._waiting: list[Block] = []  # what stands beside the paragraph that is being read
        self._inside: set[tuple[str, str]] = set()

    def blocks(self, element: Element) -> Iterator[Block]:
        """Of a paragraph, a table, or something that holds them."""
        match local(element):
            case "p":
                yield from self._paragraph(element)
            case "tbl":
                if found := spanned(list(self._rows(element))):
                    yield found
                yield from self._beside()
            case "altChunk":
                yield from self._parts.inserted(element)
            case name if name not in NEVER:
                for each in element:
                    yield from self.blocks(each)

    def _paragraph(self, element: Element) -> Iterator[Block]:
        properties = child(element, "pPr")
        style = self._styles.get(value(child(properties, "pStyle")), Style())
        style = changed(style, properties, None)
        text = one_line(joined(self._runs(element, style, [])))
        if text:
            mark = self._lists.mark(style.number, style.depth)
            if style.level:
                yield Block("heading", f"{mark.removeprefix('- ')}{text}", min(style.level, 6))
            elif style.number not in ("", "0"):
                yield Block("list", f"{'  ' * style.depth}{mark or '- '}{text}")
            else:
                yield Block("text", text)
        elif not is_removed(properties):
            self._lists.mark(style.number, style.depth)  # an empty one, or one that is a picture, has its number
        yield from self._beside()

    def _put_beside(self, element: Element) -> None:
        """What is in a box goes behind the paragraph that the box is tied to."""
        waiting, self._waiting = self._waiting, []
        waiting += list(self.blocks(element))
        self._waiting = waiting + self._waiting

    def _beside(self) -> Iterator[Block]:
        waiting, self._waiting = self._waiting, []
        yield from waiting

    def _runs(self, element: Element, style: Style, before: list[Word]) -> list[Word]:
        """The words in something, and before them those that stand there already."""
        for each in element:
            name = local(each)
            if name in NEVER:
                continue
            if name == "r":
                self._run(each, style, before)
            elif name in ("oMath", "oMathPara"):
                is_apart = name == "oMathPara" or (begins_with_fraction(each) and _ends_with_digit(before))
                before.append(f" {written(each)} " if is_apart else written(each))
            elif name in ("p", "tbl"):
                self._put_beside(each)
            else:
                self._look(each)
                self._runs(each, style, before)
        return before

    def _run(self, element: Element, style: Style, words: list[Word]) -> None:
        properties = child(element, "rPr")
        named = self._styles.get(value(child(properties, "rStyle")))
        if named is not None:
            style = style.with_characters(named)
        style = changed(style, None, properties)
        if style.is_hidden or style.is_struck:
            return
        parts: list[str] = []
        for each in element:
            self._part(each, style, parts)
        text = "".join(parts)
        is_raised = style.script == "superscript"
        words.append(Script(text, is_raised) if is_raised or style.script == "subscript" else text)

    def _part(self, element: Element, style: Style, words: list[str]) -> None:
        name = local(element)
        if name == "t":
            words.append(in_font(element.text or "", style.font))
        elif name in SPACES:
            words.append(SPACES[name])
        elif name == "sym":
            code = value(element, "char")
            words.append(in_font(chr(int(code, 16)), value(element, "font")) if _CODE.fullmatch(code) else "")
        elif name == "instrText" and (fraction := _FRACTION_FIELD.fullmatch(element.text or "")):
            words.append(f" {fraction[1]}/{fraction[2]}")
        elif name in ("footnoteReference", "endnoteReference"):
            words.append(self._note(name.removesuffix("Reference"), value(element, "id")))
        elif name not in NEVER:
            self._look(element)
            if name in ("p", "tbl"):
                self._put_beside(element)
            else:
                for each in element:
                    self._part(each, style, words)

    def _look(self, element: Element) -> None:
        """Whether something is drawn there, which is read where its data are."""
        name = local(element)
        if name in ("chart", "relIds"):
            drawn = self._parts.drawn(element)
            self._waiting += drawn or []
            self.images += drawn is None
        self.images += name in PICTURES

    def _note(self, kind: str, name: str) -> str:
        """Its mark; what it says follows the paragraph."""
        key = (kind, name)
        note = self._notes[kind].get(name)
        if note is None or key in self._inside:
            return ""
        number = self._numbers.setdefault(key, len(self._numbers) + 1)
        self._inside.add(key)
        waiting, self._waiting = self._waiting, []
        text = " ".join(block.text for block in self.blocks(note))
        self._waiting = waiting
        self._inside.discard(key)
        self._waiting.append(Block("note", f"Note {number}: {text}"))
        return f" (note {number}) "

    def _rows(self, table: Element) -> Iterator[list[Cell]]:
        """A cell that goes on from the row above is a part of the one there, which is known when all rows are."""
        rows: list[list[Cell]] = []
        open_cells: dict[int, tuple[int, int]] = {}  # by column, where the cell that goes on is
        for row in _within(table, "tr"):
            properties = child(row, "trPr")
            if child(properties, "del") is not None or is_on(child(properties, "hidden")):
                continue
            is_head = is_on(child(properties, "tblHeader")) or not rows
            cells = [Cell("")] * _number(value(child(properties, "gridBefore")), 0)
            column = len(cells)
            for cell in _within(row, "tc"):
                if child(cell, "tcPr", "cellDel") is not None:
                    continue
                merge = child(cell, "tcPr", "vMerge")
                across = _number(value(child(cell, "tcPr", "gridSpan")), 1)
                if merge is not None and value(merge, default="continue") == "continue" and column in open_cells:
                    at, index = open_cells[column]
                    above = rows[at][index]
                    rows[at][index] = Cell(above.text, above.columns, len(rows) - at + 1, above.is_head)
                else:
                    open_cells.pop(column, None)
                    if merge is not None:
                        open_cells[column] = (len(rows), len(cells))
                    cells.append(Cell(self._cell(cell), across, 1, is_head))
                column += across
            rows.append(cells)
        return iter(rows)

    def _cell(self, element: Element) -> str:
        notes: list[Block] = []
        words: list[str] = []
        for block in (each for part in element for each in self.blocks(part)):
            if block.kind == "note":
                notes.append(block)
            elif block.kind == "table":
                words.append(_flat(block.text))
            else:
                words.append(block.text.strip().removeprefix("- "))
        self._waiting += notes
        return " ".join(words)


def read(data: bytes) -> Document:
    """Raises UnreadableError: encrypted, too_complex, corrupt; and for a broken file what zipfile raises."""
    with Archive(data) as archive:
        parts = Parts(archive)
        reader = _Reader(parts)
        blocks = list(_joined(block for part in parts for block in reader.blocks(part)))
        omitted = [Omission("images", reader.images), Omission("unreadable_parts", parts.unreadable)]
        return Document(archive.title(), blocks, [each for each in omitted if each.count])


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """With the items of a list as one block."""
    items: list[str] = []
    for block in blocks:
        if block.kind == "list":
            items.append(block.text)
            continue
        if items:
            yield Block("list", "\n".join(items))
            items = []
        yield block
    if items:
        yield Block("list", "\n".join(items))


def _ends_with_digit(words: Sequence[Word]) -> bool:
    return bool(words) and isinstance(words[-1], str) and words[-1][-1:].isdigit()


def _within(element: Element, name: str) -> Iterator[Element]:
    """Rows or cells, also those in a control."""
    for each in element:
        if local(each) == name:
            yield each
        elif local(each) in ("sdt", "sdtContent", "customXml", "ins", "moveTo"):
            yield from _within(each, name)


def _number(text: str, default: int) -> int:
    return min(int(text), 1000) if text.isdigit() and int(text) else default


def _flat(table: str) -> str:
    rows = [line.strip("| ").replace(" | ", " ") for line in table.split("\n") if not line.startswith("| ---")]
    return "; ".join(rows)
