"""From a file of any known kind to Markdown. Formats that need a parser are read in a process of their own.

A file may be made to exhaust memory, to run for hours or to misuse a fault of its parser. The child has limits for
the first two, and neither credentials nor anything else of ours in its environment. It is this module, run as
`python -m shared.knowledge.reader FORMAT`: the file by standard input, {title, text} or {code} by standard output.
"""

import importlib
import json
import logging
import os
import re
import resource
import signal
import subprocess
import sys
from typing import Literal

from shared.knowledge.formats import from_csv
from shared.knowledge.formats.document import MAX_BYTES, Extract, UnreadableError, decode
from shared.platform.errors import UnavailableError

Format = Literal["markdown", "text", "html", "pdf", "docx", "csv"]

MAX_CHARACTERS = 8_000_000  # 2,000 chunks of 700 tokens have fewer
MAX_SECONDS = 30.0  # a book of 800 pages takes ten
MAX_CHILD_MEMORY = 700 * 1024 * 1024  # bytes of address space, of the 1,024 MB that a function has
PDF_HEADER_WITHIN = 1024  # bytes, as readers of PDF have it
OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # Office before 2007, and Office files with a password
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
OTHER_MARKUP = ("{\\rtf", "%!PS", "<?xml version")
# Where Python finds its libraries; nothing else is passed to the child.
CHILD_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "LANG", "SYSTEMROOT")

_HTML_PAGE = re.compile(r"(?is)\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b")
_HTML_FRAGMENT = re.compile(r"(?is)\s*<(?:h[1-6]|p|div|article|section|main|table|[uo]l)\b.*</\w+>\s*$")
_MARKDOWN = re.compile(r"^(?:#{1,6}\s|```|~~~|[-*+]\s|\d+\.\s|>\s|\|.*\|)|\]\(|\*\*", re.MULTILINE)
# What no database takes: NUL, and halves of surrogate pairs, which broken fonts map to.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_document(data: bytes, seconds: float) -> tuple[Format, Extract]:
    """Read a file of any kind that we know, in `seconds` at most.

    Raises UnreadableError, and UnavailableError (out_of_time) when there was less time than a large document may take.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError("too_large")
    kind = detect_format(data)
    found = Extract("", decode(data)) if kind in ("markdown", "text") else _read_in_child(kind, data, seconds)
    if len(found.text) > MAX_CHARACTERS:
        raise UnreadableError("too_large")
    title = _UNSTORABLE.sub("", found.title)[:500].strip()
    return kind, Extract(title, _UNSTORABLE.sub("", found.text))


def detect_format(data: bytes) -> Format:
    """By what is in the file: names and content types are only claims.

    Raises UnreadableError: no_text, unsupported, encrypted.
    """
    if not data.strip():
        raise UnreadableError("no_text")
    if b"%PDF-" in data[:PDF_HEADER_WITHIN]:
        return "pdf"
    if data.startswith(b"PK\x03\x04") and b"word/document.xml" in data:
        return "docx"
    if data.startswith(OLE) and ENCRYPTED_OFFICE in data:
        raise UnreadableError("encrypted")
    text = decode(data)
    if _HTML_PAGE.match(text) or _HTML_FRAGMENT.match(text):
        return "html"
    if from_csv.delimiter(text):
        return "csv"
    if text.startswith(OTHER_MARKUP):
        raise UnreadableError("unsupported")
    return "markdown" if _MARKDOWN.search(text) else "text"


def _read_in_child(kind: Format, data: bytes, seconds: float) -> Extract:
    environment = {name: os.environ[name] for name in CHILD_ENVIRONMENT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)  # noqa: PTH109
    command = [sys.executable, "-m", "shared.knowledge.reader", kind]
    limit = min(MAX_SECONDS, seconds)
    try:
        child = subprocess.run(command, input=data, env=environment, capture_output=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        if seconds < MAX_SECONDS:
            raise UnavailableError("There was no time left to read the document.", code="out_of_time") from None
        raise UnreadableError("too_large") from None
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise UnreadableError("too_large")
    if child.returncode:
        raise UnreadableError("corrupt")
    result = json.loads(child.stdout)
    if "code" in result:
        raise UnreadableError(result["code"])
    return Extract(**result)


def parse(kind: str, data: bytes) -> dict[str, str]:
    """In the child: what was read, or the code of why not."""
    try:
        found: Extract = importlib.import_module(f"shared.knowledge.formats.from_{kind}").read(data)
    except UnreadableError as refused:
        return {"code": refused.reason}
    except MemoryError:
        return {"code": "too_large"}
    except Exception:  # noqa: BLE001 - parsers meet broken files with whatever their next step raises
        return {"code": "corrupt"}
    return {"title": found.title, "text": found.text}


def limit_resources() -> None:
    for kind, limit in ((resource.RLIMIT_AS, MAX_CHILD_MEMORY), (resource.RLIMIT_CPU, int(MAX_SECONDS))):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


if __name__ == "__main__":
    logging.disable()  # pypdf complains about every oddity of a file
    limit_resources()
    json.dump(parse(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)
