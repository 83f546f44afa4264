from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from shared.knowledge.formats.document import Omission
from shared.knowledge.ocr import recognition, textract
from shared.knowledge.ocr.recognition import recognized
from shared.knowledge.ocr.words import Word, is_unsure, without_noise
from shared.knowledge.reader import Reading, read_document
from shared.knowledge.units import Sizes
from shared.platform.errors import UnavailableError
from shared.platform.process import forget
from tests.support.office_files import lines, printed
from tests.support.scans import pretend_tesseract, scanned, words

SCAN = scanned(printed(*[lines("Rest.")] * 3))


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has every picture read as a text."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("OCR", "tesseract")
    forget()

    def set_up(text: str, confidence: float = 95.0) -> None:
        pretend_tesseract(tmp_path, text, confidence=confidence)

    return set_up


def reading(data: bytes, pages: Sequence[int]) -> Reading:
    return read_document(data, "scan.pdf", Sizes(), 60.0, recognized(data, pages, 100.0))


def test_what_was_recognized_stands_on_its_page_and_is_said_to_be(found: Callable[..., None]) -> None:
    found("Rest two days.")
    read = reading(SCAN, [1, 3])

    assert [chunk.content for chunk in read.chunks] == ["Rest two days.\n\nRest two days."]
    assert read.omissions == [Omission("pages_without_text", 1, "2"), Omission("pages_read_by_ocr", 2, "1, 3")]


def test_a_page_of_which_a_word_in_ten_may_be_wrong_is_said_to_be_unsure(found: Callable[..., None]) -> None:
    found("Take 5OO mg of it.", confidence=60.0)

    assert Omission("pages_read_unsurely", 1, "1") in reading(SCAN, [1]).omissions


def test_a_scan_with_a_stamp_is_read_and_a_text_over_its_background_is_not() -> None:
    page = printed(lines("Rest."))

    assert read_document(scanned(page, stamp="Page 3"), "a.pdf", Sizes(), 60.0).pictures == [1]
    assert read_document(scanned(page, stamp="Rest. " * 30), "a.pdf", Sizes(), 60.0).pictures == []
    assert read_document(page, "a.pdf", Sizes(), 60.0).pictures == []


def test_a_picture_beside_text_that_nobody_reads_is_said_to_be_one() -> None:
    read = read_document(scanned(printed(lines("Rest.")), stamp="Page 3"), "a.pdf", Sizes(), 60.0)

    assert read.omissions == [Omission("images", 1, "1")]


def test_more_pages_than_a_document_may_have_read_stay_without_text(
    found: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    found("Rest.")
    monkeypatch.setattr(recognition, "MAX_PAGES", 2)

    assert recognized(SCAN, [1, 2, 3], 100.0).keys() == {1, 2}


def test_a_document_that_takes_too_long_is_read_as_far_as_that_went(
    found: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    found("Rest.")
    monkeypatch.setattr(recognition, "MAX_SECONDS", 0.0)

    assert recognized(SCAN, [1, 2, 3], 100.0) == {}


def test_a_document_for_which_there_is_no_time_left_is_tried_again(found: Callable[..., None]) -> None:
    found("Rest.")
    with pytest.raises(UnavailableError) as late:
        recognized(SCAN, [1], 0.0)

    assert late.value.reason == "out_of_time"


def test_a_page_that_cannot_be_drawn_has_no_words(found: Callable[..., None]) -> None:
    found("Rest.")

    assert recognized(b"%PDF-1.7 junk", [1], 100.0) == {}


def test_whom_the_settings_name_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def read(picture: bytes) -> list[Word]:
        asked.append(picture[:4])
        return words("Rest.")

    monkeypatch.setenv("OCR", "textract")
    monkeypatch.setattr(textract, "read", read)
    forget()

    assert recognized(SCAN, [2], 100.0) == {2: words("Rest.")}
    assert asked == [b"\x89PNG"]


def test_lines_that_are_the_grain_of_a_photo_are_left_out() -> None:
    grain = [word._replace(line=7) for word in words("|: ~", confidence=15.0)]

    assert without_noise([*words("Rest two days."), *grain]) == words("Rest two days.")
    assert not is_unsure(words("Rest two days."))
