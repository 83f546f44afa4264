"""From a file of any known kind to its chunks, in a process of its own but for short texts.

A file may be made to exhaust memory, to run for hours or to misuse a fault of its parser. The child has limits for
the first two, and neither credentials nor anything else of ours in its environment. It is this module, run as
`python -m shared.knowledge.reader SOURCE TOKENS`: by standard input a line with the words that were recognized, then
the file; by standard output a reading or {code}.
"""

import functools
import json
import logging
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from shared.knowledge import limited
from shared.knowledge.chunks import Chunk, chunk_document
from shared.knowledge.detection import Format, detect_format
from shared.knowledge.formats import from_markdown
from shared.knowledge.formats.charsets import decode
from shared.knowledge.formats.document import MAX_BYTES, Document, Omission, UnreadableError
from shared.knowledge.formats.titles import title_of
from shared.knowledge.ocr.words import NOTHING_RECOGNIZED, Pages, Word
from shared.knowledge.units import Sizes
from shared.platform.errors import UnavailableError

MAX_CHUNKS = 2000
CHARACTERS_A_TOKEN = 6  # more than any prose has, so that what is refused by its length has too many chunks
SHORT = 1 << 18  # bytes of a text: prose is cut in less time than a process takes to begin, the worst in 3 s
_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{1000,}")
_UNBROKEN = re.compile(r"[!-~]{200}(?=[!-~])")
# What no database takes: NUL, and halves of surrogate pairs, which broken fonts map to.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Reading:
    """A document as it is stored: what it is called, its chunks, and what of it was not read.

    It has no chunks only if `pictures`, pages that are pictures, are all there is to read.
    """

    format: Format
    title: str
    chunks: list[Chunk]
    omissions: list[Omission]
    pictures: list[int] = field(default_factory=list)


def read_document(
    data: bytes, source: str, sizes: Sizes, seconds: float, recognized: Pages = NOTHING_RECOGNIZED
) -> Reading:
    """Read a file of any kind that we know and cut it, in `seconds` at most; with what was recognized in its pictures.

    Raises UnreadableError, and UnavailableError (out_of_time) when there was less time than a large document may take.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError("too_large")
    if len(data) <= SHORT and (kind := detect_format(data)) in ("markdown", "text"):
        return _cut(kind, from_markdown.read(data), source, sizes)
    return _read_in_child(json.dumps(dict(recognized)).encode() + b"\n" + data, source, sizes, seconds)


def _cut(kind: Format, document: Document, source: str, sizes: Sizes) -> Reading:
    document = _with_words(_storable(document))
    length = sum(len(block.text) for block in document.blocks)
    if length > _room(sizes):
        raise UnreadableError("too_large")
    title = title_of(document, source)
    chunks = chunk_document(document, sizes)
    if not chunks and not document.pictures:
        raise UnreadableError("no_text")
    if len(chunks) > MAX_CHUNKS:
        raise UnreadableError("too_large")
    return Reading(kind, title, chunks, list(document.omissions), list(document.pictures))


def _room(sizes: Sizes) -> int:
    """Characters, more than which are too many chunks, whatever they are."""
    return MAX_CHUNKS * sizes.most * CHARACTERS_A_TOKEN


def _storable(document: Document) -> Document:
    blocks = [replace(block, text=_UNSTORABLE.sub("", block.text)) for block in document.blocks]
    return replace(document, title=_UNSTORABLE.sub("", document.title), blocks=blocks)


def _with_words(document: Document) -> Document:
    """Without what is encoded, and with runs broken that no word is as long as: tokens are counted word by word."""
    blocks, dropped = [], 0
    for block in document.blocks:
        text, count = _ENCODED.subn("", block.text)
        blocks.append(replace(block, text=_UNBROKEN.sub(r"\g<0> ", text)))
        dropped += count
    omitted = [Omission("unreadable_parts", dropped)] if dropped else []
    return replace(document, blocks=blocks, omissions=[*document.omissions, *omitted])


def _read_in_child(given: bytes, source: str, sizes: Sizes, seconds: float) -> Reading:
    limit = min(limited.MAX_SECONDS, seconds)
    try:
        child = limited.run([__name__, source, str(sizes.most)], given, limit)
    except subprocess.TimeoutExpired:
        if seconds < limited.MAX_SECONDS:
            raise UnavailableError("There was no time left to read the document.", code="out_of_time") from None
        raise UnreadableError("too_slow") from None
    if child.returncode == -signal.SIGXCPU:
        raise UnreadableError("too_slow")
    if child.returncode in (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV):
        raise UnreadableError("too_complex")  # how parsers in C end without memory
    if child.returncode:
        raise UnreadableError("corrupt")
    return _received(json.loads(child.stdout))


def _received(answer: dict[str, Any]) -> Reading:
    if "code" in answer:
        raise UnreadableError(answer["code"])
    chunks = [Chunk(**chunk) for chunk in answer["chunks"]]
    omissions = [Omission(**omission) for omission in answer["omissions"]]
    return Reading(answer["format"], answer["title"], chunks, omissions, answer["pictures"])


def answered(data: bytes, source: str, sizes: Sizes, recognized: Pages = NOTHING_RECOGNIZED) -> dict[str, Any]:
    """In the child: what was read, or the code of why not."""
    try:
        kind = detect_format(data)
        if kind == "csv" and len(decode(data)) > _room(sizes):  # before its cells are looked at one by one
            return {"code": "too_large"}
        return asdict(_cut(kind, _read(kind, recognized)(data), source, sizes))
    except UnreadableError as refused:
        return {"code": refused.reason}
    except (MemoryError, RecursionError):
        return {"code": "too_complex"}
    except Exception:  # noqa: BLE001 - parsers meet broken files with whatever their next step raises
        return {"code": "corrupt"}


def _read(kind: Format, recognized: Pages) -> Callable[[bytes], Document]:
    """The reader of a kind. All are written out, since a function is packaged with what it is seen to import."""
    match kind:
        case "html":
            from shared.knowledge.formats.from_html import read
        case "pdf":
            from shared.knowledge.formats import from_pdf

            return functools.partial(from_pdf.read, recognized=recognized)
        case "docx":
            from shared.knowledge.formats.from_docx import read
        case "xlsx":
            from shared.knowledge.formats.from_xlsx import read
        case "pptx":
            from shared.knowledge.formats.from_pptx import read
        case "epub":
            from shared.knowledge.formats.from_epub import read
        case "csv":
            from shared.knowledge.formats.from_csv import read
        case _:
            from shared.knowledge.formats.from_markdown import read
    return read


if __name__ == "__main__":
    logging.disable()  # parsers complain about every oddity of a file
    limited.limit_resources()
    words = {
        int(page): [Word(*word) for word in found] for page, found in json.loads(sys.stdin.buffer.readline()).items()
    }
    json.dump(answered(sys.stdin.buffer.read(), sys.argv[1], Sizes(int(sys.argv[2])), words), sys.stdout)
