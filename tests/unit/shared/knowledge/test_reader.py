"""Every file is read by what is in it, or refused with the code that says why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.knowledge import reader
from shared.knowledge.formats.document import Extract, UnreadableError
from shared.knowledge.reader import OLE, read_document
from shared.platform.errors import UnavailableError
from tests.support.documents import archive, docx, paragraph, pdf

ENCRYPTED_WORD = OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")
LOOP = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\n"
    b"trailer<</Root 1 0 R/Size 3>>\n%%EOF"
)
GOOD = {
    "markdown": (b"# Rest\n\nTwo days.", "markdown", "# Rest\n\nTwo days."),
    "text": (b"Rest two days.", "text", "Rest two days."),
    "with a byte order mark": ("Füße".encode("utf-8-sig"), "text", "Füße"),
    "UTF-16": ("Füße 🏋️".encode("utf-16"), "text", "Füße 🏋️"),
    "html": (b"<!-- made --><html><h1>Rest</h1>Two days.", "html", "# Rest\n\nTwo days."),
    "a piece of html": (b"<h1>Rest</h1><p>Two days.</p>\n", "html", "# Rest\n\nTwo days."),
    "csv": (b"Lift,Sets\nSquat,5\n", "csv", "| Lift | Sets |\n| --- | --- |\n| Squat | 5 |"),
    "docx": (docx(paragraph("Two days.")), "docx", "Two days."),
    "pdf": (pdf("Two days."), "pdf", "Two days.\n"),
    "pdf behind a printer's preamble": (b"@PJL\r\n" + pdf("Two days."), "pdf", "Two days.\n"),
}
BAD = {
    "empty": (b"", "no_text"),
    "blank": (b" \n\t\n", "no_text"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported"),
    "Latin-1": ("Füße".encode("latin-1"), "unsupported"),
    "UTF-16 without a mark": ("Rest".encode("utf-16-le"), "unsupported"),
    "control characters": (b"Rest\x07\x08", "unsupported"),
    "a spreadsheet": (archive({"xl/workbook.xml": "<workbook/>"}), "unsupported"),
    "a Word document of 1997": (ENCRYPTED_WORD[:400], "unsupported"),
    "RTF": (b"{\\rtf1 Rest}", "unsupported"),
    "XML": (b'<?xml version="1.0"?><feed>Rest</feed>', "unsupported"),
    "a Word document with a password": (ENCRYPTED_WORD, "encrypted"),
    "a PDF with a password": (pdf("Rest.", password="secret"), "encrypted"),
    "a PDF that breaks off": (pdf("Rest. " * 50)[:300], "corrupt"),
    "a PDF that is none": (b"%PDF-1.7\n" + b"junk" * 99, "corrupt"),
    "a PDF whose pages hold themselves": (LOOP, "corrupt"),
    "a Word document that breaks off": (docx(paragraph("Rest."))[:-200], "corrupt"),
    "a Word document of broken XML": (docx("<w:p>"), "corrupt"),
    "a zip bomb": (docx("<w:p>" + " " * 101_000_000 + "</w:p>"), "too_large"),
    "21 MB": (b"Rest. " * 3_500_000, "too_large"),
}


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts a shell script in the place of the process that reads."""

    def replace(script: str) -> None:
        interpreter = tmp_path / "python"
        interpreter.write_text(f"#!/bin/sh\n{script}\n")
        interpreter.chmod(0o700)
        monkeypatch.setattr("sys.executable", str(interpreter))

    return replace


def refusal(data: bytes, seconds: float = 60.0) -> str:
    with pytest.raises(UnreadableError) as refused:
        read_document(data, seconds)
    return refused.value.reason


@pytest.mark.parametrize("name", GOOD)
def test_a_file_is_read_by_what_is_in_it(name: str) -> None:
    data, kind, text = GOOD[name]
    detected, read = read_document(data, 60.0)

    assert (detected, read.text) == (kind, text)


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_refused_with_its_code(name: str) -> None:
    data, code = BAD[name]

    assert refusal(data) == code


def test_a_text_is_never_longer_than_its_chunks_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_CHARACTERS", 10)

    assert refusal(b"Rest two days.") == "too_large"


def test_a_document_that_takes_too_long_to_read_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_SECONDS", 0.001)

    assert refusal(pdf("Rest.")) == "too_large"


def test_a_document_for_which_there_is_no_time_left_is_not_blamed_for_it() -> None:
    with pytest.raises(UnavailableError) as late:
        read_document(pdf("Rest."), seconds=0.001)
    assert late.value.reason == "out_of_time"


def test_what_no_database_takes_is_left_out(child: Callable[[str], None]) -> None:
    child("""printf '{"title": " R\\\\u0000 ", "text": "Re\\\\u0000st\\\\ud83d."}'""")

    assert read_document(pdf("Rest."), 60.0)[1] == Extract("R", "Rest.")


def test_the_reader_is_given_no_credentials(child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a parser be subverted, there is nothing to be found."""
    child("""printf '{"title": "", "text": "%s"}' "$(env | tr '\\n"' ' ')\"""")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for-nobody")

    environment = read_document(pdf("Rest."), 60.0)[1].text
    assert "PYTHONPATH=" in environment
    assert "for-nobody" not in environment
