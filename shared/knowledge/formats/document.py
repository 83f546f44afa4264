"""What every kind of file becomes: a title and Markdown, or the reason why it never can."""

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.platform.errors import InvalidRequestError

MAX_BYTES = 20 * 1024 * 1024
REASONS = {
    "no_text": "The document has no text. Scanned pages need text recognition first.",
    "unsupported": "The document is neither Markdown, UTF-8 or UTF-16 text, HTML, PDF, DOCX nor CSV.",
    "too_large": "The document is too large: 20 MB, 2,000 chunks and half a minute of reading are the most.",
    "encrypted": "The document is encrypted; upload it without a password.",
    "corrupt": "The document is damaged or breaks the rules of its format.",
}
# Text has tabs, line ends, form feeds and escapes; what else is below the space belongs to programs.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class UnreadableError(InvalidRequestError):
    """Permanent: retrying cannot help, only another version of the document."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code], code=code)


@dataclass(frozen=True)
class Extract:
    """A document as Markdown. The title is empty where the document names none."""

    title: str
    text: str


def decode(data: bytes) -> str:
    """Text in UTF-8 or, with a byte order mark, UTF-16. Raises UnreadableError (unsupported) for what is no text."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("unsupported") from None
    if _CONTROL.search(text):
        raise UnreadableError("unsupported")
    return text


def heading(level: int, text: str) -> str:
    return f"{'#' * min(level, 6)} {text}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as a table, the first row as its head. Empty rows are left out, short ones are filled up."""
    filled = [cells for row in rows if any(cells := [one_line(text).replace("|", "\\|") for text in row])]
    if not filled:
        return ""
    width = max(map(len, filled))
    head, *body = (f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in filled)
    return "\n".join([head, f"|{' --- |' * width}", *body])


def one_line(text: str) -> str:
    """Its words with single spaces between them."""
    return " ".join(text.split())
