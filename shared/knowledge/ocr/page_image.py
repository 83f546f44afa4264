"""A page of a PDF as a picture, without the text that can be read as it is.

It is a process of its own, as the reader is and within its limits: `python -m shared.knowledge.ocr.page_image PAGE`,
the file by standard input, a PNG by standard output.
"""

import logging
import struct
import subprocess
import sys
import zlib
from typing import Any

from shared.knowledge import limited

RESOLUTION = 300  # dots an inch, which Tesseract is made for
# In shades of grey that is a byte each: what Textract takes is 10 MB, and a side of 10,000.
# https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
MAX_PIXELS = 9_000_000
MAX_SIDE = 9_500


def drawn(data: bytes, number: int, seconds: float) -> bytes | None:
    """Page `number`, from 1, as a PNG in shades of grey; None where it cannot be drawn, or not in time."""
    try:
        done = limited.run([__name__, str(number)], data, seconds)
    except subprocess.TimeoutExpired:
        return None
    return None if done.returncode else done.stdout


def picture_of(data: bytes, number: int) -> bytes:
    """The same in this process. Raises PdfiumError."""
    import pypdfium2 as pdfium
    import pypdfium2.raw

    page = pdfium.PdfDocument(data)[number - 1]
    width, height = page.get_size()
    for text in list(page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT], max_depth=1)):
        page.remove_obj(text)
    scale = min(RESOLUTION / 72, (MAX_PIXELS / (width * height)) ** 0.5, MAX_SIDE / max(width, height))
    return png(page.render(scale=scale, grayscale=True))


def png(bitmap: Any) -> bytes:
    """https://www.w3.org/TR/png-3/, of eight bits a pixel and without filters."""
    rows = memoryview(bitmap.buffer)
    lines = b"".join(
        b"\0" + rows[at : at + bitmap.width] for at in range(0, bitmap.height * bitmap.stride, bitmap.stride)
    )
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


if __name__ == "__main__":
    logging.disable()
    limited.limit_resources()
    sys.stdout.buffer.write(picture_of(sys.stdin.buffer.read(), int(sys.argv[1])))
