"""Slides: what is on them in the order in which it is read, and what is left out."""

import io
import zipfile

from shared.knowledge.formats.from_pptx import read

NAMES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def shape(*paragraphs: str, place: str | None = None, top: int = 0, hidden: bool = False) -> str:
    holder = f'<p:nvPr><p:ph type="{place}"/></p:nvPr>' if place else "<p:nvPr/>"
    name = '<p:cNvPr id="1" name="s" hidden="1"/>' if hidden else '<p:cNvPr id="1" name="s"/>'
    where = f'<p:spPr><a:xfrm><a:off x="0" y="{top}"/></a:xfrm></p:spPr>'
    return f"<p:sp><p:nvSpPr>{name}{holder}</p:nvSpPr>{where}<p:txBody>{''.join(paragraphs)}</p:txBody></p:sp>"


def said(text: str, properties: str = "", run: str = "") -> str:
    return f"<a:p>{properties}<a:r><a:rPr {run}/><a:t>{text}</a:t></a:r></a:p>"


def frame(content: str) -> str:
    data = f"<a:graphic><a:graphicData>{content}</a:graphicData></a:graphic>"
    return f"<p:graphicFrame><p:xfrm><a:off x='0' y='9000000'/></p:xfrm>{data}</p:graphicFrame>"


def relations(**targets: str) -> str:
    each = "".join(f'<Relationship Id="{name}" Target="{target}"/>' for name, target in targets.items())
    return f"<Relationships>{each}</Relationships>"


def deck(*slides: str, title: str = "", **parts: str) -> bytes:
    """A presentation of these shapes; a slide may have attributes before an `@`. `parts` are further files by name."""
    listed = "".join(f'<p:sldId id="{n}" r:id="r{n}"/>' for n in range(1, len(slides) + 1))
    files = {
        "[Content_Types].xml": "<Types/>",
        "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            **{f"r{n}": f"slides/slide{n}.xml" for n in range(1, len(slides) + 1)}
        ),
    }
    for number, slide in enumerate(slides, 1):
        shown, _, tree = slide.rpartition("@")
        files[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {NAMES} {shown}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>"
        )
    if title:
        files["docProps/core.xml"] = f"<core><title>{title}</title></core>"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, text in (files | parts).items():
            archive.writestr(name, text)
    return written.getvalue()


def texts(data: bytes) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in read(data).blocks]


def test_a_slide_is_read_from_its_title_down() -> None:
    data = deck(
        shape(said("below"), top=5_000_000)
        + shape(said("Squats"), place="title", top=9_000_000)
        + shape(said("above")),
        title="My deck",
    )
    assert texts(data) == [("heading", "Squats"), ("text", "above"), ("text", "below")]
    assert read(data).title == "My deck"


def test_lists_keep_their_depth_and_numbers_and_struck_words_go() -> None:
    body = shape(
        said("first"),
        said("under it", '<a:pPr lvl="1"/>'),
        said("one", "<a:pPr><a:buAutoNum/></a:pPr>"),
        said("two", "<a:pPr><a:buAutoNum/></a:pPr>"),
        said("plain", "<a:pPr><a:buNone/></a:pPr>"),
        said("gone", run='strike="sngStrike"'),
        said("own bullet", "<a:pPr><a:buChar/></a:pPr>"),
        place="body",
    )
    assert texts(deck(body)) == [
        ("list", "- first\n  - under it\n1. one\n2. two"),
        ("text", "plain"),
        ("list", "- own bullet"),
    ]


def test_what_is_raised_stays_a_power_and_an_equation_a_text() -> None:
    raised = '<a:r><a:rPr baseline="30000"/><a:t>3</a:t></a:r>'
    power = f"<a:p><a:r><a:t>10</a:t></a:r>{raised}<a:br/><a:fld><a:t>IU</a:t></a:fld></a:p>"
    sum_ = "<a:p><m:oMath><m:r><m:t>a+b</m:t></m:r></m:oMath></a:p>"
    math = "<m:oMath><m:r><m:t>c</m:t></m:r></m:oMath>"
    choice = f"<a:p><mc:AlternateContent><mc:Choice>{math}</mc:Choice></mc:AlternateContent></a:p>"
    [(_, first), (_, second), (_, third)] = texts(deck(shape(power, sum_, choice)))
    assert "103" not in first
    assert first.endswith("IU")
    assert (second, third) == ("a+b", "c")


def test_a_table_keeps_its_columns_where_cells_span_several() -> None:
    rows = (
        f"<a:tr><a:tc gridSpan='2'><a:txBody>{said('Week')}</a:txBody></a:tc><a:tc hMerge='1'/></a:tr>"
        f"<a:tr><a:tc><a:txBody>{said('1')}</a:txBody></a:tc><a:tc><a:txBody>{said('three')}</a:txBody></a:tc></a:tr>"
    )
    [(kind, text)] = texts(deck(frame(f"<a:tbl>{rows}</a:tbl>")))
    assert kind == "table"
    assert "three" in text


def test_the_figures_of_a_chart_and_the_words_of_a_diagram_are_read() -> None:
    series = (
        "<c:ser><c:tx><c:v>load</c:v></c:tx><c:cat><c:v>Mon</c:v><c:v>Tue</c:v></c:cat>"
        "<c:val><c:v>60</c:v><c:v>65</c:v></c:val></c:ser>"
    )
    data = deck(
        frame('<c:chart r:id="c1"/>') + frame('<dgm:relIds r:dm="d1"/>') + frame("<p:oleObj/>"),
        **{
            "ppt/slides/_rels/slide1.xml.rels": relations(c1="../charts/chart1.xml", d1="../diagrams/data1.xml"),
            "ppt/charts/chart1.xml": f"<c:chartSpace {NAMES}>{series}</c:chartSpace>",
            "ppt/diagrams/data1.xml": f"<dgm:dataModel {NAMES}>{said('Warm up')}{said('Lift')}</dgm:dataModel>",
        },
    )
    found = texts(data)
    assert ("list", "- Warm up\n- Lift") in found
    [table] = [text for kind, text in found if kind == "table"]
    assert all(part in table for part in ("load", "Mon", "60", "Tue", "65"))
    assert [(each.code, each.count) for each in read(data).omissions] == [("images", 1)]


def test_groups_are_opened_and_what_is_hidden_or_on_every_slide_is_left_out() -> None:
    group = f"<p:grpSp><p:grpSpPr><a:xfrm><a:off x='0' y='x'/></a:xfrm></p:grpSpPr>{shape(said('inside'))}</p:grpSp>"
    choice = f"<mc:AlternateContent><mc:Choice>{shape(said('chosen'), top=900_000)}</mc:Choice></mc:AlternateContent>"
    data = deck(
        group + choice + "<p:pic/>" + shape(said("no"), hidden=True) + shape(said("7"), place="sldNum"),
        f'show="0"@{shape(said("hidden slide"))}',
    )
    assert texts(data) == [("text", "inside"), ("text", "chosen")]
    assert [(each.code, each.count) for each in read(data).omissions] == [("hidden_slides", 1), ("images", 1)]


def test_what_the_speaker_noted_is_read_as_notes() -> None:
    tree = shape(said("Say it slowly."), place="body")
    notes = f"<p:notes {NAMES}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:notes>"
    data = deck(
        shape(said("on it")),
        **{
            "ppt/slides/_rels/slide1.xml.rels": relations(n1="../notesSlides/notesSlide1.xml"),
            "ppt/notesSlides/notesSlide1.xml": notes,
        },
    )
    assert texts(data) == [("text", "on it"), ("note", "Notes: Say it slowly.")]
