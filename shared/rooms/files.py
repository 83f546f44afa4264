"""What a file of a room may be called, and whether its content is what its name says. None is run."""

import ast
import csv
import io
import json
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping
from html.parser import HTMLParser
from pathlib import PurePosixPath

from shared.platform.errors import InvalidRequestError

ReadFile = Callable[[str], bytes | None]  # the content of a file by its name; None if there is none

MAX_NAME_BYTES = 255  # in UTF-8: the most that common file systems take
TYPES = {
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".csv": "text/csv",
    ".json": "application/json",
    ".py": "text/x-python",
    ".js": "text/javascript",
    ".css": "text/css",
    ".sql": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
# Documents that a user may give, of which agents read the text.
DOCUMENTS = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}  # for models that see
# What a user may give beside those; the delivery check knows nothing of any.
UPLOAD_TYPES = TYPES | DOCUMENTS | IMAGES
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
FORBIDDEN = re.compile(r'[\\/:*?"<>|%]')  # separators, drives and streams, wildcards, and what a URL would decode
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode categories: controls, joiners, direction marks


# ---------------------------------------------------------------------------------------------------------------- names
def check_name(name: str, types: dict[str, str] = TYPES) -> str:
    """The name in its one form (NFC). Raises InvalidRequestError (filename_invalid, file_type_not_allowed).

    Nothing is mended silently: two names that look different stay different, one that is odd is refused.
    """
    normal = unicodedata.normalize("NFC", name)
    if fault := _fault(normal):
        raise InvalidRequestError(f"The file's name {fault}.", code="filename_invalid")
    if suffix(normal) not in types:
        detail = f"The file's name must end in one of {', '.join(sorted(types))}."
        raise InvalidRequestError(detail, code="file_type_not_allowed")
    return normal


def suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def mime_type(name: str) -> str:
    return UPLOAD_TYPES[suffix(name)]


def _fault(name: str) -> str | None:
    """What is wrong, as the rest of a sentence."""
    if not name.strip():
        return "is empty"
    if any(unicodedata.category(letter) in INVISIBLE for letter in name):
        return "has a control or invisible character"
    # Full-width and other look-alikes of separators and dots count as what they look like.
    plain = unicodedata.normalize("NFKC", name)
    if FORBIDDEN.search(plain) or "\N{DIVISION SLASH}" in name or "\N{FRACTION SLASH}" in name:
        return 'must not have any of \\ / : * ? " < > | %'
    if name != name.strip() or plain.startswith(".") or plain.endswith((".", " ")):
        return "must not begin with a dot or begin or end with a space or end with a dot"
    if RESERVED.fullmatch(plain.split(".")[0].rstrip()):
        return "is reserved on Windows"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    return None


# ------------------------------------------------------------------------------------------------------------- contents
def issues(deliverables: Iterable[str], read: ReadFile) -> list[str]:
    """What is wrong with deliverables, one sentence each: missing, empty, or not to be read as what their names say."""
    return [found for name in dict.fromkeys(deliverables) if (found := issue(name, read(name)))]


def issue(name: str, content: bytes | None) -> str | None:
    """What is wrong with one file, without a word of its content."""
    if content is None:
        return f"{name} was not delivered."
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return f"{name} is not UTF-8 text."
    if not text.strip():
        return f"{name} is empty."
    if "\x00" in text:
        return f"{name} is not plain text."
    try:
        PARSERS.get(suffix(name), _any)(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, csv.Error):
        return f"{name} cannot be read as {suffix(name)[1:].upper()}."
    return None


def _any(_text: str) -> None:
    """Any text will do."""


def _json(text: str) -> None:
    json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and infinity are no JSON


def _csv(text: str) -> None:
    """As many fields in every row as in the first."""
    widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row}
    if len(widths) != 1:
        raise ValueError("ragged")


def _python(text: str) -> None:
    with warnings.catch_warnings():  # of doubtful escapes and the like, which would be written to the log
        warnings.simplefilter("ignore")
        ast.parse(text)


def _html(text: str) -> None:
    """Browsers mend everything, so all that is asked for is one element."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, name: str, attrs: object) -> None:  # noqa: ARG002 - the signature is HTMLParser's
            found.append(name)

    Reader().feed(text)
    if not found:
        raise ValueError("no element")


PARSERS: Mapping[str, Callable[[str], None]] = {".json": _json, ".csv": _csv, ".py": _python, ".html": _html}
