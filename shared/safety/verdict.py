"""A model's own verdict on what the user says: whether it needs help at once, in whatever language it is said."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from shared.llm.strict_schema import TEXT, strict_object
from shared.llm.structured import Document
from shared.platform.text import JsonObject
from shared.safety import rulebook
from shared.safety.advice import GENERAL
from shared.safety.words import fold

MEMBER = "urgent"  # of the model's answer, and its first
# What models without a schema write for nothing.
_NOTHING = frozenset({"", "no", "none", "null", "false", "nothing", "n/a", "not urgent", "..."})

_KIND = {"type": "string", "enum": [*rulebook.advice_kinds()]}
VERDICT_SCHEMA: JsonObject = {"anyOf": [{"type": "null"}, strict_object(kind=_KIND, quote=TEXT)]}


@dataclass(frozen=True)
class Verdict:
    """`kind` is that of an advice; `quote` are the words that it rests on, as the witness has them."""

    kind: str
    quote: str = ""
    witness: Literal["model", "moderation"] = "model"

    def is_quoted(self, said: Iterable[str]) -> bool:
        """Whether the user said so, in these words."""
        quote = _plain(self.quote)
        return bool(quote) and any(quote in _plain(text) for text in said)


class UrgentError(Exception):
    """Somebody needs help, not an answer."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.kind)
        self.verdict = verdict


def read_verdict(document: Document) -> Verdict | None:
    """None where the model finds nothing urgent, or says nothing of it. A kind that is not ours is the general one."""
    said = _said(document)
    kind, quote = (said.get("kind", ""), said.get("quote")) if isinstance(said, dict) else (said, "")
    if said is True or (isinstance(said, dict) and "kind" not in said and quote):
        kind = GENERAL
    if not isinstance(kind, str) or kind.strip().lower() in _NOTHING:
        return None
    name = kind.strip().lower()
    return Verdict(name if name in rulebook.advice_kinds() else GENERAL, quote if isinstance(quote, str) else "")


def _said(document: Document) -> Any:
    """The member, also where one more object stands around the answer."""
    if MEMBER in document:
        return document[MEMBER]
    return next((part[MEMBER] for part in document.values() if isinstance(part, dict) and MEMBER in part), None)


def _plain(text: str) -> str:
    return " ".join(fold(text).split()).strip(" .!?\"'\u201c\u201d\u201e\u00ab\u00bb")
