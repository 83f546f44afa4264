"""Keeps only citations that can be checked: their quote stands in a passage that the model was given."""

import re
import unicodedata
from collections.abc import Mapping
from html import unescape
from uuid import UUID

from pydantic import BaseModel

from shared.knowledge.queries import Passage

MIN_QUOTE_WORDS = 2  # a single word stands in every text and proves nothing
MAX_QUOTE_CHARACTERS = 2000  # that are looked for; the prompt asks for one sentence
# Typography that models change: their quotation marks, apostrophes, dashes and ellipses are those of a keyboard.
_KEYBOARD = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\ufeff*", None)
)
_AROUND = re.compile(r"^[\s\"'.\u2026]+|[\s\"'.\u2026]+$")


class Citation(BaseModel, frozen=True):
    """As it is stored: where the quote is from, and the passage's own words for it."""

    source: str
    title: str
    chunk_id: UUID
    version: int
    heading: str | None
    score: float
    quote: str


def check_citation(claimed: object, passages: Mapping[str, Passage]) -> Citation | None:
    """A citation as the model wrote it; None where it names no passage of these, or quotes what is not there."""
    if not isinstance(claimed, dict):
        return None
    key = str(claimed.get("passage_id") or claimed.get("id")).strip(" []()").lower()
    passage = passages.get(key)
    quote = find_quote(str(claimed.get("quote") or ""), passage.content) if passage else None
    return Citation.model_validate(dict(passage) | {"quote": quote}) if passage and quote else None


def find_quote(quote: str, content: str) -> str | None:
    """The passage's own words for a quote, on one line; None where they are not in it, or prove nothing.

    It is looked for as a person would: typography, case and white space do not count.
    """
    said = _folded(unescape(quote[:MAX_QUOTE_CHARACTERS]))[0].strip()
    bare = _AROUND.sub("", said)
    if len(bare.split()) < MIN_QUOTE_WORDS:
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
