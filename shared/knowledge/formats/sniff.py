"""What a file is, by what is in it: names and content types are what somebody claims."""

import re
from typing import Literal

from shared.knowledge.formats import from_csv, from_text
from shared.knowledge.unreadable import UnreadableError

Format = Literal["markdown", "text", "html", "pdf", "docx", "csv"]

PDF_HEADER_WITHIN = 1024  # bytes, as readers of PDF have it
OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # Office before 2007, and Office files with a password
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_FRAGMENT = re.compile(
    r"\s*<(?:h[1-6]|p|div|article|section|main|table|[uo]l)\b.*</\w+>\s*$", re.IGNORECASE | re.DOTALL
)
_MARKDOWN = re.compile(r"^(?:#{1,6}\s|```|~~~|[-*+]\s|\d+\.\s|>\s|\|.*\|)|\]\(|\*\*", re.MULTILINE)


def sniff(data: bytes) -> Format:
    """Raises UnreadableError: no_text, unsupported, encrypted."""
    if not data.strip():
        raise UnreadableError("no_text")
    if b"%PDF-" in data[:PDF_HEADER_WITHIN]:
        return "pdf"
    if data.startswith(b"PK\x03\x04") and b"word/document.xml" in data:
        return "docx"
    if data.startswith(OLE) and ENCRYPTED_OFFICE in data:
        raise UnreadableError("encrypted")
    return _kind_of_text(from_text.decode(data))


def _kind_of_text(text: str) -> Format:
    if _PAGE.match(text) or _FRAGMENT.match(text):
        return "html"
    if from_csv.delimiter(text):
        return "csv"
    return "markdown" if _MARKDOWN.search(text) else "text"
