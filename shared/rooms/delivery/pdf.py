"""A PDF of Markdown, in a font that has Latin, Greek, Cyrillic, Thai, Devanagari and Georgian letters.

https://py-pdf.github.io/fpdf2, https://bboxtype.com/typefaces/FiraGO (from the package pymupdf-fonts)
"""

import re
import tempfile
import unicodedata
from collections.abc import Container
from functools import cache
from pathlib import Path

import pymupdf_fonts  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.errors import FPDFException
from fpdf.fonts import TextStyle, TTFFont

from shared.platform.errors import InvalidRequestError
from shared.rooms.delivery.markdown import body

FACES = {"": "figo", "B": "figbo", "I": "figit", "BI": "figbi"}
FAMILY = "FiraGO"
POINTS = 11
MAX_BLOCKS = 4000  # some 200 pages, for which it takes ten seconds: twice as many take four times as long
SHAPED = (
    ("\u0900", "\u097f"),
    ("\u0e00", "\u0e7f"),
)  # Devanagari, Thai: letters change with their neighbours; it is slow
HEADINGS = {"h1": 20, "h2": 16, "h3": 13, "h4": 12, "h5": 11, "h6": 11}
# fpdf2 knows no anchor without its mark, and in a cell of a table no more than one tag around all of it.
_ANCHOR = re.compile(r'<a href="#[^"]*">(.*?)</a>', re.DOTALL)
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_CELL = re.compile(r"(<t[dh]\b[^>]*>)(.*?)(?=</t[dh]>)", re.DOTALL)
_BLOCK = re.compile(r"<(?:p|li|h[1-6]|hr|tr|pre|blockquote)\b")
_ONE_TAG = re.compile(r"[^<]*|<(\w+)[^>]*>[^<]*</\1>")


def document(text: str, title: str) -> bytes:
    """Raises InvalidRequestError: format_unavailable (letters that the font has not, a large table), file_too_large."""
    shown = _CELL.sub(_plain, _ANCHOR.sub(r"\1", _writable(body(text), _letters())))
    if len(_BLOCK.findall(shown)) > MAX_BLOCKS:
        raise InvalidRequestError("The file has too many paragraphs, entries and rows for that.", code="file_too_large")
    made = FPDF(format="A4")
    try:
        _lay_out(made, shown, title)
        return bytes(made.output())
    except (FPDFException, NotImplementedError, ValueError):  # such as a row that is higher than a page
        detail = "This text does not fit on the pages of a PDF. Take docx or html."
        raise InvalidRequestError(detail, code="format_unavailable") from None
    finally:
        for font in made.fonts.values():  # each holds its file open
            if isinstance(font, TTFFont):
                font.close()


def _lay_out(made: FPDF, shown: str, title: str) -> None:
    for style, name in FACES.items():
        made.add_font(FAMILY, style, _fonts() / f"{name}.ttf")
    made.set_title(title)
    made.set_text_shaping(any(first <= letter <= last for letter in set(shown) for first, last in SHAPED))
    made.set_font(FAMILY, size=POINTS)
    made.add_page()
    headings = {tag: TextStyle(FAMILY, "B", size, t_margin=4, b_margin=2) for tag, size in HEADINGS.items()}
    plain = dict.fromkeys(("code", "pre", "blockquote"), TextStyle(FAMILY, color="#444444"))
    made.write_html(shown, font_family=FAMILY, li_prefix_color="#000000", tag_styles={**headings, **plain})


def _plain(cell: re.Match[str]) -> str:
    """A cell as fpdf2 can set it: its words, and where its links lead."""
    tag, said = cell.groups()
    if _ONE_TAG.fullmatch(said):
        return f"{tag}{said}"
    return tag + re.sub("<[^>]*>", "", _LINK.sub(r"\2 (\1)", said))


@cache
def _fonts() -> Path:
    """A folder of this process: fpdf2 reads fonts from files."""
    folder = Path(tempfile.mkdtemp(prefix="fonts-"))
    for name in FACES.values():
        (folder / f"{name}.ttf").write_bytes(pymupdf_fonts.fontbuffers[name]())
    return folder


@cache
def _letters() -> Container[int]:
    """What the font has, in all of its faces."""
    with TTFont(_fonts() / f"{FACES['']}.ttf") as font:
        return frozenset(font.getBestCmap())


def _writable(text: str, known: Container[int]) -> str:
    """Without signs, such as emoji, that the font has not. Raises InvalidRequestError where letters would be wrong."""
    letters = set(text)
    missing = {letter for letter in letters if ord(letter) not in known and not letter.isspace()}
    # fpdf2 sets runs from right to left in the order of reading.
    backwards = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in letters)
    if backwards or any(unicodedata.category(letter)[0] in "LMN" for letter in missing):
        detail = "The PDF would not be right in the script of this text. Take docx or html."
        raise InvalidRequestError(detail, code="format_unavailable")
    return text.translate(dict.fromkeys(map(ord, missing), ""))
