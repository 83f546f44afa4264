"""Every file is read by what is in it, or refused with the code that says why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.knowledge import limited, reader
from shared.knowledge.detection import OLE
from shared.knowledge.formats.document import MAX_BYTES, ROOM, UnreadableError
from shared.knowledge.reader import Reading, read_document
from shared.knowledge.units import Sizes
from shared.platform.errors import UnavailableError
from tests.support.documents import archive, docx, paragraph, pdf

ENCRYPTED_WORD = OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")
LOOP = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\n"
    b"trailer<</Root 1 0 R/Size 3>>\n%%EOF"
)
GOOD = {
    "markdown": (b"# Rest\n\nTwo days.", "markdown", "## Rest\n\nTwo days."),
    "text": (b"Rest two days.", "text", "Rest two days."),
    "with a byte order mark": ("Füße".encode("utf-8-sig"), "text", "Füße"),
    "UTF-16": ("Füße 🏋️".encode("utf-16"), "text", "Füße 🏋️"),
    "html": (b"<!-- made --><html><h1>Rest</h1>Two days.", "html", "## Rest\n\nTwo days."),
    "a piece of html": (b"<h1>Rest</h1><p>Two days.</p>\n", "html", "## Rest\n\nTwo days."),
    "csv": (b"Lift,Sets\nSquat,5\n", "csv", "| Lift | Sets |\n| --- | --- |\n| Squat | 5 |"),
    "docx": (docx(paragraph("Two days.")), "docx", "Two days."),
    "pdf": (pdf("Two days."), "pdf", "Two days."),
    "pdf behind a printer's preamble": (b"@PJL\r\n" + pdf("Two days."), "pdf", "Two days."),
}
BAD = {
    "empty": (b"", "no_text"),
    "blank": (b" \n\t\n", "no_text"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "unsupported"),
    "control characters": (b"Rest\x07\x08", "unsupported"),
    "an archive of anything": (archive({"a.xml": "<a/>"}), "unsupported"),
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
    "a zip bomb": (docx("<w:p>" + " " * 101_000_000 + "</w:p>"), "too_complex"),
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


def reading(data: bytes, seconds: float = 60.0) -> Reading:
    return read_document(data, "notes/a.md", Sizes(), seconds)


def refusal(data: bytes, seconds: float = 60.0) -> str:
    with pytest.raises(UnreadableError) as refused:
        reading(data, seconds)
    return refused.value.reason


@pytest.mark.parametrize("name", GOOD)
def test_a_file_is_read_by_what_is_in_it(name: str) -> None:
    data, kind, text = GOOD[name]
    read = reading(data)

    assert (read.format, "\n\n".join(chunk.content for chunk in read.chunks)) == (kind, text)


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_refused_with_its_code(name: str) -> None:
    data, code = BAD[name]

    assert refusal(data) == code


def test_a_text_is_never_longer_than_its_chunks_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_CHUNKS", 0)

    assert refusal(b"Rest two days.") == "too_large"


def test_the_documents_say_of_the_room_what_the_refusal_says() -> None:
    said = " ".join((Path(__file__).parents[4] / "docs" / "using.md").read_text().split())

    assert f"at most {ROOM}" in said
    assert ROOM.startswith(f"{MAX_BYTES >> 20} MB and {reader.MAX_CHUNKS:,} chunks")


@pytest.mark.parametrize("row", ["{},Food {},{}2,{}.5\n", "2026-11-02,Squat,5,{},{}.5,slept {} hours\n"])
def test_a_table_of_the_size_that_is_named_has_room(row: str) -> None:
    """A tenth of it, which is read ten times as fast."""
    line = row.format(1, 2, 3, 4)
    data = f"{','.join('abcdef'[: line.count(',') + 1])}\n{line * (40_000 // len(line))}"

    assert len(reading(data.encode()).chunks) <= reader.MAX_CHUNKS // 10


def test_a_table_that_is_far_too_large_is_refused_before_its_cells_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.knowledge.formats.from_csv.read", lambda _: pytest.fail("it was read"))

    assert reader.answered(b"a,b\n" + b"1,2\n" * 1_300_000, "a.csv", Sizes())["code"] == "too_large"


def test_a_document_that_takes_too_long_to_read_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "MAX_SECONDS", 0.001)

    assert refusal(pdf("Rest.")) == "too_slow"


def test_a_document_for_which_there_is_no_time_left_is_not_blamed_for_it() -> None:
    with pytest.raises(UnavailableError) as late:
        reading(pdf("Rest."), seconds=0.001)
    assert late.value.reason == "out_of_time"


def test_what_no_database_takes_is_left_out() -> None:
    read = reading(b"---\ntitle: R\xed\xa0\xbd\n---\n" + "Rest \ufffe.".encode())

    assert "\x00" not in read.chunks[0].content


def test_the_reader_is_given_no_credentials(child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a parser be subverted, there is nothing to be found."""
    answer = '{"format": "pdf", "title": "%s", "chunks": [], "omissions": [], "pictures": []}'
    child(f"""printf '{answer}' "$(env | tr '\\n"' ' ')\"""")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for-nobody")

    environment = reading(pdf("Rest.")).title
    assert "PYTHONPATH=" in environment
    assert "for-nobody" not in environment


HOSTILE = {
    "comments": (b"<!-- a -->\n" * 20_000 + b"# x\n\nText.", "markdown"),
    "a picture in the text": (b"# A\n\nText ![x](data:image/png;base64," + b"QUJD" * 350_000 + b") more.", "markdown"),
    "what is encoded": (b"# A\n\nText.\n\n" + b"QUJD" * 100_000, "markdown"),
    "data in a line": (b'{"a":"b c","d":["e f"],' * 2_000 + b"}", "text"),
    "brackets": (b"![a" * 20_000, "text"),
    "a long page": (b"<html><body>" + b"<p>a <b>b</b></p>" * 20_000 + b"</body></html>", "html"),
    "fences": (b"```\n~~~\n" * 5_000, "markdown"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_made_to_take_for_ever_is_read_as_any_other(name: str) -> None:
    data, kind = HOSTILE[name]

    assert reading(data).format == kind


def test_a_table_of_endless_columns_is_refused_for_them() -> None:
    assert refusal(b",".join([b"c"] * 300_000) + b"\n" + b",".join([b"1"] * 300_000)) == "too_wide"


def test_a_document_that_is_nested_beyond_measure_is_too_complex() -> None:
    deep = "<w:sdt><w:sdtContent>" * 3000 + paragraph("Rest.") + "</w:sdtContent></w:sdt>" * 3000

    assert refusal(docx(deep)) == "too_complex"
