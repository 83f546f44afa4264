import pytest
from pypdf import PdfWriter

from shared.knowledge.formats import from_pdf
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
    assert "Rest-\nDay plan" in read_pdf.text


def test_a_password_to_open_it_keeps_it_from_being_read_and_one_to_change_it_does_not() -> None:
    assert code(pdf("Rest.", password="secret")) == "encrypted"
    assert read(pdf("Rest.", password="")).text.strip() == "Rest."


def test_a_page_with_endless_instructions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_pdf, "MAX_PAGE_BYTES", 10_000)
    writer = PdfWriter()
    add_page(writer, "Rest.", b"0 0 m 1 1 l S\n" * 1000)

    assert code(written(writer)) == "too_large"


def test_a_document_of_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_pdf, "MAX_PAGES", 2)

    assert code(pdf("1", "2", "3")) == "too_large"
