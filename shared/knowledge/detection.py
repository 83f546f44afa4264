"""Of what kind a file is, by what is in it: names and content types are only claims. In time that grows as it does."""

import io
import re
import zipfile
from typing import Literal

from shared.knowledge.formats import from_csv
from shared.knowledge.formats.charsets import decode
from shared.knowledge.formats.document import UnreadableError

Format = Literal["markdown", "text", "html", "pdf", "docx", "xlsx", "pptx", "epub", "csv"]

PDF_HEADER_WITHIN = 1024  # bytes, as readers of PDF have it
OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # Office before 2007, and Office files with a password
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
ZIP = b"PK\x03\x04"
# Pictures, sounds, other archives: what begins so may be short enough to pass for a text in some charset.
NO_TEXT = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"\x1f\x8b",
    b"BZh",
    b"7z\xbc\xaf",
    b"Rar!",
    b"ID3",
    b"\x7fELF",
)
PARTS: dict[str, Format] = {
    "word/document.xml": "docx",
    "xl/workbook.xml": "xlsx",
    "ppt/presentation.xml": "pptx",
    "META-INF/container.xml": "epub",
}
OTHER_MARKUP = ("{\\rtf", "%!PS", "<?xml")
LOOKED_AT = 200_000  # characters, for what is told by counting
_NUMBERED_BODY = re.compile(r"\Aword/document\d+\.xml\Z")  # as Word on the web writes it
_PROLOG = re.compile(r"\s+|<\?xml[^>]{0,500}\?>", re.IGNORECASE)
_TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|title|link|base|style|script|h[1-6]|p|div|span|article|section|main|header"
    r"|footer|nav|aside|figure|table|[uo]l|dl|li|blockquote|pre|hr|br|img|a|b|i|em|strong|center|font|form|details)\b",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[a-z][a-z0-9]{0,12}[\s>/]", re.IGNORECASE)
_MARKDOWN = re.compile(r"^(?:#{1,6}\s|```|~~~|[-*+]\s|\d+\.\s|>\s|\|.*\|)|\]\(|\*\*|^(?:={3,}|-{3,})$", re.MULTILINE)
_MARKDOWN_ALONE = re.compile(r"^(?:#{1,6}\s|```|~~~)|\]\(", re.MULTILINE)


def detect_format(data: bytes) -> Format:
    """Raises UnreadableError: no_text, unsupported, encrypted, corrupt."""
    if not data.strip():
        raise UnreadableError("no_text")
    if b"%PDF-" in data[:PDF_HEADER_WITHIN]:
        return "pdf"
    if data.startswith(ZIP):
        return _of_archive(data)
    if data.startswith(OLE) and ENCRYPTED_OFFICE in data:
        raise UnreadableError("encrypted")
    if data.startswith((OLE, *NO_TEXT)):
        raise UnreadableError("unsupported")
    return _of_text(decode(data))


def _of_archive(data: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {_NUMBERED_BODY.sub("word/document.xml", name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        names = {part for part in PARTS if part.encode() in data}
    for part, kind in PARTS.items():
        if part in names:
            return kind
    raise UnreadableError("unsupported")


def _of_text(text: str) -> Format:
    begin = text[_after_prolog(text) :][:LOOKED_AT]
    if _PAGE.match(begin) or (_TAG.match(begin) and _is_mostly_tags(begin)):
        return "html"
    if text.lstrip().startswith(OTHER_MARKUP):
        raise UnreadableError("unsupported")
    if from_csv.delimiter(text):
        return "csv"
    return "markdown" if _MARKDOWN.search(begin) else "text"


def _after_prolog(text: str) -> int:
    """Where the first thing stands that is neither space, declaration nor comment."""
    at = 0
    while True:
        if text.startswith("<!--", at):
            end = text.find("-->", at + 4)
            if end < 0:
                return at
            at = end + 3
        elif (prolog := _PROLOG.match(text, at)) and prolog.end() > at:
            at = prolog.end()
        else:
            return at


def _is_mostly_tags(text: str) -> bool:
    """Markdown may begin with a picture or a centred line in HTML."""
    return len(_ANY_TAG.findall(text)) > 2 * len(_MARKDOWN_ALONE.findall(text))
