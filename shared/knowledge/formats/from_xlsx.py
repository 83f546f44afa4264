"""Workbooks: each visible sheet as a table of what its cells show."""

import datetime
import io
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.utils.escape import unescape

from shared.knowledge.formats.archive import Archive, child, local, relation, value
from shared.knowledge.formats.document import Block, Document, Omission, UnreadableError, one_line
from shared.knowledge.formats.drawings import chart, words
from shared.knowledge.formats.number_formats import figure, moment, short
from shared.knowledge.formats.raised_text import Script, joined
from shared.knowledge.formats.tables import MAX_CELLS, MAX_COLUMNS, Cell, spanned

BOOK = "xl/workbook.xml"
MAX_ROWS = 200_000  # with words; far more than the chunks of a document hold
EMPTY_ROWS = 20_000  # one after the other, behind which nobody has written anything
_SHEET_NAME = re.compile(r"(?:sheet|tabelle|feuil|hoja|foglio|лист)\W*\d*", re.IGNORECASE)


class _Layout:
    """What openpyxl's way of reading large sheets does not tell: what is hidden, and which cells are one."""

    def __init__(self, archive: Archive, part: str) -> None:
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.merged: dict[tuple[int, int], tuple[int, int]] = {}  # rows and columns of a cell, by its place
        self.formulas = 0  # without a value
        self.inline: dict[tuple[int, int], str] = {}  # texts in which not all looks alike, by their places
        for event, element in archive.events(part):
            if event == "end":
                self._add(element)

    def _add(self, element: Element) -> None:
        match local(element):
            case "row":
                if value(element, "hidden") in ("1", "true") and value(element, "r").isdigit():
                    self.hidden_rows.add(int(value(element, "r")))
                element.clear()
            case "col" if value(element, "hidden") in ("1", "true"):
                first, last = int(value(element, "min", "1")), int(value(element, "max", "1"))
                self.hidden_columns.update(range(first, min(last, MAX_COLUMNS) + 1))
            case "c":
                if child(element, "f") is not None and not (getattr(child(element, "v"), "text", "") or ""):
                    self.formulas += 1
                if (runs := child(element, "is")) is not None and child(runs, "r") is not None:
                    text = CellRichText.from_tree(runs)
                    self.inline[coordinate_to_tuple(value(element, "r"))] = one_line(joined(map(_piece, text)))
            case "mergeCell":
                left, top, right, bottom = range_boundaries(value(element, "ref"))
                if left and top and right and bottom:
                    self.merged[int(top or 1), int(left or 1)] = (
                        int(bottom or 1) - int(top or 1) + 1,
                        int(right or 1) - int(left or 1) + 1,
                    )


def read(data: bytes) -> Document:
    """Raises UnreadableError: encrypted, too_complex, too_large, too_wide, corrupt; and for a broken file anything."""
    warnings.simplefilter("ignore")  # of what openpyxl does not keep when it writes
    with Archive(data) as archive:
        sheets = _sheets(archive)
        book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_links=False, rich_text=True
        )
        blocks: list[Block] = []
        empty = 0
        for name, part, is_hidden in sheets:
            if is_hidden or part not in archive or name not in book.sheetnames:
                continue
            layout = _Layout(archive, part)
            empty += layout.formulas
            blocks += [*_blocks(book[name], layout, name, len(sheets) > 1), *_drawn(archive, part)]
        hidden = [name for name, _, is_hidden in sheets if is_hidden]
        pictures = sum(name.startswith("xl/media/") for name in archive)
        omitted = [
            Omission("hidden_sheets", len(hidden), ", ".join(hidden)[:500]),
            Omission("formulas_without_value", empty),
            Omission("images", pictures),
        ]
        return Document(archive.title(), blocks, [each for each in omitted if each.count])


def _sheets(archive: Archive) -> list[tuple[str, str, bool]]:
    """Each with its name, its part, and whether it is hidden."""
    targets = archive.targets(BOOK)
    listed = child(archive.xml(BOOK), "sheets")
    return [
        (value(each, "name"), targets.get(relation(each), ""), value(each, "state", "visible") != "visible")
        for each in (listed if listed is not None else ())
    ]


def _blocks(sheet: Any, layout: _Layout, name: str, is_one_of_many: bool) -> Iterator[Block]:
    """Tables that an empty row parts from each other; what stands alone above one is a text."""
    begun = False
    for rows in _regions(sheet, layout):
        if not begun and (is_one_of_many or not _SHEET_NAME.fullmatch(name)):
            yield Block("heading", one_line(name), 2 if is_one_of_many else 1)
        begun = True
        while len(rows) > 1 and len(rows[0]) > 1 and (line := _line(rows[0])):
            yield Block("text", line)
            rows = rows[1:]
        if all(_line(row) for row in rows):
            yield from (Block("text", _line(row)) for row in rows)
        elif found := spanned(rows):
            yield found


