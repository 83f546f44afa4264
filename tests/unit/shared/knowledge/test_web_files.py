"""Web pages say what a browser shows, whatever it is that raises, strikes, hides or names something."""

import io
import zipfile

import pytest

from tests.support.documents import archive
from tests.support.office_files import book
from tests.support.reading import Case, assert_told, web_page

SHEET = (
    "<style>.c1{vertical-align:super;font-size:9px}.c2{color:red;text-decoration:line-through}"
    "@media print{.c3{text-decoration:line-through}}</style>"
)


def old_book() -> bytes:
    """Of two pages, of which the second is not turned to."""
    with zipfile.ZipFile(io.BytesIO(book(["<p>Not with fever.</p>", "<p>Take 5 g.</p>"]))) as file:
        parts = {name: file.read(name).decode() for name in file.namelist()}
    package = parts["OEBPS/content.opf"].replace('<itemref idref="c0"/>', '<itemref idref="c0" linear="no"/>')
    package = package.replace(
        'href="c1.xhtml" media-type="application/xhtml+xml"', 'href="c1.xhtml" media-type="text/x-oeb"'
    )
    kind = '<!DOCTYPE package PUBLIC "+//ISBN 0-9673008-1-9//DTD OEB 1.2 Package//EN" "http://openebook.org/oeb.dtd">'
    return archive({**parts, "OEBPS/content.opf": f"{kind}{package}"})


