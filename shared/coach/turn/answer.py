"""Reads the model's answer, whole or as far as it has come."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.coach.turn.citations import Citation, check_citation
from shared.knowledge.queries import Passage
from shared.llm.structured import Document, begins_document, read_document, without_thoughts
from shared.platform.text import storable
from shared.safety.markup import hosts_in, strip_markup
from shared.safety.preview import growing
from shared.safety.verdict import MEMBER, Verdict, read_verdict

# Under which names models put the words for the user, the one that they were asked for first.
KEYS = ("answer", "response", "reply", "text", "content", "message")
# Characters of plain text before it is shown: a preamble to JSON ("Here is the answer you asked for:") is shorter.
PREAMBLE = 200
_JSON = re.compile(r'\A\s*(?:\{\s*(?:["}{\[]|\Z)|"\s*[{\[]|\[\s*(?:[{"\[]|\Z))|"(?:urgent|answer|citations)"\s*:')
_MARK = re.compile(r"([ \t]*)(\[\d{1,2}(?:[ ,;]+\d{1,2})*\])(?![(:])")
_NUMBER = re.compile(r"\d+")
_MARKS = re.compile(r"<\|[a-z_]{1,30}\|>|</?(?:start|end)_of_turn>")


@dataclass(frozen=True)
class CoachAnswer:
    text: str
    citations: list[Citation]  # in the text, [1] stands behind what the first of them supports
    truncated: bool = False  # the model was cut off, and this is what there was
    dropped: int = 0  # citations that named no passage, or quoted what is not in it


def read_answer(raw: str, passages: Mapping[str, Passage]) -> CoachAnswer:
    """The answer in the model's (possibly cut) JSON. Servers without JSON schemas answer in plain text: so be it.

    Its text is empty where nothing in `raw` is for a user: neither thoughts nor JSON that cannot be read.
    """
    document = read_document(raw, *KEYS, MEMBER)
    if document is None:
        said = _plain(raw)
        return CoachAnswer("" if _JSON.search(said) else strip_markup(said).strip(), [])
    claimed = document.get("citations")
    checked = [check_citation(each, passages) for each in claimed] if isinstance(claimed, list) else []
    citations = list(filter(None, checked))
    said = _marked(strip_markup(_words(document), _cited_hosts(citations, passages)).strip(), checked)
    return CoachAnswer(said, citations, dropped=len(checked) - len(citations))


def _marked(text: str, checked: Sequence[Citation | None]) -> str:
    """The marks of the citations that hold, counted anew; those of the others go."""
    places = {n: sum(map(bool, checked[:n])) for n, citation in enumerate(checked, 1) if citation}

    def kept(mark: re.Match[str]) -> str:
        held = [places[n] for n in map(int, _NUMBER.findall(mark[2])) if n in places]
        return mark[1] + "".join(f"[{n}]" for n in dict.fromkeys(held)) if held else ""

    return _MARK.sub(kept, text)


@dataclass(frozen=True)
class Growing:
    """What can be told of an answer that is still coming. With a verdict there is nothing else to show.

    `upcoming` is what `growing` says of the rest.
    """

    text: str = ""
    upcoming: str = ""
    verdict: Verdict | None = None


def read_growing(raw: str, *, has_ended: bool = False) -> Growing:
    """What a user may see of it: which links a citation allows is not known yet."""
    document = read_document(raw, KEYS[0], MEMBER)
    # The verdict stands before the answer; it is whole when that begins.
    if document and (has_ended or KEYS[0] in document) and (verdict := read_verdict(document)):
        return Growing(verdict=verdict)
    # Which citations hold is not known yet, so their marks come with the message.
    said = _marked(_words(document), ()) if document else _growing_text(raw)
    text, upcoming = growing(said, has_ended=has_ended)
    return Growing(text, upcoming)


def _growing_text(raw: str) -> str:
    return "" if begins_document(raw) or len(raw) < PREAMBLE else _plain(raw)


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
