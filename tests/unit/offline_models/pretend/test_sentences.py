import pytest

from infra.local.offline_models.pretend.sentences import split

MARKDOWN = """# Deloads

A deload is an easier week (e.g. half the sets,
as Dr. Smith says). It takes 1.5 hours less.

- Keep the exercises. Cut the sets
* Lower the load!

## Sources

1. [ACSM](https://example.com)
| a | b |

The end"""


def test_markdown_is_cut_into_its_sentences() -> None:
    assert [sentence.text for sentence in split(MARKDOWN)] == [
        "A deload is an easier week (e.g. half the sets,\nas Dr. Smith says).",
        "It takes 1.5 hours less.",
        "Keep the exercises.",
        "Cut the sets",
        "Lower the load!",
        "The end",
    ]


def test_every_sentence_stands_where_it_says() -> None:
    assert all(MARKDOWN[each.start : each.end] == each.text for each in split(MARKDOWN))


def test_sentences_follow_each_other_across_list_items_but_not_across_headings() -> None:
    assert [each.follows for each in split(MARKDOWN)] == [False, True, True, True, True, False]


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("Squat deep. It trains the glutes.", [False, True]),
        ("It trains the glutes. Squat deep.", [False, False]),
        ("Squat deep. Italians do.", [False, False]),
    ],
)
def test_a_sentence_that_points_back_leans_on_the_one_before(text: str, leans: list[bool]) -> None:
    assert [each.leans for each in split(text)] == leans


@pytest.mark.parametrize("text", ["", "  \n\n ", "# Only a heading", "---", "12.5"])
def test_what_is_no_prose_has_no_sentences(text: str) -> None:
    assert split(text) == []