FILES: dict[str, Case] = {
    "items behind letters": (web_page("<ol type=a start=26><li>Warm up<ol type=I><li>walk<li>swing</ol><li>Lift<li value=3>Rest</ol>"), ["z. Warm up\n  I. walk\n  II. swing\naa. Lift\nc. Rest"], []),
    "items behind Roman numbers": (web_page("<ol type=i start=3><li>Warm up<li>Lift<li type=A>Rest</ol>"), ["iii. Warm up\niv. Lift\nE. Rest"], []),
    "items that are counted down": (web_page("<ol reversed><li>Good<li value=7>Better<li>Best<ul><li>of all</ul></ol><ol reversed start=10><li>Ten<li>Nine</ol>"), ["3. Good\n7. Better\n6. Best\n  - of all", "10. Ten\n9. Nine"], []),
    "numbers that have no letter": (web_page("<ol type=A start=0><li>None<li>One</ol><ol start=-1 type=I><li>Minus<li>Zero</ol>"), ["0. None\nA. One", "-1. Minus\n0. Zero"], []),
    "numbers with a sign, of many digits, and none": (web_page("<ol start=+7><li>Seven<li value=123456>Many<li value=99999999999>Next<li value=x>Last</ol>"), ["7. Seven\n123456. Many\n123457. Next\n123458. Last"], []),
    "items of nothing but figures": (web_page("<p>Reps:<ul><li>12<li>10<li>8<li>-</ul><ol><li>2.5<li> </ol>"), ["- 12\n- 10\n- 8$", r"1\. 2\.5$"], [r"^-$", r"^2\.$"]),
    "a list that goes on behind a hidden one": (web_page("<ol><li>Warm up<ul hidden><li>Shop</ul><li>Lift<li>Rest</ol>"), ["1. Warm up\n2. Lift\n3. Rest"], ["Shop"]),
    "words before a hidden heading": (web_page("Take 5 g daily.<h2 hidden>Shop</h2><p>Rest.</p>"), ["(?m)^Take 5 g daily"], ["Shop", "#"]),
    "a power with a hidden part": (web_page("<p>10<sup><sub hidden>st</sub>12</sup> IU</p>"), [r"10\^12 IU"], ["st"]),
    "an empty item behind a letter": (web_page("<ol type=a><li>Warm up<li> <li>Lift</ol>"), ["a. Warm up\nc. Lift"], []),
    "a power by its style": (web_page('<p>10<span style="vertical-align: super">3</span> IU</p>'), [r"10\^3 IU"], []),
    "a power and a struck dose by their classes": (web_page('<p>10<span class="c1">3</span> IU <span class="c2">1 g</span> 500 mg <span class="c3">a day</span></p>', SHEET), [r"10\^3 IU 500 mg a day"], ["1 g"]),
    "a sign with words for those who hear it": (web_page('<p>Take <span aria-hidden="true">½</span> <span class="sr-only">half a</span> cup.</p>'), ["Take ½ cup"], ["half"]),
    "a question on a button": (web_page("<h2><button>Can I train with fever?</button></h2><p>No.</p><h2>Rest <button>Copy</button></h2><p>Two days.</p>"), ["## Can I train with fever", "## Rest$"], ["Copy"]),
    "lines of code set with breaks": (web_page("<pre>3 sets<br>10 reps of 10<sup>2</sup> m <del>1 g</del></pre>"), [r"3 sets\n10 reps of 10\^2 m"], ["1 g"]),
    "a power in a caption": (web_page("<table><caption>In 10<sup>3</sup> N<s>m</s></caption><tr><th>a<th>b<tr><td>1<td>2</table>"), [r"In 10\^3 N$"], ["103"]),
    "mail that is laid out with letters of no size": (web_page('<table><tr><td style="font-size:0px"><div style="font-size:13px">Take 5 g daily.</div></td></tr></table>'), ["Take 5 g daily"], []),
    "a warning beside the text": (web_page("<main><h1>Creatine</h1><p>Take it with water.</p><aside><p>Never more than 5 g.</p></aside><aside><a href=x>Shop</a></aside></main>"), ["Never more than 5 g"], ["Shop"]),
    "a note that is named so": (web_page('<h1>Creatine</h1><p>Take it with water.</p><aside class="callout warning"><p>Never more than 5 g.</p></aside><aside><p>Our team.</p></aside>'), ["Never more than 5 g"], ["Our team"]),
    "equations of several parts": (web_page("<p><math><msubsup><mi>x</mi><mn>2</mn><mn>3</mn></msubsup></math> and <math><mroot><mn>27</mn><mn>3</mn></mroot></math> and <math><mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math></p>"), [r"x_2\^3 and root\(3, 27\) and 1 1/2"], []),
    "words below each other that no space parts": (web_page('<p>Reps<span style="display:block">5</span><span style="display:block">10</span></p>'), [r"5\s+10"], ["510"]),
    "a hidden column and hidden rows": (web_page('<table><tr><th>a<th style="display:none">x<th>b<tbody style="display:none"><tr><td>8<td>8<td>8</tbody><tbody><tr><td>1<td hidden>9<td>2</tbody></table>'), [r"\| a \| b \|\n.*\n\| 1 \| 2 \|"], ["8", "9"]),
    "a term with several meanings": (web_page("<dl><dt>Deload</dt><dd>An easier week.</dd><dd>Fewer sets.</dd></dl>"), ["Deload: An easier week.; Fewer sets"], []),
    "powers in pieces and signs of two notes": (web_page("<p>10<sup>1</sup><sup>2</sup> IU, 500<sup>1</sup><sup>,2</sup> mg</p>"), [r"10\^12 IU, 500\^\(1,2\) mg"], []),
    "a sum that stands first and is shown last": (web_page("<table><tfoot><tr><td>Sum<td>10</tfoot><thead><tr><th>Lift<th>Sets</thead><tr><td>Squat<td>10</table>"), [r"\| Lift \| Sets \|\n.*\n\| Squat \| 10 \|\n\| Sum \| 10 \|"], []),
    "an old book that names its type, with notes that links lead to": (old_book(), ["(?s)Take 5 g.*Not with fever"], []),
    "a picture of an equation": (web_page('<p>BMI = <img class="latex" alt="kg/m^2"> of all.</p>'), [r"BMI = kg/m\^2 of all"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_web_page_says_what_a_reader_sees(name: str) -> None:
    assert_told(*FILES[name])
