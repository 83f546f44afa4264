"""Scanned copies of printed pages, and engines that pretend to read them."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject, StreamObject

from shared.knowledge.ocr.words import Word
from tests.support.documents import written

DOTS = 200  # an inch


def scanned(printed: bytes, *, turned: int = 0, stamp: str = "") -> bytes:
    """The pages of a PDF as pictures, laid on the glass turned, each with a stamp that is text."""
    writer = PdfWriter()
    for page in pdfium.PdfDocument(printed):
        bitmap = page.render(scale=DOTS / 72, grayscale=True, rotation=turned)
        width, height = bitmap.width * 72 / DOTS, bitmap.height * 72 / DOTS
        rows = bytes(bitmap.buffer)
        lines = [rows[at : at + bitmap.width] for at in range(0, bitmap.height * bitmap.stride, bitmap.stride)]
        copy = writer.add_blank_page(width, height)
        copy[NameObject("/Resources")] = DictionaryObject(
            {
                NameObject("/XObject"): DictionaryObject(
                    {NameObject("/Scan"): writer._add_object(_picture(lines))}  # noqa: SLF001 - pypdf has no other way
                ),
                NameObject("/Font"): DictionaryObject({NameObject("/F1"): _font()}),
            }
        )
        drawn = f"q {width} 0 0 {height} 0 0 cm /Scan Do Q BT /F1 8 Tf 20 20 Td ({stamp}) Tj ET"
        stream = DecodedStreamObject()
        stream.set_data(drawn.encode())
        copy[NameObject("/Contents")] = writer._add_object(stream)  # noqa: SLF001
    return written(writer)


def _picture(lines: Sequence[bytes]) -> StreamObject:
    picture = StreamObject()
    picture.set_data(zlib.compress(b"".join(lines)))
    numbers = {"/Width": len(lines[0]), "/Height": len(lines), "/BitsPerComponent": 8}
    names = {"/Type": "/XObject", "/Subtype": "/Image", "/ColorSpace": "/DeviceGray", "/Filter": "/FlateDecode"}
    picture.update({NameObject(key): NumberObject(number) for key, number in numbers.items()})
    picture.update({NameObject(key): NameObject(name) for key, name in names.items()})
    return picture


def _font() -> DictionaryObject:
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    return DictionaryObject({NameObject(key): NameObject(name) for key, name in names.items()})


def words(text: str, confidence: float = 95.0) -> list[Word]:
    """As an engine has them: of an upright page, twelve words to its width and forty lines to its height."""
    return [
        Word(word, number, at / 12, number / 40, (at + 0.8) / 12, (number + 0.6) / 40, confidence)
        for number, line in enumerate(text.splitlines())
        for at, word in enumerate(line.split())
    ]


def pretend_tesseract(folder: Path, text: str, *, confidence: float = 95.0, languages: str = "eng") -> None:
    """A program in `folder` that finds the same on every picture."""
    place = ["level", "page_num", "block_num", "par_num", "line_num", "word_num"]
    columns = [*place, "left", "top", "width", "height", "conf", "text"]
    rows = [columns, ["1", *"10000", "0", "0", "1000", "1000", "-1", ""]]
    for number, word in enumerate(words(text, confidence)):
        box = (word.left, word.top, word.right - word.left, word.bottom - word.top)
        pixels = [str(round(1000 * each)) for each in box]
        rows.append(["5", "1", "1", "1", str(word.line), str(number), *pixels, str(confidence), word.text])
    folder.joinpath("found.tsv").write_text("\n".join("\t".join(row) for row in rows) + "\n")
    program = folder / "tesseract"
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --list-langs ] && echo {languages} && exit\ncat > /dev/null\ncat {folder}/found.tsv\n'
    )
    program.chmod(0o700)
