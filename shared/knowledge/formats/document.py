"""What every kind of file becomes: a title, blocks in reading order and what was left out; or why it never can."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.platform.errors import InvalidRequestError

MAX_BYTES = 20 * 1024 * 1024
# Measured, with chunks of 400 tokens: a section is one at least, and each piece of a table says its head again.
ROOM = "20 MB and 2,000 chunks, which are some 3 MB of prose, 1 MB of short sections or 0.4 MB of a table"
REASONS = {
    "no_text": "The document has no text. Pages that are pictures are read only where the setting OCR says by what.",
    "unsupported": "The document is none of text, Markdown, HTML, PDF, DOCX, XLSX, PPTX, EPUB and CSV, or its charset "
    "cannot be told.",
    "too_large": f"The document is too large: at most {ROOM}. Split it into several files.",
    "too_slow": "The document took longer than half a minute to read. Split it into several files.",
    "too_complex": "The document needs too much memory, is nested too deeply, or grows too much when it is unpacked.",
    "too_wide": "The document has a table of more than 1,000 columns. Split it, or turn it around.",
    "encrypted": "The document is encrypted; upload it without a password.",
    "corrupt": "The document is damaged or breaks the rules of its format.",
}
Kind = Literal["heading", "text", "list", "table", "code", "note"]
# What a reader does not see: soft hyphens, joiners of width zero, marks of direction and of byte order; and hyphens and
# spaces that only keep a line together.
_SEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e"), None) | {
    0x2011: "-",
    0xA0: " ",
    0x202F: " ",
    0x2007: " ",
}
_FRACTION = re.compile(r"(\^?)(\d{1,3})\s?[/\u2044]\s?_(\d{1,3})")


class UnreadableError(InvalidRequestError):
    """Permanent: retrying cannot help, only another version of the document."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code], code=code)


@dataclass(frozen=True)
class Block:
    """Of a heading its words; of anything else Markdown: a table with its head and rule, a list an item a line."""

    kind: Kind
    text: str
    level: int = 0  # of a heading, from 1
    page: int | None = None


@dataclass(frozen=True)
class Omission:
    """What was not read of a document that else was, or not for sure: `where` has the numbers or names, if any."""

    code: Literal[
        "pages_without_text",
        "images",
        "pages_read_by_ocr",
        "pages_read_unsurely",
        "hidden_sheets",
        "hidden_slides",
        "formulas_without_value",
        "unreadable_parts",
    ]
    count: int
    where: str = ""


@dataclass(frozen=True)
class Document:
    """The title is what the file itself names, and empty where it names none.

    `pictures` are numbers of pages that text recognition may find more on.
    """

    title: str
    blocks: Sequence[Block]
    omissions: Sequence[Omission] = ()
    pictures: Sequence[int] = ()

    @property
    def text(self) -> str:
        """As Markdown."""
        return "\n\n".join(
            f"{'#' * min(block.level, 6)} {block.text}" if block.kind == "heading" else block.text
            for block in self.blocks
        )


def seen(text: str) -> str:
    """A text without what has no width; hyphens and spaces that only keep a line together are plain ones.

    So are fractions that were set with raised and lowered numbers: 1 1/2.
    """
    if not text.isascii():
        text = text.translate(_SEEN)
    return _FRACTION.sub(_fraction, text) if "_" in text else text


def _fraction(found: re.Match[str]) -> str:
    return f"{' ' if found[1] else ''}{found[2]}/{found[3]}"


def one_line(text: str) -> str:
    """Its words with single spaces between them."""
    return " ".join(seen(text).split())


def numbers(found: Sequence[int]) -> str:
    """Numbers in order, with runs of them as one: 2, 4-7."""
    runs: list[list[int]] = []
    for number in found:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)[:500]
