"""Sheets: cells as they are shown, and what is hidden left out and said."""

import datetime
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.workbook import Workbook

from shared.knowledge.formats.document import Document
from shared.knowledge.formats.from_xlsx import read
from tests.support.documents import archive
from tests.support.office_files import relations


def of(book: Workbook) -> Document:
    written = io.BytesIO()
    book.save(written)
    return read(written.getvalue())


def sheet(*rows: list[Any], title: str = "Sheet1") -> Workbook:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def texts(document: Document) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in document.blocks]


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (0.125, "0.0%", "12.5%"),
        (0.5, "0%", "50%"),
        (60, '0.0" kg"', "60.0 kg"),
        (1234.6, "#,##0", "1235"),
        (1234.56, "General", "1234.56"),
        (True, "General", "TRUE"),
        (datetime.date(2026, 11, 20), "yyyy-mm-dd", "2026-11-20"),
        (datetime.datetime.fromisoformat("2026-11-20T18:30"), "yyyy-mm-dd hh:mm", "2026-11-20 18:30"),
        (datetime.time(18, 30), "hh:mm", "18:30"),
        ("  two\nlines ", "General", "two lines"),
    ],
)
def test_a_cell_says_what_it_shows(value: Any, form: str, shown: str) -> None:
    book = sheet(["name", "value"], ["x", value])
    book.active["B2"].number_format = form
    [(kind, text)] = texts(of(book))
    assert (kind, shown in text) == ("table", True), text


def test_hidden_rows_columns_and_sheets_are_left_out_and_sheets_are_named() -> None:
    book = sheet(["lift", "secret", "kg"], ["squat", "x1", 60], ["bench", "x2", 40])
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["B"].hidden = True
    hidden = book.create_sheet("Hidden")
    hidden.append(["nobody reads this"])
    hidden.sheet_state = "hidden"
    document = of(book)
    text = document.text
    assert all(part in text for part in ("lift", "squat", "60"))
    assert not any(part in text for part in ("secret", "x1", "bench", "nobody"))
    assert [(each.code, each.count, each.where) for each in document.omissions] == [("hidden_sheets", 1, "Hidden")]


def test_a_merged_cell_counts_for_all_that_it_covers() -> None:
    book = sheet(["week", None, "note"], ["1", "2", "easy"], [None, "3", "hard"])
    book.active.merge_cells("A1:B1")
    book.active.merge_cells("A2:A3")
    [(_, text)] = texts(of(book))
    assert text.count("week") >= 2
    assert text.count("1") >= 2


def test_titles_and_notes_around_tables_are_texts_and_an_empty_row_parts_two_tables() -> None:
    book = sheet(
        ["Plan of June", None], ["day", "km"], ["Mon", 5], [], ["Only words"], [], ["a", "b"], [1, 2], title="June"
    )
    kinds = [kind for kind, _ in texts(of(book))]
    assert kinds == ["heading", "text", "table", "text", "table"]


def test_a_formula_that_nobody_calculated_is_said_to_be_missing() -> None:
    document = of(sheet(["a", "b"], [1, "=A2*2"]))
    assert [(each.code, each.count) for each in document.omissions] == [("formulas_without_value", 1)]


def test_columns_far_apart_come_together() -> None:
    book = sheet(["day", *[None] * 9, "km"], ["Mon", *[None] * 9, 5])
    [(kind, text)] = texts(of(book))
    assert kind == "table"
    assert "||" not in text.replace(" ", "")


def test_what_is_raised_in_a_cell_stays_a_power_and_what_is_struck_goes() -> None:
    power = CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "3"), " IU")
    dose = CellRichText("Take ", TextBlock(InlineFont(strike=True), "1 g "), "500 mg")
    book = sheet(["a", "b", "c"], [power, dose, "2 g"])
    book.active["C2"].font = Font(strike=True)
    [(_, text)] = texts(of(book))
    assert text.endswith("| 10^3 IU | Take 500 mg |  |")


def test_texts_that_a_workbook_shares_are_read_with_their_raised_and_struck_words() -> None:
    power = (
        '<si><r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>3</t></r><r><rPr><strike/></rPr><t>old</t>'
        '</r><r><t xml:space="preserve"> IU_x000D_</t></r><rPh sb="0" eb="1"><t>kana</t></rPh></si>'
    )
    assert "| 10^3 IU |" in read(repacked(sheet(["a"], ["b", "SHARED"]), power)).text


def test_a_merged_cell_is_read_where_its_first_row_is_filtered_away() -> None:
    book = sheet(["group", "kg"], ["Legs", 1], [None, 2], [None, 3])
    book.active.merge_cells("A2:A4")
    book.active.row_dimensions[2].hidden = True
    [(_, text)] = texts(of(book))
    assert text.endswith("| Legs | 2 |\n| Legs | 3 |")


def test_what_stands_in_a_box_above_a_sheet_is_read() -> None:
    box = '<x:wsDr xmlns:x="x" xmlns:a="a"><x:sp><a:p><a:r><a:t>Never over 5 g.</a:t></a:r></a:p></x:sp></x:wsDr>'
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations({"rId1": "../drawings/drawing1.xml"}, "drawing"),
        "xl/drawings/drawing1.xml": box,
    }
    assert read(repacked(sheet(["a", "b"], [1, 2]), parts=parts)).blocks[-1].text == "Never over 5 g."


def repacked(book: Workbook, shared: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """A workbook with other parts, and a text that it shares where a cell says SHARED."""
    written = io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as file:
        found = {name: file.read(name).decode() for name in file.namelist()}
    name = "xl/worksheets/sheet1.xml"
    found[name] = found[name].replace(' t="inlineStr"><is><t>SHARED</t></is>', ' t="s"><v>0</v>')
    table = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    kind = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{table}"/>'
    found["[Content_Types].xml"] = found["[Content_Types].xml"].replace("</Types>", f"{kind}</Types>")
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return archive({**found, "xl/sharedStrings.xml": f'<sst xmlns="{space}">{shared}</sst>', **(parts or {})})
