"""Tables and equations of a web page: what belongs to them, and what they only look like."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from shared.knowledge.formats.page_parts import is_unseen

SCRIPTS = {"sup": True, "sub": False}
_SPAN = re.compile(r"\s*(\d{1,5})")


def rows_of(table: LexborNode) -> Iterator[list[LexborNode]]:
    """The rows of a table and not of those in its cells; what stands in no row is in none here."""
    for part in children(table):
        for row in [part] if part.tag == "tr" else children(part) if part.tag in ("thead", "tbody", "tfoot") else []:
            if row.tag == "tr" and not is_unseen(row.attributes):
                yield [cell for cell in children(row) if cell.tag in ("td", "th")]


def children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def is_layout(table: LexborNode, rows: list[list[LexborNode]]) -> bool:
    """A table that only puts things into their places."""
    if table.attributes.get("role") in ("presentation", "none"):
        return True
    return max(map(len, rows), default=0) <= 1 or table.css_first("td h1, td h2, td h3, td article") is not None


def is_head(cell: LexborNode) -> bool:
    row = cell.parent
    return cell.tag == "th" or (row is not None and row.parent is not None and row.parent.tag == "thead")


def is_script(tag: str, attributes: dict[str, str | None]) -> bool:
    """Raised or lowered; a sign of a note is, whatever it is set with, and belongs to no number before it."""
    is_note = "noteref" in f"{attributes.get('epub:type')} {attributes.get('role')}"
    return tag in SCRIPTS or (tag == "a" and is_note)


def span(attributes: dict[str, str | None], name: str) -> int:
    found = _SPAN.match(attributes.get(name) or "")
    return int(found[1]) if found else 1


def equation(node: LexborNode) -> str:
    """As its author wrote it, where that is kept; else its signs in their order."""
    if (label := node.attributes.get("alttext")) or (label := node.attributes.get("aria-label")):
        return label
    note = node.css_first("annotation")
    if note is not None:
        return note.text(deep=True) or ""
    return _linear(node)


def _linear(node: LexborNode) -> str:
    parts = [_linear(child) if child.tag != "-text" else (child.text_content or "").strip() for child in children(node)]
    parts = [part for part in parts if part]
    if len(parts) == 2 and node.tag in _JOINED:
        return _JOINED[node.tag].format(*parts)
    return f"sqrt({''.join(parts)})" if node.tag == "msqrt" else " ".join(parts)


_JOINED = {"msup": "{}^{}", "msub": "{}_{}", "mfrac": "({})/({})", "mover": "{}^{}", "munder": "{}_{}"}
