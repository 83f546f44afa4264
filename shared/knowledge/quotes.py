"""Finds a quote in a passage as a person would: typography, case and white space do not count."""

import re
import unicodedata
from html import unescape

MIN_QUOTE_WORDS = 2  # a single word stands in every text and proves nothing
MAX_QUOTE_CHARACTERS = 2000  # that are looked for; the prompt asks for one sentence
# Typography that models change: their quotation marks, apostrophes, dashes and ellipses are those of a keyboard.
_KEYBOARD = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff*", None)
)
_MARKUP = frozenset("|#_~>\u2022")  # of tables, headings and lists; models leave it out
_GAP = re.compile(r"\s*(?:\[?\u2026\]?|\[?\.{3,}\]?)\s*")  # where a model left something out
_AROUND = re.compile(r"^[\s\"'.\u2026]+|[\s\"'.\u2026]+$")


def find_quote(quote: str, content: str) -> str | None:
    """The passage's own words for a quote, on one line; None where they are not in it, or prove nothing.

    It is looked for as a person would: typography, case and white space do not count.
    """
    parts = [part for part in _GAP.split(unescape(quote[:MAX_QUOTE_CHARACTERS])) if part.strip()]
    if sum(len(_AROUND.sub("", part).split()) for part in parts) < MIN_QUOTE_WORDS:
        return None
    text, places = _folded(content)
    found: list[str] = []
    at = 0
    for part in parts:
        span = _place(_folded(part)[0].strip(), text, at)
        if span is None:
            return None
        found.append(_words(content[places[span[0]] : places[span[1] - 1] + 1]))
        at = span[1]
    return " \u2026 ".join(found)


def _words(text: str) -> str:
    """Without the marks of lists, tables and emphasis around them."""
    words = (word.strip("*_`") for word in text.split())
    return " ".join(word for word in words if word.strip("|#\u2022") and word not in ("", "-"))


def _place(said: str, text: str, start: int) -> tuple[int, int] | None:
    """Where it stands behind `start`, with what stands around it or without."""
    for wanted in filter(None, (said, _AROUND.sub("", said))):
        if (at := text.find(wanted, start)) >= 0:
            return at, at + len(wanted)
    return None


def _folded(text: str) -> tuple[str, list[int]]:
    """Without case, typography and markup, white space as one blank; and where each character stood."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for plain in unicodedata.normalize("NFKD", character.translate(_KEYBOARD)).translate(_KEYBOARD).casefold():
            is_blank = plain.isspace() or plain in _MARKUP or (plain == "-" and _stands_alone(text, place))
            if is_blank and folded[-1:] == [" "]:
                continue
            if not unicodedata.combining(plain):
                folded.append(" " if is_blank else plain)
                places.append(place)
    return "".join(folded), places


def _stands_alone(text: str, place: int) -> bool:
    """A dash before an entry of a list, or between two words."""
    return not (text[max(0, place - 1) : place].strip() or text[place + 1 : place + 2].strip())
