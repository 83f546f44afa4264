"""Word documents and slides say what one sees: numbers as they are set, steps as they are counted, what is drawn."""

import pytest

from tests.support.documents import WORD, archive, docx, numbered, paragraph, run, styled
from tests.support.office_files import deck, relations, shape
from tests.support.reading import Case, assert_told

RAISED = '<w:vertAlign w:val="superscript"/>'
MOVED_UP = '<w:position w:val="6"/>'
NOT_STRUCK = '<w:strike w:val="0"/>'
IN_SYMBOL = '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'
MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
HALF = "<m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>"


def equation(text: str) -> str:
    return f"<m:oMath {MATH}>{text}</m:oMath>"


def item(text: str, number: int = 1, depth: int = 0) -> str:
    place = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return f"<w:p><w:pPr>{place}</w:pPr>{run(text) if text else ''}</w:p>"


def begun_anew() -> dict[str, str | bytes]:
    """Two lists of one kind, the second of which says no more of itself than where it begins."""
    parts = numbered(("lowerLetter", "%1)"), ("decimal", "%1.%2"))
    again = (
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>'
        "</w:lvlOverride></w:num></w:numbering>"
    )
    return parts | {"word/numbering.xml": str(parts["word/numbering.xml"]).replace("</w:numbering>", again)}


def drawn(element: str, target: str, content: str) -> bytes:
    """A Word document with something that is drawn from data in a part of its own."""
    parts = {"word/_rels/document.xml.rels": relations({"rId5": target}, "any"), f"word/{target}": content}
    return docx(f"<w:p><w:r><w:drawing>{element}</w:drawing></w:r></w:p>", parts=parts)


DIAGRAM = '<d:dataModel xmlns:d="d" xmlns:a="a"><a:p><a:r><a:t>Max 5 g</a:t></a:r></a:p></d:dataModel>'
CHART = (
    '<c:c xmlns:c="c" xmlns:a="a"><c:title><c:tx><a:p><a:r><a:t>Load in kg</a:t></a:r></a:p></c:tx></c:title><c:ser><c:tx><c:v>Squat'
    '</c:v></c:tx><c:cat><c:pt idx="0"><c:v>W1</c:v></c:pt><c:pt idx="1"><c:v>W2</c:v></c:pt><c:pt idx="2"><c:v>W3</c:v>'
    '</c:pt></c:cat><c:val><c:pt idx="0"><c:v>90</c:v></c:pt><c:pt idx="2"><c:v>100</c:v></c:pt></c:val></c:ser></c:c>'
)
RELATED = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'

FILES: dict[str, Case] = {
    "a half behind a number": (docx(f"<w:p>{run('Take 1')}{equation(HALF)}{run(' cups or ')}{equation('<m:r><m:t>2</m:t></m:r>' + HALF)}{run(' tsp.')}</w:p>"), ["Take 1 1/2 cups or 2 1/2 tsp"], []),
    "a logarithm": (docx(f"<w:p>{equation('<m:func><m:fName><m:sSub><m:e><m:r><m:t>log</m:t></m:r></m:e><m:sub><m:r><m:t>10</m:t></m:r></m:sub></m:sSub></m:fName><m:e><m:r><m:t>100</m:t></m:r></m:e></m:func>')}</w:p>"), [r"log_10\(100\)"], []),
    "deleted in an equation": (docx(f"<w:p>{run('x = ')}{equation('<w:del><m:r><m:t>5</m:t></m:r></w:del><w:ins><m:r><m:t>7</m:t></m:r></w:ins>')}</w:p>"), ["x = 7"], ["5"]),
    "a power in pieces": (docx(f"<w:p>{run('10')}{run('1', RAISED)}{run('2', RAISED)}{run(' and 10')}{run('-', RAISED)}{run('3', RAISED)}{run(' g')}</w:p>"), [r"10\^12 and 10\^\(-3\) g"], []),
    "a power that was moved up by hand": (docx(f"<w:p>{run('10')}{run('3', MOVED_UP)}{run(' IU')}</w:p>"), [r"10\^3 IU"], []),
    "micrograms in the font Symbol": (docx(f"<w:p>{run('Take 5 ')}{run('m', IN_SYMBOL)}{run('g below -2')}</w:p>"), ["Take 5 μg below -2"], []),
    "a box to tick and a minus": (docx('<w:p><w:r><w:sym w:font="Wingdings 2" w:char="F0A3"/><w:t> 18 and </w:t><w:sym w:font="Symbol" w:char="F02D"/><w:t>5</w:t></w:r></w:p>'), ["☐ 18 and -5"], []),
    "a list that begins anew": (docx(item("A") + item("B") + paragraph("Then:") + item("C", 2) + item("D", 2, 1), parts=begun_anew()), [r"a\) C\n  a\.1 D"], ["2. D"]),
    "an item that is a picture": (docx(item("A") + item("") + item("C"), parts=numbered(("decimal", "%1."))), ["1. A\n3. C"], []),
    "struck by its style but for some words": (docx(f'<w:p><w:pPr><w:pStyle w:val="S"/></w:pPr>{run("1 g")}{run("500 mg", NOT_STRUCK)}</w:p>', parts=styled('<w:style w:styleId="S"><w:name w:val="S"/><w:rPr><w:strike/></w:rPr></w:style>')), ["500 mg"], ["1 g"]),
    "a fraction of a field": (docx(f"<w:p>{run('Take 1')}<w:r><w:instrText>EQ \\f(1,2)</w:instrText></w:r>{run(' cup')}</w:p>"), ["Take 1 1/2 cup"], []),
    "the words of a diagram": (drawn(f'<d:relIds xmlns:d="d" {RELATED} r:dm="rId5"/>', "diagrams/data1.xml", DIAGRAM), ["Max 5 g"], []),
    "a chart with a gap": (drawn(f'<c:chart xmlns:c="c" {RELATED} r:id="rId5"/>', "charts/chart1.xml", CHART), ["Load in kg", r"\| W2 \|  \|\n\| W3 \| 100 \|"], []),
    "a page that a program put in": (docx(f'<w:altChunk {RELATED} r:id="rId5"/>', parts={"word/_rels/document.xml.rels": relations({"rId5": "a.html"}, "aFChunk"), "word/a.html": "<p>Take 5 g.</p>"}), ["Take 5 g"], []),
    "a body with a number": (archive({"word/document2.xml": f"<w:document {WORD}><w:body>{paragraph('Take 5 g.')}</w:body></w:document>"}), ["Take 5 g"], []),
    "steps that go on behind a remark": (deck([shape('<a:p><a:pPr><a:buAutoNum startAt="3"/></a:pPr><a:r><a:t>Walk</a:t></a:r></a:p><a:p><a:pPr lvl="1"><a:buChar char="-"/></a:pPr><a:r><a:t>slowly</a:t></a:r></a:p><a:p><a:pPr><a:buAutoNum startAt="3"/></a:pPr><a:r><a:t>Run</a:t></a:r></a:p>')]), ["3. Walk\n  - slowly\n4. Run"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_an_office_says_what_a_reader_sees(name: str) -> None:
    assert_told(*FILES[name])
