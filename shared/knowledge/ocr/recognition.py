"""Has the pages of a PDF that are pictures read, by whatever the settings name, within bounds."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.knowledge.ocr import page_image, tesseract, textract
from shared.knowledge.ocr.words import Pages, Word, without_noise
from shared.platform import settings
from shared.platform.errors import UnavailableError

MAX_PAGES = 30  # of a document; a page takes Tesseract one to five seconds, and costs 0.15 cents with Textract
AT_ONCE = 2  # pages
MAX_SECONDS = 60.0  # for a document
SECONDS_A_PAGE = 20.0


def recognized(data: bytes, numbers: Sequence[int], seconds: float) -> Pages:
    """The words of these pages, as far as they were read: what takes too long, or is too much, stays as it is.

    Raises UnavailableError: ocr_unavailable, and out_of_time when there was less time than a document may take.
    """
    until = time.monotonic() + min(MAX_SECONDS, seconds)

    def words(number: int) -> list[Word]:
        left = min(SECONDS_A_PAGE, until - time.monotonic())
        return without_noise(_words(data, number, left)) if left > 0 else []

    with ThreadPoolExecutor(AT_ONCE) as pool:
        read = dict(zip(numbers, pool.map(words, numbers[:MAX_PAGES]), strict=False))
    if seconds < MAX_SECONDS and time.monotonic() >= until:
        raise UnavailableError("There was no time left to read the pictures.", code="out_of_time")
    return {number: found for number, found in read.items() if found}


def _words(data: bytes, number: int, seconds: float) -> list[Word]:
    picture = page_image.drawn(data, number, seconds)
    if picture is None:
        return []
    chosen = settings.load(settings.OcrSettings)
    if chosen.ocr == "textract":
        return textract.read(picture)
    return tesseract.read(picture, chosen.ocr_languages, seconds)
