"""What becomes of Markdown and tables: each is read back by a reader that is not its maker."""

import io
from datetime import date
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from docx import Document
from icalendar import Calendar, Event

from shared.platform.errors import InvalidRequestError
from shared.rooms.delivery import calendar, markdown, pdf, word

GUIDE = """# Übersicht ✅

Run **easily**, see [the guide](https://example.com/guide). ![seen](https://evil.example/seen.png) <script>x</script>

| Week | km |
|---|---|
| 1 | 10 |

- warm up
  - five minutes
1. first
"""
PLAN = "Date,start,minutes,title,notes\n2026-12-01,18:30,45,Easy run,knee calm; slow\n2026-12-03,,,Rest,\n"
BERLIN = ZoneInfo("Europe/Berlin")


def text_of_pdf(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "".join(document[number].get_textpage().get_text_range() for number in range(len(document)))


def events(content: bytes) -> list[Event]:
    made = Calendar.from_ical(content)
    assert isinstance(made, Calendar)
    return made.events


# ------------------------------------------------------------------------------------------------------------ documents
def test_a_pdf_has_all_words_of_the_text_in_letters_of_several_scripts() -> None:
    made = text_of_pdf(pdf.document(f"{GUIDE}\n\nЮля Ωμέγα\n", "Guide"))

    for words in ("Übersicht", "easily", "the guide", "Week", "10", "warm up", "five minutes", "Юля", "Ωμέγα"):
        assert words in made


@pytest.mark.parametrize("text", ["深蹲很好", "مرحبا", "שלום"])
def test_a_pdf_that_would_be_wrong_is_not_made(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        pdf.document(text, "Guide")
    assert refused.value.reason == "format_unavailable"


def test_letters_that_change_with_their_neighbours_are_set_so() -> None:
    assert len(pypdfium2.PdfDocument(pdf.document("नमस्ते สวัสดี", "Guide"))) == 1


@pytest.mark.parametrize(
    "cell",
    [
        "**one** two *three*",
        "`one` **two** three",
        "**one** [two](https://example.com) three",
        "one [two](#three) three",
    ],
)
def test_a_cell_of_a_table_has_all_of_its_words_in_a_pdf(cell: str) -> None:
    made = text_of_pdf(pdf.document(f"| {cell} | km |\n|---|---|\n| {cell} | 1 |\n", "Guide"))

    assert all(made.count(word) >= 2 for word in ("one", "two", "three"))


def test_a_link_within_a_text_is_words_in_a_pdf() -> None:
    assert "Week 2" in text_of_pdf(pdf.document("[Week 2](#week-2)\n\n## Weeks\n", "Guide"))


@pytest.mark.parametrize(
    "table",
    ["|a|b|\n|-|-|\n|" + "long " * 4000 + "|b|", "|" + "a|" * 80 + "\n|" + "-|" * 80 + "\n|" + "word|" * 80],
    ids=["too high", "too wide"],
)
def test_a_table_for_which_pages_are_too_small_is_refused(table: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        pdf.document(table, "Guide")
    assert refused.value.reason == "format_unavailable"


@pytest.mark.parametrize("block", ["- a\n", "a\n\n", "# a\n", "***\n"])
def test_a_text_of_more_blocks_than_can_be_set_in_time_is_refused_at_once(
    block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "MAX_BLOCKS", 40)
    pdf.document(block * 20, "Guide")
    with pytest.raises(InvalidRequestError) as refused:
        pdf.document(block * 41, "Guide")
    assert refused.value.reason == "file_too_large"


def test_signs_that_no_document_may_have_are_left_out() -> None:
    made = Document(io.BytesIO(word.document("warm\x01 up\x0b\uffff", "Guide")))

    assert [each.text for each in made.paragraphs] == ["warm up"]


def test_nothing_is_fetched_that_a_text_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr("socket.socket.connect", refuse)
    pdf.document(GUIDE, "Guide")
    word.document(GUIDE, "Guide")


def test_a_word_document_has_headings_lists_and_tables_as_word_knows_them() -> None:
    made = Document(io.BytesIO(word.document(f"{GUIDE}\n> said\n\n```\nx = 1\n```\n\n深蹲 ~~no~~ *yes*", "Guide")))

    styles = {each.text: each.style.name for each in made.paragraphs if each.style}
    assert styles["Übersicht ✅"] == "Heading 1"
    assert (styles["warm up"], styles["five minutes"], styles["first"]) == (
        "List Bullet",
        "List Bullet 2",
        "List Number",
    )
    assert styles["said"] == "Quote"
    assert [[cell.text for cell in row.cells] for row in made.tables[0].rows] == [["Week", "km"], ["1", "10"]]
    bold = [run.text for each in made.paragraphs for run in each.runs if run.bold]
    assert bold == ["easily"]


def test_a_page_runs_nothing_and_shows_nobody_elses_pictures() -> None:
    made = markdown.page(GUIDE, "<b>Guide</b>").decode()

    assert "<img" not in made
    assert "<script" not in made
    assert "<b>" not in made
    assert "<table>" in made
    assert "default-src 'none'" in made


# ------------------------------------------------------------------------------------------------------------ calendars
def test_a_calendar_has_the_sessions_in_the_athletes_time_zone() -> None:
    run, rest = events(calendar.document(PLAN, "Plan", "plan.csv", BERLIN))

    assert run["SUMMARY"] == "Easy run"
    assert run.start.isoformat() == "2026-12-01T18:30:00+01:00"
    assert (run.end - run.start).seconds == 45 * 60
    assert run["DESCRIPTION"] == "knee calm; slow"
    assert rest.start == date(2026, 12, 3)


def test_it_says_the_rules_of_the_zone_and_lines_as_rfc_5545_wants_them() -> None:
    made = calendar.document(PLAN.replace("Easy run", "Läufe " * 30), "Plan", "plan.csv", BERLIN)

    assert b"BEGIN:VTIMEZONE" in made
    assert b"DTSTART;TZID=Europe/Berlin:20261201T183000" in made
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))


def test_the_same_calendar_again_changes_the_same_events() -> None:
    made = [calendar.document(PLAN, "Plan", name, BERLIN) for name in ("a.csv", "a.csv", "b.csv")]
    first, again, other = ([event.uid for event in events(each)] for each in made)

    assert first == again
    assert not set(first) & set(other)


def test_without_a_time_zone_times_are_those_of_the_phone() -> None:
    assert b"DTSTART:20261201T183000\r\n" in calendar.document(PLAN, "Plan", "plan.csv", None)


@pytest.mark.parametrize(
    "table",
    [
        "",
        "day,what\n1,Run\n",
        "date,title\ntomorrow,Run\n",
        "date,title,start\n2026-12-01,Run,late\n",
        "date,title,start,minutes\n2026-12-01,Run,18:30,nan\n",
        "date,title\n" + "2026-12-01,Run\n" * 1001,
    ],
    ids=["empty", "other columns", "no date", "no time", "no number", "too long"],
)
def test_what_is_no_list_of_dates_is_no_calendar(table: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        calendar.document(table, "Plan", "plan.csv", None)
    assert refused.value.reason == "not_a_calendar"
