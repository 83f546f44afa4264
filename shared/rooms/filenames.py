"""Names of files: what an agent or a client may call one."""

import re
import unicodedata
from pathlib import PurePosixPath

from shared.platform.errors import InvalidRequestError

MAX_BYTES = 255  # of a name in UTF-8: the most that common file systems take
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
# What a user may give beside those; agents cannot read them, and the delivery check knows nothing of them.
UPLOAD_TYPES = TYPES | {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
FORBIDDEN = re.compile(r'[\\/:*?"<>|%]')  # separators, drives and streams, wildcards, and what a URL would decode
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # Unicode categories: controls, joiners, direction marks


def checked(name: str, types: dict[str, str] = TYPES) -> str:
    """The name in its one form (NFC). Raises InvalidRequestError (filename_invalid, file_type_not_allowed).

    Nothing is mended silently: two names that look different stay different, one that is odd is refused.
    """
    normal = unicodedata.normalize("NFC", name)
    if fault := _fault(normal):
        raise InvalidRequestError(f"The file's name {fault}.", code="filename_invalid")
    if suffix(normal) not in types:
        told = f"The file's name must end in one of {', '.join(sorted(types))}."
        raise InvalidRequestError(told, code="file_type_not_allowed")
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
    if len(name.encode()) > MAX_BYTES:
        return f"is longer than {MAX_BYTES} bytes"
    return None
