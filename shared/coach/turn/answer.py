"""Reads the model's answer, whole or as far as it has come."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.coach.turn.citations import Citation, check_citation
from shared.knowledge.queries import Passage
from shared.llm.structured import Document, begins_document, read_document, without_thoughts
from shared.platform.text import storable
from shared.safety.markup import hosts_in, settled, strip_markup

# Under which names models put the words for the user, the one that they were asked for first.
KEYS = ("answer", "response", "reply", "text", "content", "message")
# Characters of plain text before it is shown: a preamble to JSON ("Here is the answer you asked for:") is shorter.
PREAMBLE = 200
_JSON = re.compile(r'\A\s*(?:\{\s*(?:["}{\[]|\Z)|"\s*[{\[]|\[\s*(?:[{"\[]|\Z))|"(?:answer|citations)"\s*:')
_MARKS = re.compile(r"<\|[a-z_]{1,30}\|>|</?(?:start|end)_of_turn>")


@dataclass(frozen=True)
class CoachAnswer:
    text: str
    citations: list[Citation]
    truncated: bool = False  # the model was cut off, and this is what there was


def read_answer(raw: str, passages: Mapping[str, Passage]) -> CoachAnswer:
    """The answer in the model's (possibly cut) JSON. Servers without JSON schemas answer in plain text: so be it.

    Its text is empty where nothing in `raw` is for a user: neither thoughts nor JSON that cannot be read.
    """
    document = read_document(raw, *KEYS)
    if document is None:
        said = _plain(raw)
        return CoachAnswer("" if _JSON.search(said) else strip_markup(said).strip(), [])
    claimed = document.get("citations")
    checked = [check_citation(each, passages) for each in claimed] if isinstance(claimed, list) else []
    citations = list(filter(None, checked))
    return CoachAnswer(strip_markup(_words(document), _cited_hosts(citations, passages)).strip(), citations)


def visible_text(raw: str, *, has_ended: bool = False) -> str:
    """What a user may see of an answer that is still coming: which links a citation allows is not known yet.

    Its last word may become an address, and waits for what follows it, or for the end.
    """
    said = _growing(raw)
    return strip_markup(said if has_ended else said[: settled(said)]).strip()


def _growing(raw: str) -> str:
    document = read_document(raw, KEYS[0])
    if document is not None:
        return _words(document)
    if begins_document(raw) or len(raw) < PREAMBLE:
        return ""
    return _plain(raw)


def _cited_hosts(citations: list[Citation], passages: Mapping[str, Passage]) -> frozenset[str]:
    cited = {citation.chunk_id for citation in citations}
    return hosts_in(" ".join(passage.content for passage in passages.values() if passage.chunk_id in cited))


def _words(document: Document) -> str:
    said = next((_said(document[key]) for key in KEYS if key in document), "")
    return _plain(said) if said.lstrip().startswith(("<", "[TH", "\u25c1")) else storable(said).strip()


def _said(value: object) -> str:
    """The text in an answer that came as a list of lines, or as one more object."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(_said, value)))
    if isinstance(value, dict):
        return next((_said(value[key]) for key in KEYS if key in value), "")
    return value if isinstance(value, str) else ""


def _plain(raw: str) -> str:
    """Text without thoughts, and without the marks between messages that a wrong chat template lets through."""
    return storable(_MARKS.sub("", without_thoughts(raw))).strip()
