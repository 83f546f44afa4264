"""The pages of a PDF: what stands on each in the order of reading, and what of them was not read, or not for sure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from shared.knowledge.formats.document import Omission, numbers
from shared.knowledge.formats.page_layout import Grid, arranged
from shared.knowledge.formats.pdf_letters import Frame, sheet_of
from shared.knowledge.formats.pdf_lines import Line
from shared.knowledge.formats.recognized import frame_of
from shared.knowledge.ocr.words import Pages, Word, is_unsure

MAX_NOTES = 10_000  # of a page
SHOWN = {raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_STAMP}


@dataclass(frozen=True)
class Page:
    number: int
    parts: list[Line | Grid]


@dataclass
class Reading:
    """Pages with text, and the numbers of those that are empty, have pictures, were recognized, are broken."""

    pages: list[Page] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    pictured: list[int] = field(default_factory=list)
    recognized: list[int] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)

    def omissions(self) -> list[Omission]:
        found = [
            Omission("pages_without_text", len(self.empty), numbers(self.empty)),
            Omission("images", len(self.pictured), numbers(self.pictured)),
            Omission("pages_read_by_ocr", len(self.recognized), numbers(self.recognized)),
            Omission("pages_read_unsurely", len(self.unsure), numbers(self.unsure)),
            Omission("unreadable_parts", len(self.broken), numbers(self.broken)),
        ]
        return [each for each in found if each.count]


def read_pages(document: pdfium.PdfDocument, recognized: Pages) -> Reading:
    """Raises UnreadableError (too_complex)."""
    reading = Reading()
    for number in range(1, len(document) + 1):
        try:
            page = _with_notes(document, number - 1)
        except pdfium.PdfiumError:
            reading.broken.append(number)
            continue
        _read_page(reading, page, number, recognized.get(number, ()))
        page.close()
    return reading


def _with_notes(document: pdfium.PdfDocument, at: int) -> Any:
    """A page with what was filled in, typed or struck on it later as a part of it."""
    page = document[at]
    kinds = set()
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), MAX_NOTES)):
        note = raw.FPDFPage_GetAnnot(page.raw, index)
        kinds.add(raw.FPDFAnnot_GetSubtype(note))
        raw.FPDFPage_CloseAnnot(note)
    if kinds.isdisjoint(SHOWN) or raw.FPDFPage_Flatten(page.raw, raw.FLAT_NORMALDISPLAY) != raw.FLATTEN_SUCCESS:
        return page
    page.close()
    return document[at]


def _read_page(reading: Reading, page: Any, number: int, words: Sequence[Word]) -> None:
    sheet = sheet_of(page)
    frames = [*sheet.frames, *_recognized(page, words)]
    if parts := [part for frame in frames for part in arranged(frame)]:
        reading.pages.append(Page(number, parts))
    if words:
        reading.recognized.append(number)
        reading.unsure += [number] if is_unsure(words) else []
    elif not parts:
        reading.empty.append(number)
    elif sheet.has_unread_picture:
        reading.pictured.append(number)


def _recognized(page: Any, words: Sequence[Word]) -> Iterator[Frame]:
    if words:
        yield frame_of(words, *page.get_size())
