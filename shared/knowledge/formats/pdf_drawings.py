"""What is drawn on a PDF's page beside its letters: lines, pictures, and the colour behind white letters."""

import ctypes
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

MAX_RULES = 20_000
MAX_FILLED = 5000
WHITE = 250  # of 255, in each colour
CELLS = 300  # by which it is known what is behind a letter, across a page and down


class Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        return abs((self.right - self.left) * (self.top - self.bottom))


class Backdrop:
    """Where a page is filled with a colour that is not white; what is drawn later covers what is there."""

    def __init__(self, left: float, bottom: float, right: float, top: float) -> None:
        self._left, self._bottom = left, bottom
        self._width, self._height = (max(each, 1.0) / CELLS for each in (right - left, top - bottom))
        self._cells = bytearray()
        self._boxes: list[tuple[Box, bool]] = []

    def fill(self, box: Box, *, is_white: bool) -> None:
        if len(self._boxes) < MAX_FILLED:
            self._boxes.append((box, is_white))

    def is_coloured(self, x: float, y: float) -> bool:
        if not self._cells:
            self._paint()
        column, row = int((x - self._left) / self._width), int((y - self._bottom) / self._height)
        return 0 <= column < CELLS and 0 <= row < CELLS and self._cells[row * CELLS + column] == 1

    def _paint(self) -> None:
        """Once it is asked for: few pages have white letters."""
        self._cells = bytearray(CELLS * CELLS)
        for box, is_white in self._boxes:
            first, last = sorted(_within((x - self._left) / self._width) for x in (box.left, box.right))
            low, high = sorted(_within((y - self._bottom) / self._height) for y in (box.bottom, box.top))
            colour = bytes([not is_white]) * (last - first)
            for row in range(low, high):
                self._cells[row * CELLS + first : row * CELLS + last] = colour


def _within(cell: float) -> int:
    return max(0, min(CELLS, round(cell)))


class Drawn(NamedTuple):
    rules: list[tuple[float, float, float, float]]
    pictures: list[Box]
    backdrop: Backdrop


def drawn_on(page: Any) -> Drawn:
    """In the order in which it is drawn."""
    found = Drawn([], [], Backdrop(*page.get_bbox()))
    for drawn in page.get_objects(max_depth=2):
        if drawn.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            found.pictures.append(Box(*drawn.get_bounds()))
            found.backdrop.fill(found.pictures[-1], is_white=False)
        elif drawn.type == pdfium.FPDF_PAGEOBJ_PATH and drawn.level == 0:
            if len(found.rules) < MAX_RULES:
                found.rules.extend(_edges(drawn))
            if (is_white := _fills_white(drawn)) is not None:
                found.backdrop.fill(Box(*drawn.get_bounds()), is_white=is_white)
    return found


def _fills_white(drawn: Any) -> bool | None:
    """None for what fills nothing."""
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPath_GetDrawMode(drawn.raw, mode, stroke) or mode.value == pdfium.FPDF_FILLMODE_NONE:
        return None
    if not pdfium.FPDFPageObj_GetFillColor(drawn.raw, red, green, blue, alpha) or alpha.value == 0:
        return None
    return min(red.value, green.value, blue.value) >= WHITE


def _edges(drawn: Any) -> Iterator[tuple[float, float, float, float]]:
    matrix = drawn.get_matrix()
    begin = last = None
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(min(pdfium.FPDFPath_CountSegments(drawn.raw), 1000)):
        segment = pdfium.FPDFPath_GetPathSegment(drawn.raw, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO or last is None:
            begin = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield (*last, *point)
        last = point
        if pdfium.FPDFPathSegment_GetClose(segment) and begin is not None:
            yield (*last, *begin)
