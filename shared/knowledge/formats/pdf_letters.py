"""The letters of a PDF's page that a reader sees, each in the frame of the direction that it is written in."""

import ctypes
import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from shared.knowledge.formats.document import UnreadableError
from shared.knowledge.formats.pdf_drawings import WHITE, Backdrop, Box, drawn_on

MAX_LETTERS = 100_000  # of a page; dense print has some 10,000
INVISIBLE, CLIP = 3, 7  # ways of drawing letters that draw none
MIN_SIZE = 1.5  # points, below which nobody reads
MARGIN = 3.0  # points by which a letter may stand over the edge
PICTURE = 1 / 3  # of a page, from which pictures may be what it says
STAMP = 100  # letters over a picture: a page number or a date on a scan; a text over its background has more
RULE = 2.0  # points: what is thinner is a line
RULE_LENGTH = 6.0


@dataclass(frozen=True, slots=True)
class Letter:
    """In points, from the left and from the bottom of a page that is turned so that the text is upright."""

    text: str
    left: float
    right: float
    base: float
    size: float
    is_bold: bool


@dataclass
class Frame:
    """The letters of one direction, and the lines that are drawn across (by their height) and down (by their place)."""

    letters: list[Letter] = field(default_factory=list)
    across: list[tuple[float, float, float]] = field(default_factory=list)  # at, from, to
    down: list[tuple[float, float, float]] = field(default_factory=list)


@dataclass
class Sheet:
    """A page: its frames, the one with the most letters first, and whether much of it is a picture that nobody read."""

    frames: list[Frame]
    has_unread_picture: bool


def sheet_of(page: Any) -> Sheet:
    """Raises UnreadableError (too_complex)."""
    width, height = page.get_size()
    rules, pictures, backdrop = drawn_on(page)
    text_page = page.get_textpage()
    try:
        visible, unseen = _letters(text_page.raw, Paper(page.get_bbox(), backdrop))
    finally:
        text_page.close()
    has_picture = sum(each.area for each in pictures) >= PICTURE * width * height
    # A scan with its text recognized has that text, unseen, over the picture.
    frames = visible if any(visible.values()) or not has_picture else unseen
    found = [_framed(angle, letters, rules) for angle, letters in frames.items()]
    over = sum(_is_over(angle, letter, pictures) for angle, letters in frames.items() for letter in letters)
    return Sheet(sorted(found, key=lambda frame: -len(frame.letters)), has_picture and over < STAMP)


class Paper(NamedTuple):
    """What of a page is shown, and what is behind its letters."""

    edges: tuple[float, float, float, float]
    backdrop: Backdrop

    def has(self, x: float, y: float) -> bool:
        left, bottom, right, top = self.edges
        return left - MARGIN <= x <= right + MARGIN and bottom - MARGIN <= y <= top + MARGIN


Frames = dict[int, list[Letter]]


def _is_over(angle: int, letter: Letter, pictures: list[Box]) -> bool:
    x, y = _turned(-angle, letter.left, letter.base)
    return any(each.left <= x <= each.right and each.bottom <= y <= each.top for each in pictures)


def _letters(page: Any, paper: Paper) -> tuple[Frames, Frames]:
    count = pdfium.FPDFText_CountChars(page)
    if count > MAX_LETTERS:
        raise UnreadableError("too_complex")
    visible: Frames = defaultdict(list)
    unseen: Frames = defaultdict(list)
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    objects: dict[int, tuple[bool, bool]] = {}
    pending = 0
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(page, index)
        if pdfium.FPDFText_IsGenerated(page, index) == 1 or code in (0, 10, 13, 0xFFFE, 0xFFFF):
            continue
        if 0xD800 <= code < 0xDC00:
            pending = code
            continue
        if 0xDC00 <= code < 0xE000:
            code, pending = (0x10000 + ((pending - 0xD800) << 10) + code - 0xDC00 if pending else 0xFFFD), 0
        pdfium.FPDFText_GetLooseCharBox(page, index, box)
        pdfium.FPDFText_GetCharOrigin(page, index, x, y)
        size = pdfium.FPDFText_GetFontSize(page, index)
        angle = round(math.degrees(pdfium.FPDFText_GetCharAngle(page, index))) % 360
        middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
        is_seen, is_bold = _looks(page, index, objects, paper.backdrop, middle)
        corners = ((box.left, box.bottom), (box.right, box.bottom), (box.left, box.top), (box.right, box.top))
        left, right, tall = _span(angle, corners, x.value, y.value)
        scaled = tall / 1.2 if tall > 0 and size <= 1.5 else size  # sizes may be in the matrix
        shown = _LIGATURES.get(code) or chr(code if code != 2 else 0x2D)
        letter = Letter(shown, left, right, _turned(angle, x.value, y.value)[1], max(scaled, 0.1), is_bold)
        (visible if is_seen and scaled >= MIN_SIZE and paper.has(x.value, y.value) else unseen)[angle].append(letter)
    return visible, unseen


_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


def _looks(
    page: Any, index: int, known: dict[int, tuple[bool, bool]], backdrop: Backdrop, middle: tuple[float, float]
) -> tuple[bool, bool]:
    """Whether a letter is seen, and whether it is bold: the same for all that are drawn with it."""
    drawn = pdfium.FPDFText_GetTextObject(page, index)
    key = ctypes.cast(drawn, ctypes.c_void_p).value or 0
    if key not in known:
        red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
        coloured = pdfium.FPDFText_GetFillColor(page, index, red, green, blue, alpha)
        is_white = min(red.value, green.value, blue.value) >= WHITE and not backdrop.is_coloured(*middle)
        is_white = bool(coloured) and (is_white or alpha.value == 0)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(drawn) if key else 0
        name = ctypes.create_string_buffer(200)
        flags = ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(page, index, name, 200, flags)
        heavy = pdfium.FPDFText_GetFontWeight(page, index) >= 600 or b"bold" in name.value.lower()
        known[key] = mode not in (INVISIBLE, CLIP) and not (is_white and mode == 0), heavy
    return known[key]


def _turned(angle: int, x: float, y: float) -> tuple[float, float]:
    turn = math.radians(angle)
    # The angle that PDFium tells goes with the clock.
    return x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)


def _span(angle: int, corners: tuple[tuple[float, float], ...], x: float, y: float) -> tuple[float, float, float]:
    turned = [_turned(angle, *corner) for corner in corners]
    lefts, heights = [each[0] for each in turned], [each[1] for each in turned]
    left, right = min(lefts), max(lefts)
    if angle % 90:  # the box stands on its corner
        left = _turned(angle, x, y)[0]
        right = left + (right - left) / 3
    return left, right, max(heights) - min(heights)


def _framed(angle: int, letters: list[Letter], rules: list[tuple[float, float, float, float]]) -> Frame:
    frame = Frame(letters)
    for x1, y1, x2, y2 in rules if angle % 90 == 0 else ():
        (left, low), (right, high) = _turned(angle, x1, y1), _turned(angle, x2, y2)
        left, right, low, high = min(left, right), max(left, right), min(low, high), max(low, high)
        if high - low <= RULE and right - left >= RULE_LENGTH:
            frame.across.append(((low + high) / 2, left, right))
        elif right - left <= RULE and high - low >= RULE_LENGTH:
            frame.down.append(((left + right) / 2, low, high))
    return frame
