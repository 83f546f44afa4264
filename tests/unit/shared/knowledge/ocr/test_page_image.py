import struct
import zlib

import pytest
from pypdf import PdfWriter

from shared.knowledge.ocr import page_image
from tests.support.documents import written
from tests.support.office_files import lines, printed
from tests.support.scans import scanned


def dots(picture: bytes) -> tuple[int, int, bytes]:
    """Width, height and the shades of a PNG of ours, row by row behind a byte that is 0."""
    width, height = struct.unpack(">II", picture[16:24])
    begin = picture.index(b"IDAT")
    (length,) = struct.unpack(">I", picture[begin - 4 : begin])
    return width, height, zlib.decompress(picture[begin + 4 : begin + 4 + length])


def test_a_scan_is_drawn_as_it_is_and_what_is_text_is_left_out() -> None:
    page = printed(lines("Rest two days."))
    _, _, written_page = dots(page_image.picture_of(page, 1))
    width, height, scan = dots(page_image.picture_of(scanned(page, stamp="Page 1"), 1))

    assert min(written_page.replace(b"\0", b"")) == 255
    assert sum(shade < 128 for shade in scan) - height > 100  # letters; less the byte before each row
    assert len(scan) == (width + 1) * height


@pytest.mark.parametrize("size", [(595, 842), (14_400, 14_400), (10, 14_400)])
def test_a_page_of_any_size_is_a_picture_of_a_bounded_one(size: tuple[int, int]) -> None:
    writer = PdfWriter()
    writer.add_blank_page(*size)
    width, height, _ = dots(page_image.picture_of(written(writer), 1))

    assert width * height <= page_image.MAX_PIXELS * 1.01
    assert max(width, height) <= 10_000


def test_what_cannot_be_drawn_or_takes_too_long_is_no_picture() -> None:
    assert page_image.drawn(b"%PDF-1.7 junk", 1, 20.0) is None
    assert page_image.drawn(printed(lines("Rest.")), 1, 0.001) is None
    assert page_image.drawn(printed(lines("Rest.")), 1, 20.0) is not None
