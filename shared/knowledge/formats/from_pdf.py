"""PDF with a text layer."""

import io
import re
from typing import TYPE_CHECKING

from shared.knowledge.formats.document import Extract, UnreadableError, one_line

if TYPE_CHECKING:
    from pypdf import PageObject

MAX_PAGES = 2000
MAX_PAGE_BYTES = 8_000_000  # of drawing instructions once inflated; a page of dense print has some 50,000
_HYPHEN = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zß-ÿ])")


def read(data: bytes) -> Extract:
    """Raises UnreadableError (encrypted, too_large), and for a broken file whatever pypdf's next step raises.

    A password that only guards changes does not keep a document from being read.
    """
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import LimitReachedError

    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise UnreadableError("encrypted")
        if len(reader.pages) > MAX_PAGES:
            raise UnreadableError("too_large")
        pages = [_text(page) for page in reader.pages]
    except LimitReachedError:
        raise UnreadableError("too_large") from None
    title = reader.metadata.title if reader.metadata else None
    return Extract(one_line(title) if isinstance(title, str) else "", "\n\n".join(pages))


def _text(page: "PageObject") -> str:
    contents = page.get_contents()
    if contents is not None and len(contents.get_data()) > MAX_PAGE_BYTES:
        raise UnreadableError("too_large")
    return _HYPHEN.sub("", page.extract_text())
