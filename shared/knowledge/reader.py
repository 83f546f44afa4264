"""`python -m shared.knowledge.reader FORMAT`: a file by standard input, {title, text} or {code} by standard output."""

import json
import logging
import resource
import sys
from collections.abc import Callable

from shared.knowledge.formats import from_csv, from_docx, from_html, from_pdf
from shared.knowledge.formats.markdown import Extract
from shared.knowledge.unreadable import UnreadableError

MEMORY = 700 * 1024 * 1024  # bytes of address space, of the 1,024 MB that a function has
CPU = 30  # seconds
READERS: dict[str, Callable[[bytes], Extract]] = {
    "csv": from_csv.read,
    "docx": from_docx.read,
    "html": from_html.read,
    "pdf": from_pdf.read,
}


def answer(kind: str, data: bytes) -> dict[str, str]:
    """What was read, or the code of why not."""
    try:
        extract = READERS[kind](data)
    except UnreadableError as refused:
        return {"code": refused.reason}
    except MemoryError:
        return {"code": "too_large"}
    except Exception:  # noqa: BLE001 - parsers meet broken files with whatever their next step raises
        return {"code": "corrupt"}
    return {"title": extract.title, "text": extract.text}


def limit_resources() -> None:
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, CPU)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    logging.disable()  # pypdf complains about every oddity of a file
    limit_resources()
    json.dump(answer(sys.argv[1], sys.stdin.buffer.read()), sys.stdout)
