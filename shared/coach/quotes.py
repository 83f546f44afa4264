"""Finds a model's quote in the passage that it is from, as a person would, and gives it back in the passage's words."""

import re
import unicodedata
from html import unescape

FEWEST_WORDS = 2  # in a quote; a single word stands in every text and proves nothing
MOST_CHARACTERS = 2000  # of a quote that is looked for
# Typography that models change: their quotation marks, apostrophes, dashes and ellipses are those of a keyboard.
_KEYBOARD = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff*", None)
)
_AROUND = re.compile(r"^[\s\"'.\u2026]+|[\s\"'.\u2026]+$")


def find_quote(quote: str, content: str) -> str | None:
    """The passage's own words for a quote, on one line; None where they are not in it, or prove nothing."""
    said = _folded(unescape(quote[:MOST_CHARACTERS]))[0].strip()
    bare = _AROUND.sub("", said)
    if len(bare.split()) < FEWEST_WORDS:
        return None
    text, places = _folded(content)
    for wanted in (said, bare):
        if (start := text.find(wanted)) >= 0:
            end = places[start + len(wanted) - 1]
            return " ".join(content[places[start] : end + 1].split())
    return None


def _folded(text: str) -> tuple[str, list[int]]:
    """Without case, typography and markup, white space as one blank; and where each character stood."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for plain in unicodedata.normalize("NFKD", character.translate(_KEYBOARD)).translate(_KEYBOARD).casefold():
            if plain.isspace() and folded[-1:] == [" "]:
                continue
            if not unicodedata.combining(plain):
                folded.append(" " if plain.isspace() else plain)
                places.append(place)
    return "".join(folded), places
