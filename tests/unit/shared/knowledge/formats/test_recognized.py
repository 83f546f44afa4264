import pytest

from shared.knowledge.formats.page_layout import arranged
from shared.knowledge.formats.pdf_lines import Line
from shared.knowledge.formats.recognized import frame_of
from shared.knowledge.ocr.words import Word
from tests.support.scans import words

TEXT = "Rest two days of each week\nand sleep eight hours a night."


def turned(word: Word, quarters: int) -> Word:
    """On a page that was laid down turned with the clock."""
    for _ in range(quarters):
        box = (1 - word.bottom, word.left, 1 - word.top, word.right)
        word = Word(word.text, word.line, *box, word.confidence)
    return word


@pytest.mark.parametrize("quarters", range(4))
def test_lines_are_read_whichever_way_up_they_are(quarters: int) -> None:
    size = (595, 842) if quarters % 2 == 0 else (842, 595)
    found = arranged(frame_of([turned(word, quarters) for word in words(TEXT)], *size))

    assert [part.text for part in found if isinstance(part, Line)] == TEXT.splitlines()


def test_letters_of_lines_with_and_without_tall_ones_are_of_one_size() -> None:
    first, second = words("a ace\nbgp Pg")[:2], words("a ace\nbgp Pg")[2:]
    low = [word._replace(top=word.top + 0.003) for word in first]

    assert len({letter.size for letter in frame_of([*low, *second], 595, 842).letters}) == 1


def test_words_close_to_each_other_stay_two() -> None:
    close = [Word("Rest", 0, 0.1, 0.1, 0.2, 0.12, 95.0), Word("well", 0, 0.2005, 0.1, 0.3, 0.12, 95.0)]

    assert [part.text for part in arranged(frame_of(close, 595, 842)) if isinstance(part, Line)] == ["Rest well"]


def test_words_from_the_right_are_read_in_their_order() -> None:
    line = [
        Word(text, 0, 0.8 - place / 10, 0.1, 0.89 - place / 10, 0.12, 95.0)
        for place, text in enumerate(("קח", "500", "ליום."))
    ]

    assert [part.text for part in arranged(frame_of(line, 595, 842)) if isinstance(part, Line)] == ["קח 500 ליום."]
