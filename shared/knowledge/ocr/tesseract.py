"""Reads the picture of a page with Tesseract, where that is installed."""

import csv
import subprocess

from shared.knowledge import limited
from shared.knowledge.ocr.words import Word
from shared.platform.errors import UnavailableError
from shared.platform.observability import logger
from shared.platform.process import keep

LAYOUT = "1"  # told by itself, with which way up the page is
MAX_OUTPUT = 10_000_000  # bytes; a dense page has 200,000
_PAGE, _WORD = "1", "5"  # levels of its table


def read(picture: bytes, languages: str, seconds: float) -> list[Word]:
    """The words of a picture; none where it gives up or takes longer. Raises UnavailableError (ocr_unavailable)."""
    _check(languages)
    try:
        done = _run(["stdin", "stdout", "-l", languages, "--psm", LAYOUT, "tsv"], picture, seconds)
    except subprocess.TimeoutExpired:
        return []
    return [] if done.returncode else _words(done.stdout[:MAX_OUTPUT].decode(errors="replace"))


@keep
def _check(languages: str) -> None:
    known = set(_run(["--list-langs"], b"", 10.0).stdout.decode().split())
    if missing := set(languages.split("+")) - known:
        logger.error("Tesseract is not installed, or not for these languages", languages=sorted(missing))
        raise UnavailableError(code="ocr_unavailable")


def _run(arguments: list[str], data: bytes, seconds: float) -> subprocess.CompletedProcess[bytes]:
    return limited.run(["shared.knowledge.limited", "tesseract", *arguments], data, seconds)


def _words(table: str) -> list[Word]:
    width = height = 1.0
    words: list[Word] = []
    lines: dict[tuple[str, ...], int] = {}
    for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        left, top, wide, high = (float(row[name]) for name in ("left", "top", "width", "height"))
        if row["level"] == _PAGE:
            width, height = wide, high
        elif row["level"] == _WORD:
            line = lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), len(lines))
            box = (left / width, top / height, (left + wide) / width, (top + high) / height)
            words.append(Word(row["text"] or "", line, *box, float(row["conf"])))
    return words
