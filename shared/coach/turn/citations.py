"""Keeps only citations that can be checked: their quote stands in a passage that the model was given."""

import re
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from pydantic import BaseModel

from shared.knowledge.queries import Passage
from shared.knowledge.quotes import find_quote

_KEY = re.compile(r"p\d+")


class Citation(BaseModel, frozen=True):
    """As it is stored: where the quote is from, and the passage's own words for it."""

    source: str
    title: str
    chunk_id: UUID
    version: int
    heading: str | None
    reviewed_on: date | None  # of the document, by its own word
    score: float
    quote: str


def check_citation(claimed: object, passages: Mapping[str, Passage]) -> Citation | None:
    """A citation as the model wrote it; None where it names no passage of these, or quotes what is not there."""
    if not isinstance(claimed, dict):
        return None
    key, quote = (claimed.get("passage_id") or claimed.get("id"), claimed.get("quote"))
    if not (isinstance(key, str) and isinstance(quote, str)):
        return None
    named = [passages[each] for each in _KEY.findall(key.lower()) if each in passages]
    found = ((passage, find_quote(quote, passage.content)) for passage in named)
    return next((Citation.model_validate(dict(passage) | {"quote": words}) for passage, words in found if words), None)
