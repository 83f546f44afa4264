import pytest

from shared.knowledge.formats.from_html import read

PAGE = """<!doctype html><html><head><title>Rest &amp;
 load</title><style>p { color: red }</style><script>track("you")</script></head>
<body><nav><a href="/">Home</a></nav><h1>Rest</h1><p>Take <b>two</b>
 days.<br>Sleep.</p><h3>How</h3><ul><li>walk<li><p>swim</p></ul>BODY</body></html>"""


def text(body: str) -> str:
    return read(f"<html><body>{body}</body></html>".encode()).text


def test_a_page_has_its_title_headings_paragraphs_and_lists() -> None:
    page = read(PAGE.encode())

    assert page.title == "Rest & load"
    assert page.text == "# Rest\n\nTake two days. Sleep.\n\n### How\n\n- walk\n- swim\n\nBODY"


@pytest.mark.parametrize("tag", ["script", "style", "nav", "template", "noscript", "svg"])
def test_what_only_browsers_need_is_left_out(tag: str) -> None:
    assert text(f"<p>Rest.</p><{tag}>var menu</{tag}><p>Eat.</p>") == "Rest.\n\nEat."


def test_a_table_stays_a_table() -> None:
    table = "<table><caption>Sets</caption><tr><th>Lift<th>Kg</tr><tr><td>Squat<td>90|95</td></tr></table>"

    assert text(f"{table}<p>Rest.") == "Sets\n\n| Lift | Kg |\n| --- | --- |\n| Squat | 90\\|95 |\n\nRest."


def test_a_table_in_a_table_is_text_of_its_cell() -> None:
    inner = "<table><tr><td>inner<td>cells</table>"

    assert text(f"<table><tr><td>a<td>b<tr><td>{inner}</td><td>c</table>") == (
        "| a | b |\n| --- | --- |\n| inner cells | c |"
    )


def test_code_keeps_its_lines() -> None:
    assert text("<pre>sets = 5\n  reps = 3\n</pre>") == "```\nsets = 5\n  reps = 3\n```"


@pytest.mark.parametrize("broken", ["<p>Rest.", "<table><tr><td>Rest.", "</table></nav></p>Rest.", "<h1>Rest."])
def test_a_page_that_breaks_off_is_read_as_far_as_it_goes(broken: str) -> None:
    assert "Rest." in read(f"<html>{broken}".encode()).text
