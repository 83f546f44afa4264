"""Files of every kind, made for the tests: good ones, broken ones, and ones that mean harm."""

import io
import zipfile
from collections.abc import Mapping, Sequence

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, StreamObject

WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STYLES = f"""<?xml version="1.0"?><w:styles {WORD}>
<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
</w:styles>"""
CORE = (
    '<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title>'
    "</cp:coreProperties>"
)


def paragraph(text: str, style: str = "", *, listed: bool = False) -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    number = '<w:numPr><w:numId w:val="1"/></w:numPr>' if listed else ""
    return f"<w:p><w:pPr>{named}{number}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def styled(styles: str) -> dict[str, str | bytes]:
    return {"word/styles.xml": f"<w:styles {WORD}>{styles}</w:styles>"}


def numbered(*levels: tuple[str, str]) -> dict[str, str | bytes]:
    each = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for n, (kind, text) in enumerate(levels)
    )
    style = (
        '<w:style w:styleId="Steps"><w:name w:val="List Number"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        "</w:style>"
    )
    return {
        "word/numbering.xml": f'<w:numbering {WORD}><w:abstractNum w:abstractNumId="0">{each}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
        **styled(style),
    }


def word_table(rows: Sequence[Sequence[str]]) -> str:
    cells = ["".join(f"<w:tc>{paragraph(text)}</w:tc>" for text in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return packed.getvalue()


def docx(body: str, title: str = "", prolog: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """A Word document with the inner XML of its body."""
    document = f"{prolog}<w:document {WORD}><w:body>{body}</w:body></w:document>"
    known = {"word/styles.xml": STYLES, "docProps/core.xml": CORE.format(title)}
    return archive({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **known, **(parts or {})})


def pdf(*pages: str, title: str = "", password: str | None = None) -> bytes:
    """A PDF with a page of text for each argument, one line of it per line."""
    writer = PdfWriter()
    for text in pages:
        add_page(writer, text)
    if title:
        writer.add_metadata({"/Title": title})
    if password is not None:
        writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    return written(writer)


def add_page(writer: PdfWriter, text: str, instructions: bytes = b"") -> None:
    page = writer.add_blank_page(595, 842)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    lines = "".join(f"({line}) Tj 0 -14 Td " for line in text.splitlines())
    stream: StreamObject = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 50 780 Td {lines}ET ".encode() + instructions)
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())  # noqa: SLF001


def written(writer: PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()
