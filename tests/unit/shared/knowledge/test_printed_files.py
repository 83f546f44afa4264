"""PDFs say what one sees on paper: white letters on a colour, no struck ones, numbers as they are set, what was filled in."""

import io

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, FloatObject, NameObject, RectangleObject

from tests.support.documents import written
from tests.support.office_files import Placed, lines, printed
from tests.support.reading import Case, assert_told

DARK = "0.1 0.2 0.5 rg"
HEAD = [Placed(text, x, 700, grey=1) for text, x in (("Lift", 60), ("Sets", 160), ("Reps", 260))]
ROWS = [
    Placed(text, x, y)
    for y, row in ((680, ("Squat", "5", "6")), (660, ("Bench", "3", "8")))
    for text, x in zip(row, (60, 160, 260), strict=True)
]
# Cells with a border each, in which the short ones stand in the middle of their height.
CELLS = " ".join(f"{x} {y} 150 {height} re S" for x in (50, 200, 350) for y, height in ((690, 20), (650, 40)))
CENTRED = [
    *(Placed(text, x, 696) for text, x in (("Lift", 55), ("Week 1", 205), ("Week 2", 355))),
    Placed("Bench press with a very long", 55, 676),
    Placed("name", 55, 660),
    *(Placed(text, x, 668) for text, x in (("4 x 6", 205), ("5 x 3", 355))),
]


def cropped() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(printed([Placed("Seen words.", 260, 700), Placed("Cut off.", 60, 100)])))
    writer.pages[0].cropbox = RectangleObject((200, 300, 595, 842))
    return written(writer)


def filled_in() -> bytes:
    """A form, in a field of which somebody wrote."""
    writer = PdfWriter(clone_from=io.BytesIO(printed(lines("Dose per day:"))))
    look = DecodedStreamObject()
    look.set_data(b"BT /F1 10 Tf 2 4 Td (500 mg) Tj ET")
    page = writer.pages[0]
    size, place = (ArrayObject(map(FloatObject, box)) for box in ((0, 0, 100, 20), (130, 775, 230, 795)))
    look.update({NameObject("/Subtype"): NameObject("/Form"), NameObject("/BBox"): size})
    look[NameObject("/Resources")] = page["/Resources"]
    names = {"/Type": "/Annot", "/Subtype": "/Widget", "/FT": "/Tx"}
    field = DictionaryObject({NameObject(name): NameObject(kind) for name, kind in names.items()})
    field[NameObject("/Rect")] = place
    field[NameObject("/AP")] = DictionaryObject({NameObject("/N"): writer._add_object(look)})  # noqa: SLF001
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(field)])  # noqa: SLF001
    return written(writer)


FILES: dict[str, Case] = {
    "a head in white on blue": (printed([*HEAD, *ROWS], drawn=f"{DARK} 50 692 300 20 re f"), [r"\| Lift \| Sets \| Reps \|\n\| --- \| --- \| --- \|\n\| Squat \| 5 \| 6 \|"], []),
    "white on what was painted white again": (printed([Placed("White lie.", 60, 700, grey=1), Placed("Rest two days.", 60, 60)], drawn=f"{DARK} 0 400 595 442 re f 1 g 50 680 300 50 re f"), ["Rest two days"], ["lie"]),
    "a dose that is struck": (printed([Placed("Take 1 gram 500 mg.", 60, 700)], drawn="84.5 703.2 m 116 703.2 l S"), ["Take 500 mg"], ["1 gram"]),
    "a line below words and one between columns of a chart": (printed([Placed("Take 1 gram.", 60, 700)], drawn="60 698.5 m 115 698.5 l S 20 703.2 m 500 703.2 l S"), ["Take 1 gram"], []),
    "powers beside a fraction": (printed([Placed("Take 10", 60, 700), Placed("3", 96.1, 704.5, 6), Placed("IU or 1", 103, 700), Placed("1", 133.2, 703, 6), Placed("/", 136.6, 700), Placed("2", 139.5, 700, 6), Placed("cup.", 146, 700)]), [r"10\^3 IU or 1 1/2 cup"], []),
    "a fraction with its bar": (printed([Placed("Take ", 60, 700, 12), Placed("1", 90, 706, 7), Placed("2", 90, 696, 7), Placed("cup or 1", 98, 700, 12), Placed("3", 144, 706, 7), Placed("4", 144, 696, 7), Placed("cups", 152, 700, 12)]), ["Take 1/2 cup or 1 3/4 cups"], []),
    "cells of several lines beside centred ones": (printed(CENTRED, drawn=CELLS), [r"\| Bench press with a very long name \| 4 x 6 \| 5 x 3 \|"], []),
    "letters beyond the edge of the page": (printed([Placed("Rest two days.", 60, 700), Placed("Never.", 700, 700)]), ["Rest two days"], ["Never"]),
    "what is cropped": (cropped(), ["Seen words"], ["Cut off"]),
    "a form that was filled in": (filled_in(), ["Dose per day: 500 mg"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_printed_page_says_what_a_reader_sees(name: str) -> None:
    assert_told(*FILES[name])
