"""Slides in the order they are shown: titles, texts, tables, figures of charts, and what the speaker noted."""

from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import Archive, child, local, relation, value
from shared.knowledge.formats.document import Block, Document, Omission, numbers, one_line
from shared.knowledge.formats.drawings import chart, diagram, words
from shared.knowledge.formats.tables import Cell, spanned

DECK = "ppt/presentation.xml"
TITLES = ("title", "ctrTitle")
# Of a slide's frame: dates, footers and numbers are on every one.
FRAME = ("dt", "ftr", "sldNum", "sldImg", "hdr")


def read(data: bytes) -> Document:
    """Raises UnreadableError: encrypted, too_complex, corrupt; and for a broken file what zipfile raises."""
    with Archive(data) as archive:
        slides = [(number, part, archive.xml(part)) for number, part in _slides(archive)]
        hidden = [number for number, _, root in slides if value(root, "show") in ("0", "false")]
        readers = [_Slide(archive, part, root, number) for number, part, root in slides if number not in hidden]
        blocks = [block for reader in readers for block in reader.blocks()]
        images = sum(reader.images for reader in readers)
        omitted = [Omission("hidden_slides", len(hidden), numbers(hidden))] if hidden else []
        omitted += [Omission("images", images)] if images else []
        return Document(archive.title(), blocks, omitted)


def _slides(archive: Archive) -> list[tuple[int, str]]:
    targets = archive.targets(DECK)
    listed = child(archive.xml(DECK), "sldIdLst")
    names = [relation(each) for each in (listed if listed is not None else ())]
    return [(number, targets[name]) for number, name in enumerate(names, 1) if targets.get(name, "") in archive]


class _Slide:
    def __init__(self, archive: Archive, part: str, root: Element, number: int) -> None:
        self.images = 0
        self._archive = archive
        self._number = number
        self._targets = archive.targets(part)
        self._root = root

    def blocks(self) -> Iterator[Block]:
        shapes = list(self._shapes(child(self._root, "cSld", "spTree")))
        title = next((text for shape, _, _ in shapes if _place(shape) in TITLES and (text := _plain(shape))), "")
        if title:
            yield Block("heading", title, 1 if self._number == 1 else 2, self._number)
        # As it is read: from above, and in what is about one line from the left.
        for shape, _, _ in sorted(shapes, key=lambda found: (found[1] // 300_000, found[2])):
            if _place(shape) not in TITLES:
                yield from self._blocks(shape)
        yield from self._notes()

    def _shapes(self, tree: Element | None, top: int = 0, left: int = 0) -> Iterator[tuple[Element, int, int]]:
        """What is on the slide, out of its groups, with where it is."""
        for each in tree if tree is not None else ():
            name = local(each)
            if _is_hidden(each):
                continue
            if name == "grpSp":
                y, x = _position(child(each, "grpSpPr", "xfrm"))
                yield from self._shapes(each, y or top, x or left)
            elif name == "AlternateContent":
                yield from self._shapes(child(each, "Choice"), top, left)
            elif name == "pic":
                self.images += 1
            elif name in ("sp", "graphicFrame", "cxnSp"):
                frame = child(each, "spPr", "xfrm") if name != "graphicFrame" else child(each, "xfrm")
                y, x = _position(frame)
                yield each, y if frame is not None else top, x if frame is not None else left

    def _blocks(self, shape: Element) -> Iterator[Block]:
        if _place(shape) in FRAME:
            return
        data = child(shape, "graphic", "graphicData")
        if data is not None:
            for each in data:
                yield from self._drawn(each)
        elif (body := child(shape, "txBody")) is not None:
            yield from _texts(
                body, self._number, _place(shape) in ("body", "obj", "", "subTitle") and _holder(shape) is not None
            )

    def _drawn(self, element: Element) -> Iterator[Block]:
        name = local(element)
        part = self._targets.get(relation(element) or value(element, "dm"), "")
        if name == "tbl":
            if found := spanned(list(_rows(element))):
                yield found
        elif name == "chart" and part in self._archive:
            yield from (replace(block, page=self._number) for block in chart(self._archive.xml(part)))
        elif name == "relIds" and part in self._archive:
            if shown := diagram(self._archive.xml(part)):
                yield replace(shown, page=self._number)
        else:
            self.images += 1

    def _notes(self) -> Iterator[Block]:
        part = next((name for name in self._targets.values() if "notesSlide" in name), "")
        if part not in self._archive:
            return
        for shape, _, _ in self._shapes(child(self._archive.xml(part), "cSld", "spTree")):
            if _place(shape) == "body" and (text := _plain(shape)):
                yield Block("note", f"Notes: {text}", page=self._number)


def _holder(shape: Element) -> Element | None:
    return next((found for part in shape if (found := child(part, "nvPr", "ph")) is not None), None)


def _place(shape: Element) -> str:
    holder = _holder(shape)
    return "" if holder is None else value(holder, "type", "body")


def _is_hidden(element: Element) -> bool:
    return any(value(child(part, "cNvPr"), "hidden") in ("1", "true") for part in element)


def _position(frame: Element | None) -> tuple[int, int]:
    offset = child(frame, "off")
    try:
        return int(value(offset, "y", "0")), int(value(offset, "x", "0"))
    except ValueError:
        return 0, 0


def _plain(shape: Element) -> str:
    body = child(shape, "txBody")
    return one_line(" ".join(words(each) for each in body if local(each) == "p")) if body is not None else ""


def _texts(body: Element, page: int, is_listed: bool) -> Iterator[Block]:
    """Its paragraphs: those with bullets or numbers, which the places for text of a slide have unasked, as a list."""
    lines: list[str] = []
    counts: dict[int, int] = {}  # by depth
    for paragraph in (each for each in body if local(each) == "p"):
        text = words(paragraph)
        if not text:
            continue
        properties = child(paragraph, "pPr")
        depth = min(int(level), 8) if (level := value(properties, "lvl", "0")).isdigit() else 0
        number = child(properties, "buAutoNum")
        counts = {
            each: count for each, count in counts.items() if each < depth or (each == depth and number is not None)
        }
        bulleted = child(properties, "buNone") is None and (is_listed or child(properties, "buChar") is not None)
        if number is None and not bulleted:
            if lines:
                yield Block("list", "\n".join(lines), page=page)
            lines = []
            yield Block("text", text, page=page)
            continue
        if number is not None:
            start = value(number, "startAt", "1")
            counts[depth] = counts.get(depth, int(start) - 1 if start.isdigit() else 0) + 1
        mark = "-" if number is None else f"{counts[depth]}."
        lines.append(f"{'  ' * depth}{mark} {text}")
    if lines:
        yield Block("list", "\n".join(lines), page=page)


def _rows(element: Element) -> Iterator[list[Cell]]:
    for number, row in enumerate(each for each in element if local(each) == "tr"):
        cells = []
        for cell in (each for each in row if local(each) == "tc"):
            if value(cell, "hMerge") in ("1", "true") or value(cell, "vMerge") in ("1", "true"):
                continue
            across, down = (value(cell, name, "1") for name in ("gridSpan", "rowSpan"))
            cells.append(
                Cell(
                    _plain(cell),
                    int(across) if across.isdigit() else 1,
                    max(1, int(down)) if down.isdigit() else 1,
                    is_head=number == 0,
                )
            )
        yield cells
