import io
from typing import Any

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, NameObject

from shared.knowledge.formats import from_pdf, pdf_drawings, pdf_letters
from shared.knowledge.formats.document import UnreadableError
from shared.knowledge.formats.from_pdf import read
from tests.support.documents import add_page, pdf, written


def code(data: bytes) -> str:
    with pytest.raises(UnreadableError) as refused:
        read(data)
    return refused.value.reason


def test_pages_are_read_in_order_and_words_cut_at_a_line_are_whole() -> None:
    read_pdf = read(pdf("Take a planned exer-\ncise break.", "Rest-\nDay plan", title="Deload  weeks"))

    assert read_pdf.title == "Deload weeks"
    assert read_pdf.text.split("\n\n", 1)[0].strip() == "Take a planned exercise break."
    assert "Rest-Day plan" in read_pdf.text


def test_a_password_to_open_it_keeps_it_from_being_read_and_one_to_change_it_does_not() -> None:
    assert code(pdf("Rest.", password="secret")) == "encrypted"
    assert read(pdf("Rest.", password="")).text.strip() == "Rest."


def test_a_page_with_endless_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_letters, "MAX_LETTERS", 100)

    assert code(pdf("Rest well. " * 20)) == "too_complex"


def test_of_endless_lines_that_are_drawn_only_so_many_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_drawings, "MAX_RULES", 100)
    writer = PdfWriter()
    add_page(writer, "Rest.", b"0 0 m 100 0 l S\n" * 1000)

    assert read(written(writer)).text == "Rest."


def test_a_document_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_pdf, "MAX_PAGES", 2)

    assert code(pdf("1", "2", "3")) == "too_large"


def test_hebrew_is_read_in_its_order() -> None:
    letters = {"a": "ק", "b": "ח", "c": "ל", "d": "\u05d9", "e": "\u05d5", "f": "ם"}
    mapping = "".join(f"<{ord(code):02x}> <{ord(letter):04x}>\n" for code, letter in letters.items())
    stream = DecodedStreamObject()
    span = "1 begincodespacerange <00> <ff> endcodespacerange"
    stream.set_data(f"begincmap\n{span}\n{len(letters)} beginbfchar\n{mapping}endbfchar\nendcmap".encode())
    writer = PdfWriter(io.BytesIO(pdf("fedc 500 ba")))
    font: Any = writer.pages[0]
    for name in ("/Resources", "/Font", "/F1"):
        font = font[name]
    font[NameObject("/ToUnicode")] = writer._add_object(stream)  # noqa: SLF001 - pypdf has no other way

    assert read(written(writer)).text == "קח 500 ליום"
