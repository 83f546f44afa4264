import pytest

from shared.knowledge.formats import archive
from shared.knowledge.formats.document import UnreadableError
from shared.knowledge.formats.from_docx import read
from tests.support.documents import docx, paragraph, word_table

BOX = (
    '<w:p><mc:AlternateContent xmlns:mc="m"><mc:Choice><w:r><w:t>Shown once.</w:t></w:r></mc:Choice>'
    "<mc:Fallback><w:r><w:t>Shown once.</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>"
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def code(data: bytes) -> str:
    with pytest.raises(UnreadableError) as refused:
        read(data)
    return refused.value.reason


def test_headings_are_told_by_the_names_of_their_styles_in_any_language() -> None:
    body = paragraph("Ruhe", "berschrift1") + paragraph("Wie &amp; wann", "berschrift2") + paragraph("Zwei Tage.")

    assert read(docx(body, "Der Plan")).title == "Der Plan"
    assert read(docx(body)).text == "# Ruhe\n\n## Wie & wann\n\nZwei Tage."


def test_lists_and_tables_stay_what_they_are() -> None:
    body = paragraph("Walk", listed=True) + word_table([["Lift", "Sets"], ["Squat", "5"]]) + paragraph("Rest.")

    assert read(docx(body)).text == "- Walk\n\n| Lift | Sets |\n| --- | --- |\n| Squat | 5 |\n\nRest."


def test_what_was_deleted_is_gone_and_what_is_there_twice_comes_once() -> None:
    deleted = "<w:p><w:del><w:r><w:delText>Old.</w:delText></w:r></w:del><w:r><w:t>New.</w:t></w:r></w:p>"

    assert read(docx(deleted + BOX)).text == "New.\n\nShown once."


def test_entities_are_refused_before_they_grow() -> None:
    assert code(docx(paragraph("&b;"), prolog=BOMB)) == "corrupt"


def test_an_archive_that_declares_to_grow_beyond_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_INFLATED", 1_000_000)

    assert code(docx(paragraph("Rest."), parts={"word/media/image1.png": b"0" * 1_000_001})) == "too_complex"


def test_a_part_that_grows_beyond_measure_is_read_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_XML", 100_000)

    assert code(docx(paragraph(" " * 200_000))) == "too_complex"


def test_an_archive_of_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_PARTS", 5)

    assert code(docx(paragraph("Rest."), parts={"a": "", "b": ""})) == "too_complex"
