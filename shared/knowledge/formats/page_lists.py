"""The lists of web pages: the items of one with all lists in it, each behind the number that a browser shows."""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from shared.knowledge.formats.numerals import roman
from shared.knowledge.formats.page_parts import Attributes

LISTS = frozenset({"ul", "ol", "menu"})
MAX_DEPTH = 9
_NUMBER = re.compile(r"\s*([-+]?[0-9]{1,9})(?![0-9])")
_NO_WORDS = " -."


@dataclass
class _Open:
    """A list that has not ended yet."""

    next: int | None = None  # number of its next item; None: bullets
    step: int = 1
    kind: str = "1"

    def mark(self, attributes: Attributes) -> str:
        if self.next is None:
            return "-"
        number = _number(attributes, "value", self.next)
        self.next = number + self.step
        return f"{_numeral(number, attributes.get('type') or self.kind)}."


@dataclass
class _Item:
    mark: str
    parts: list[str] = field(default_factory=list)


class Items:
    """What is read of lists until the outermost one ends."""

    def __init__(self) -> None:
        self._open: list[_Open] = []
        self._items: list[_Item] = []

    @property
    def is_within(self) -> bool:
        return bool(self._open)

    def begin_list(self, node: LexborNode, attributes: Attributes) -> None:
        if node.tag != "ol":
            self._open.append(_Open())
            return
        is_reversed = "reversed" in attributes
        first = _number(attributes, "start", _length(node) if is_reversed else 1)
        self._open.append(_Open(first, -1 if is_reversed else 1, attributes.get("type") or "1"))

    def end_list(self) -> None:
        self._open.pop()

    def begin_item(self, attributes: Attributes) -> None:
        mark = self._open[-1].mark(attributes) if self._open else "-"
        self._items.append(_Item(f"{'  ' * max(0, min(len(self._open), MAX_DEPTH) - 1)}{mark} "))

    def add(self, text: str) -> None:
        if not self._items:
            self._items.append(_Item(""))
        self._items[-1].parts.append(text)

    def take(self) -> str:
        """The lines of those with words or figures, which are forgotten."""
        read = [(item.mark, " ".join(item.parts)) for item in self._items]
        self._items.clear()
        return "\n".join(f"{mark}{text}" for mark, text in read if text.strip(_NO_WORDS))


def _number(attributes: Attributes, name: str, otherwise: int) -> int:
    found = _NUMBER.match(attributes.get(name) or "")
    return int(found[1]) if found else otherwise


def _length(node: LexborNode) -> int:
    return sum(child.tag == "li" for child in node.iter())


def _numeral(number: int, kind: str) -> str:
    """By `type`, in which a small letter is another than a capital one."""
    if kind in ("a", "A"):
        return _letters(number) if kind == "a" else _letters(number).upper()
    if kind in ("i", "I"):
        return roman(number) if kind == "i" else roman(number).upper()
    return str(number)


def _letters(number: int) -> str:
    """a to z, then aa, ab; in digits where there is no letter."""
    if number < 1:
        return str(number)
    written = ""
    while number:
        number, place = divmod(number - 1, 26)
        written = chr(ord("a") + place) + written
    return written