def _drawn(archive: Archive, sheet: str) -> Iterator[Block]:
    """What stands in boxes above a sheet, and the figures of its charts."""
    for part in archive.targets(sheet).values():
        if not part.startswith("xl/drawings/") or not part.endswith(".xml") or part not in archive:
            continue
        texts = (words(each) for each in archive.xml(part).iter() if local(each) == "p")
        yield from (Block("text", text) for text in texts if text)
        for target in archive.targets(part).values():
            if target.startswith("xl/charts/chart") and target in archive:
                yield from chart(archive.xml(target))


def _line(row: list[Cell]) -> str:
    """What a row of one cell says, which may be words over several columns; empty for any other."""
    texts = [cell.text for cell in row if cell.text]
    is_over_several = len(texts) > 1 and len(set(texts)) == 1 and any(letter.isalpha() for letter in texts[0])
    return texts[0] if len(texts) == 1 or is_over_several else ""


def _regions(sheet: Any, layout: _Layout) -> Iterator[list[list[Cell]]]:
    region: list[list[Cell]] = []
    for row in _rows(sheet, layout):
        if row:
            region.append(row)
        elif region:
            yield _without_empty_columns(region)
            region = []
    if region:
        yield _without_empty_columns(region)


def _rows(sheet: Any, layout: _Layout) -> Iterator[list[Cell]]:
    """The visible cells of each visible row; an empty list for an empty one."""
    cells = rows = empty = 0
    merged: dict[int, list[tuple[int, int, int]]] = defaultdict(list)  # by row
    for (at, column), (down, across) in layout.merged.items():
        merged[at].append((column, down, across))
    covered: dict[int, dict[int, str]] = defaultdict(dict)  # by row and column
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    for number, row in enumerate(sheet.iter_rows(), 1):
        texts = [layout.inline.get((number, column), _text(cell)) for column, cell in enumerate(row, 1)]
        for column, down, across in merged.get(number, ()):
            if column <= len(texts) and texts[column - 1]:
                for place in range(min(min(down, 1000) * min(across, MAX_COLUMNS), MAX_COLUMNS * 10)):
                    covered[number + place // across][column + place % across] = texts[column - 1]
        here = covered.pop(number, {})
        if number in layout.hidden_rows:
            continue
        texts += [""] * (max(here, default=0) - len(texts))
        shown = [here.get(column, text) for column, text in enumerate(texts, 1) if column not in layout.hidden_columns]
        if any(shown):
            empty, rows, cells = 0, rows + 1, cells + len(shown)
            if rows > MAX_ROWS or cells > MAX_CELLS:
                raise UnreadableError("too_large")
            yield [Cell(text) for text in shown]
        else:
            empty += 1
            if empty > EMPTY_ROWS:
                return
            yield []


def _without_empty_columns(rows: list[list[Cell]]) -> list[list[Cell]]:
    used = {column for row in rows for column, cell in enumerate(row) if cell.text}
    first, last = min(used), max(used)
    width = last - first + 1
    if len(used) < width // 2:
        kept = sorted(used)
        return [[row[column] if column < len(row) else Cell("") for column in kept] for row in rows]
    return [[row[column] if column < len(row) else Cell("") for column in range(first, last + 1)] for row in rows]


def _text(cell: Any) -> str:
    """As the cell shows it, as far as its format is a usual one; nothing of what is struck."""
    found = cell.value
    form = str(getattr(cell, "number_format", "General") or "General")
    if found is None or getattr(cell.font, "strike", False):
        return ""
    if isinstance(found, CellRichText):
        return one_line(joined(map(_piece, found)))
    if isinstance(found, str):
        return one_line(unescape(found))
    if isinstance(found, bool):
        return str(found).upper()
    if isinstance(found, (datetime.date, datetime.time, datetime.timedelta)):
        return moment(found, form)
    return short(found) if is_date_format(form) else figure(found, form)


def _piece(piece: str | TextBlock) -> str | Script:
    """Of a cell in which not all looks alike."""
    if isinstance(piece, str):
        return str(unescape(piece))
    text = "" if piece.font.strike else str(unescape(piece.text))
    way = piece.font.vertAlign
    return Script(text, way == "superscript") if way in ("superscript", "subscript") else text
