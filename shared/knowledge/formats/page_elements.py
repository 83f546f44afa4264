"""Tables and equations of a web page: what belongs to them, and what they only look like."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from shared.knowledge.formats.page_parts import NEVER, Attributes, is_gone, is_unseen
from shared.knowledge.formats.raised_text import Script, joined

HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = {
    *HEADINGS, "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "ol", "p",
    "pre", "section", "summary", "ul", "td", "th", "tr", "tbody", "thead", "tfoot", "table", "hgroup", "search",
}  # fmt: skip
SCRIPTS = {"sup": True, "sub": False}
_PLACES = {"thead": 0, "tfoot": 2}  # wherever in the table they stand
_SCRIPT = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
_BLOCK = re.compile(r"(?<![\w-])display\s*:\s*(?:block|flex|grid|list-item|table)\b", re.IGNORECASE)
# Pictures of equations and of signs, whose words are what they show.
_SPOKEN = re.compile(r"math|latex|\btex\b|equation|emoji", re.IGNORECASE)
_SPAN = re.compile(r"\s*(\d{1,5})")


def rows_of(table: LexborNode) -> Iterator[list[LexborNode]]:
    """The rows of a table and not of those in its cells; what stands in no row is in none here."""
    parts = (each for each in children(table) if not is_gone(each.attributes))
    for part in sorted(parts, key=lambda each: _PLACES.get(each.tag or "", 1)):
        for row in [part] if part.tag == "tr" else children(part) if part.tag in ("thead", "tbody", "tfoot") else []:
            if row.tag == "tr" and not is_unseen(row.attributes):
                yield [cell for cell in children(row) if cell.tag in ("td", "th") and not is_gone(cell.attributes)]


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


def script_way(tag: str, attributes: Attributes) -> bool | None:
    """Whether it is raised, or lowered; a sign of a note is, whatever it is set with: it belongs to no number."""
    if tag in SCRIPTS:
        return SCRIPTS[tag]
    if tag == "a" and "noteref" in f"{attributes.get('epub:type')} {attributes.get('role')}":
        return True
    found = _SCRIPT.search(attributes.get("style") or "")
    return found[1].lower() == "super" if found else None


def is_block(tag: str, attributes: Attributes) -> bool:
    return tag in BLOCKS or bool(_BLOCK.search(attributes.get("style") or ""))


def code_of(node: LexborNode) -> str:
    """With its lines, be they set with <br>, and without what is struck or not shown."""
    parts: list[str | Script] = []
    waiting: list[tuple[LexborNode, bool | None]] = [(node, None)]
    while waiting:
        each, raised = waiting.pop()
        tag = each.tag or ""
        if tag == "-text":
            text = each.text_content or ""
            parts.append(text if raised is None else Script(text, raised))
        elif tag == "br":
            parts.append("\n")
        elif tag not in NEVER and not is_unseen(each.attributes):
            way = SCRIPTS.get(tag, raised)
            waiting += reversed([(child, way) for child in children(each)])
    return joined(parts)


def picture_words(attributes: Attributes) -> str:
    """Of an equation or a sign that is set as a picture; empty for any other one."""
    return (attributes.get("alt") or "") if _SPOKEN.search(attributes.get("class") or "") else ""


def span(attributes: Attributes, name: str) -> int:
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
    if len(parts) == _PARTS.get(node.tag or "", 0):
        return _JOINED[node.tag or ""].format(*map(_grouped, parts))
    return f"sqrt({' '.join(parts)})" if node.tag == "msqrt" else " ".join(parts)


def _grouped(text: str) -> str:
    return text if text.isalnum() or len(text) == 1 or text.replace(".", "", 1).isdigit() else f"({text})"


_JOINED = {
    "msup": "{}^{}", "msub": "{}_{}", "mfrac": "{}/{}", "mover": "{}^{}", "munder": "{}_{}", "msubsup": "{}_{}^{}",
    "munderover": "{}_{}^{}", "mroot": "root({1}, {0})",
}  # fmt: skip
_PARTS = {name: form.count("{") for name, form in _JOINED.items()}
