"""Workbooks, slides, books and printed pages with known content, made for tests and benchmarks."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import openpyxl
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, StreamObject

from tests.support.documents import archive, written

PRESENTATION = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]], hidden: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    return packed(book)


def packed(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def shape(text: str, place: str = "", top: int = 0) -> str:
    """Of a slide: with one of its places ("title", "body"), or free."""
    holder = f'<p:nvPr><p:ph type="{place}"/></p:nvPr>' if place else "<p:nvPr/>"
    paragraphs = text if text.startswith("<a:p>") else f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p>"
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/>{holder}</p:nvSpPr><p:spPr><a:xfrm>'
        f'<a:off x="0" y="{top}"/>'
        f'<a:ext cx="9" cy="9"/></a:xfrm></p:spPr><p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>'
    )


def slide_table(rows: Sequence[Sequence[str]]) -> str:
    """Of a slide; a cell that begins with "2>" is two columns wide."""
    lines = ""
    for row in rows:
        cells = ""
        for text in row:
            wide = text.startswith("2>")
            span = ' gridSpan="2"' if wide else ""
            body = escape(text.removeprefix("2>"))
            cells += f"<a:tc{span}><a:txBody><a:p><a:r><a:t>{body}</a:t></a:r></a:p></a:txBody></a:tc>"
            cells += '<a:tc hMerge="1"><a:txBody><a:p/></a:txBody></a:tc>' if wide else ""
        lines += f"<a:tr>{cells}</a:tr>"
    return (
        f'<p:graphicFrame><p:xfrm><a:off x="0" y="5000000"/></p:xfrm><a:graphic><a:graphicData><a:tbl>{lines}</a:tbl>'
        "</a:graphicData></a:graphic></p:graphicFrame>"
    )


def deck(slides: Sequence[str], notes: Mapping[int, str] | None = None, hidden: Sequence[int] = ()) -> bytes:
    """Slides of the inner XML of their shapes, with the notes of some (from 1)."""
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in range(1, len(slides) + 1))
    targets = {f"rId{n}": f"slides/slide{n}.xml" for n in range(1, len(slides) + 1)}
    overrides = "".join(
        f'<Override PartName="/ppt/slides/slide{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'presentationml.slide+xml"/>'
        for n in range(1, len(slides) + 1)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _types("presentationml.presentation.main", "/ppt/presentation.xml", overrides),
        "_rels/.rels": relations({"rId1": "ppt/presentation.xml"}, "officeDocument"),
        "ppt/presentation.xml": f"<p:presentation {PRESENTATION}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(targets, "slide"),
    }
    for number, shapes in enumerate(slides, 1):
        show = ' show="0"' if number in hidden else ""
        tree = f"<p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{shapes}</p:spTree></p:cSld>"
        parts[f"ppt/slides/slide{number}.xml"] = f"<p:sld {PRESENTATION}{show}>{tree}</p:sld>"
    for number, text in (notes or {}).items():
        tree = f"<p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{shape(text, 'body')}</p:spTree></p:cSld>"
        parts[f"ppt/notesSlides/notesSlide{number}.xml"] = f"<p:notes {PRESENTATION}>{tree}</p:notes>"
        parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
            {"rId1": f"../notesSlides/notesSlide{number}.xml"}, "notesSlide"
        )
    return archive(parts)


def relations(targets: Mapping[str, str], kind: str) -> str:
    each = "".join(f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{to}"/>' for name, to in targets.items())
    return f'<Relationships xmlns="{RELATIONS}">{each}</Relationships>'


def _types(main: str, part: str, overrides: str = "") -> str:
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="{part}" ContentType="application/vnd.openxmlformats-officedocument.{main}+xml"/>'
        f"{overrides}</Types>"
    )


def book(chapters: Sequence[str], title: str = "A book", nav: str = "") -> bytes:
    """An EPUB of the inner HTML of its chapters."""
    items = "".join(
        f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(chapters))
    )
    refs = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "OEBPS/content.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata><manifest>'
        '<item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        f'{items}</manifest><spine><itemref idref="n"/>{refs}</spine></package>',
        "OEBPS/nav.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{nav}</body></html>',
    }
    for number, chapter in enumerate(chapters):
        parts[f"OEBPS/c{number}.xhtml"] = (
            '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
            f"<body>{chapter}</body></html>"
        )
    return archive(parts)


@dataclass(frozen=True)
class Placed:
    """A text of a printed page: points from the left and from the bottom."""

    text: str
    x: float
    y: float
    size: float = 10
    bold: bool = False
    turned: int = 0  # degrees against the clock: 0, 90, 180, 270
    mode: int = 0  # 3: invisible
    grey: float = 0  # 1: white


TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def printed(*pages: Sequence[Placed], title: str = "", drawn: str = "") -> bytes:
    """A PDF of texts at their places, and what else is drawn on each page."""
    writer = PdfWriter()
    for texts in pages:
        page = writer.add_blank_page(595, 842)
        fonts = DictionaryObject(
            {
                NameObject(name): DictionaryObject(
                    {
                        NameObject("/Type"): NameObject("/Font"),
                        NameObject("/Subtype"): NameObject("/Type1"),
                        NameObject("/BaseFont"): NameObject(base),
                        NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
                    }
                )
                for name, base in (("/F1", "/Helvetica"), ("/F2", "/Helvetica-Bold"))
            }
        )
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream: StreamObject = DecodedStreamObject()
        stream.set_data("\n".join([drawn, *map(_instructions, texts)]).encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())  # noqa: SLF001
    if title:
        writer.add_metadata({"/Title": title})
    return written(writer)


def _instructions(text: Placed) -> str:
    font = "F2" if text.bold else "F1"
    turn = " ".join(map(str, TURNS[text.turned]))
    words = text.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT {text.grey} g {text.mode} Tr /{font} {text.size} Tf {turn} {text.x} {text.y} Tm ({words}) Tj ET"


def lines(text: str, x: float = 60, y: float = 780, size: float = 10, step: float = 12) -> list[Placed]:
    """The lines of a column, from above."""
    return [Placed(line, x, y - step * number, size) for number, line in enumerate(text.split("\n")) if line]
