"""PDF: columns one after the other, tables as tables, paragraphs whole over lines and pages, no running heads."""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pypdfium2 as pdfium

from shared.knowledge.formats.document import Block, Document, UnreadableError, one_line
from shared.knowledge.formats.page_layout import Grid
from shared.knowledge.formats.pdf_lines import Line
from shared.knowledge.formats.pdf_pages import Page, read_pages
from shared.knowledge.formats.pdf_words import CUT, Joiner
from shared.knowledge.formats.tables import table
from shared.knowledge.ocr.words import NOTHING_RECOGNIZED, Pages

MAX_PAGES = 2000
RUNNING = 3  # pages; a chapter has its own head
HEADING = 1.15  # times the size of most letters
SHORT = 100  # characters; no heading has more
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|página|p\.)\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/|von|de)\s*\d{1,4})?\W*", re.IGNORECASE
)
_ITEM = re.compile(r"(?:[-*•▪●◦–·‣]\s|\(?(?:\d{1,3}|[a-z])[.)]\s)")
_BULLET = re.compile(r"^[•▪●◦–·‣]\s*")
_WORDS = re.compile(r"[^\W\d_]+")
_END = re.compile(r"[.!?:;。！？][\"')\]”»]*(?:\s?\^[\d,]+)?$")


def read(data: bytes, recognized: Pages = NOTHING_RECOGNIZED) -> Document:
    """With what was recognized in pictures. Raises UnreadableError: encrypted, too_large, too_complex, corrupt.

    A password that only guards changes does not keep a document from being read.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as fault:
        raise UnreadableError("encrypted" if "password" in str(fault).lower() else "corrupt") from None
    if len(document) > MAX_PAGES:
        raise UnreadableError("too_large")
    title = one_line(document.get_metadata_dict().get("Title", ""))
    reading = read_pages(document, recognized)
    if not reading.pages and not reading.empty:
        raise UnreadableError("corrupt")
    body = _body(reading.pages)
    blocks = list(_blocks(_without_running_heads(reading.pages, body), body))
    return Document(title, blocks, reading.omissions(), sorted([*reading.empty, *reading.pictured]))


def _without_running_heads(pages: list[Page], body: float) -> list[Page]:
    """Without what stands outermost on many pages, the same or but for its numbers, and without their own numbers."""
    counts = Counter(shape for page in pages for shape in {_shape(line, body) for row in _edges(page) for line in row})
    running = {shape for shape, count in counts.items() if count >= RUNNING}
    return [replace(page, parts=_without(page, running, body, len(pages) > 1)) for page in pages]


def _without(page: Page, running: set[str], body: float, is_numbered: bool) -> list[Line | Grid]:
    gone = {
        id(line)
        for row in _edges(page)
        for line in row
        if _shape(line, body) in running or (is_numbered and _PAGE_NUMBER.fullmatch(line.text))
    }
    return [part for part in page.parts if id(part) not in gone]


def _edges(page: Page) -> list[list[Line]]:
    """The first and the last line of a page, with what stands beside each."""
    lines = [part for part in page.parts if isinstance(part, Line)]
    heights = [part.base for part in page.parts]
    if not heights or max(heights) - min(heights) < 5 * min(part.size for part in page.parts):
        return []
    return [[line for line in lines if abs(line.base - at) < line.size / 2] for at in (max(heights), min(heights))]


def _shape(line: Line, body: float) -> str:
    """Numbers count where it may be a heading: a plan may have a week a page."""
    is_heading = line.size > HEADING * body or line.is_bold or len(_WORDS.findall(line.text)) < 3
    return line.text if is_heading else re.sub(r"\d+", "#", line.text.lower())


def _body(pages: Sequence[Page]) -> float:
    """The size of most letters; of several that are about as common the smallest."""
    weights = Counter[float]()
    for part in (part for page in pages for part in page.parts):
        letters = len(part.text) if isinstance(part, Line) else sum(len(cell) for row in part.rows for cell in row)
        weights[round(part.size * 2) / 2] += letters
    total = sum(weights.values())
    return min((size for size, weight in weights.items() if weight >= total / 4), default=10.0)


def _blocks(pages: list[Page], body: float) -> Iterator[Block]:
    lines = [part for page in pages for part in page.parts if isinstance(part, Line)]
    levels = _levels(lines, body)
    joiner = Joiner.of(line.text for line in lines)
    waiting: Block | None = None
    for block in (each for page in pages for each in _page_blocks(page, levels, joiner)):
        if waiting is not None and _continues(waiting, block):
            waiting = replace(waiting, text=joiner.joined(waiting.text, block.text))
            continue
        if waiting is not None:
            yield waiting
        waiting = block
    if waiting is not None:
        yield waiting


def _continues(block: Block, after: Block) -> bool:
    """Whether a paragraph goes on at the top of the next page or column."""
    if block.kind != after.kind or block.kind not in ("text", "list") or _END.search(block.text):
        return False
    return after.text[:1].islower() or (bool(CUT.search(block.text)) and after.text[:1].isalpha())


def _levels(lines: Sequence[Line], body: float) -> dict[float, int]:
    sizes = {round(line.size * 2) / 2 for line in lines if line.size > HEADING * body and len(line.text) <= SHORT}
    return {size: min(level, 4) for level, size in enumerate(sorted(sizes, reverse=True), 1)}


def _page_blocks(page: Page, levels: dict[float, int], joiner: Joiner) -> Iterator[Block]:
    paragraph: list[Line] = []
    spacing = _spacing(page)
    for part in page.parts:
        if isinstance(part, Grid) or (paragraph and _begins(part, paragraph, spacing)):
            yield from _paragraph(paragraph, levels, joiner, page.number)
            paragraph = []
        if isinstance(part, Line):
            paragraph.append(part)
        elif found := table(part.rows):
            yield replace(found, page=page.number)
    yield from _paragraph(paragraph, levels, joiner, page.number)


def _spacing(page: Page) -> float:
    """From one line of a paragraph to the next, in sizes of its letters."""
    lines = [part for part in page.parts if isinstance(part, Line)]
    steps = [
        (above.base - below.base) / above.size
        for above, below in pairwise(lines)
        if above.size > 0 and 0.5 < (above.base - below.base) / above.size < 3
    ]
    return min(statistics.median(steps), 1.7) if steps else 1.3


def _begins(line: Line, paragraph: list[Line], spacing: float) -> bool:
    last = paragraph[-1]
    step = (last.base - line.base) / max(last.size, line.size)
    if abs(last.size - line.size) > 0.1 * last.size or last.is_bold != line.is_bold or _ITEM.match(line.text):
        return True
    if step < -0.5:  # the next column
        return bool(_END.search(last.text)) or not line.text[:1].islower()
    indented = line.left > paragraph[0].left + 0.8 * line.size and len(paragraph) > 1 and abs(line.left - last.left) > 1
    return step > spacing * 1.25 or (indented and not _ITEM.match(paragraph[0].text))


def _paragraph(lines: list[Line], levels: dict[float, int], joiner: Joiner, page: int) -> Iterator[Block]:
    if not lines:
        return
    text = lines[0].text
    for line in lines[1:]:
        text = joiner.joined(text, line.text)
    text = one_line(text)
    if not text:
        return
    level = 0 if _BULLET.match(text) else levels.get(round(lines[0].size * 2) / 2, 0)
    is_emphasis = lines[0].is_bold and len(lines) == 1 and not _END.search(text) and not _ITEM.match(text)
    if len(text) <= SHORT and (level or (is_emphasis and len(text.split()) <= 10)):
        yield Block("heading", text, level or 5, page)
    elif _ITEM.match(text):
        yield Block("list", _BULLET.sub("- ", text), page=page)
    else:
        yield Block("text", text, page=page)
