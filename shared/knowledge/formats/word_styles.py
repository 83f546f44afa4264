"""What the styles and lists of a Word document say of its paragraphs: headings, numbers, hidden and struck text."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import child, is_on, local, value
from shared.knowledge.formats.numerals import roman

MAX_LEVEL = 9
RAISED_BY = 4  # halves of a point
_HEADING = "heading "


@dataclass(frozen=True)
class Style:
    """Of a paragraph or of characters, with what it has from those that it is based on."""

    level: int = 0  # of a heading
    number: str = ""  # the list that its paragraphs are items of
    depth: int = 0  # in that list
    is_hidden: bool = False
    is_struck: bool = False
    script: str = ""
    font: str = ""

    def with_characters(self, other: "Style") -> "Style":
        """With what a style of characters says of some in the paragraph."""
        hidden, struck = self.is_hidden or other.is_hidden, self.is_struck or other.is_struck
        return replace(self, is_hidden=hidden, is_struck=struck, script=other.script, font=other.font or self.font)


def styles(root: Element) -> dict[str, Style]:
    """By their ids: ids are translated, names are not."""
    found = {value(each, "styleId"): each for each in root if local(each) == "style"}
    known: dict[str, Style] = {}
    for name in found:
        chain: list[str] = []
        while name in found and name not in known and name not in chain:
            chain.append(name)
            name = value(child(found[name], "basedOn"))
        for each in reversed(chain):
            known[each] = _style(found[each], known.get(value(child(found[each], "basedOn")), Style()))
    return known


def _style(element: Element, base: Style) -> Style:
    name = value(child(element, "name")).lower()
    level = base.level
    if name == "title":
        level = 1
    elif name.startswith(_HEADING) and name.removeprefix(_HEADING).isdigit():
        level = int(name.removeprefix(_HEADING))
    elif name in ("toc heading", "subtitle"):
        level = 0
    return changed(replace(base, level=level), child(element, "pPr"), child(element, "rPr"))


def changed(style: Style, paragraph: Element | None, run: Element | None) -> Style:
    """A style with what is said beside it of one paragraph or run."""
    outline, listed = child(paragraph, "outlineLvl"), child(paragraph, "numPr")
    if outline is not None and value(outline).isdigit():
        style = replace(style, level=int(value(outline)) + 1 if int(value(outline)) < MAX_LEVEL else 0)
    if listed is not None:
        number, depth = child(listed, "numId"), value(child(listed, "ilvl"))
        style = replace(
            style,
            number=value(number) if number is not None else style.number,
            depth=min(int(depth), MAX_LEVEL - 1) if depth.isdigit() else style.depth,
        )
    for each in run if run is not None else ():
        name = local(each)
        if name in ("strike", "dstrike"):
            style = replace(style, is_struck=is_on(each))
        elif name in ("vanish", "specVanish"):
            style = replace(style, is_hidden=is_on(each) or (style.is_hidden and name != "vanish"))
        elif name == "vertAlign":
            style = replace(style, script=value(each))
        elif name == "position":
            style = replace(style, script=_at_height(value(each)))
        elif name == "rFonts":
            style = replace(style, font=value(each, "ascii"))
    return style


def _at_height(position: str) -> str:
    height = int(position) if position.lstrip("-").isdigit() else 0
    if abs(height) < RAISED_BY:
        return ""
    return "superscript" if height > 0 else "subscript"


@dataclass
class _Level:
    kind: str = "decimal"
    text: str = "%1."
    start: int = 1


@dataclass
class Lists:
    """The lists of a document: each paragraph of one asks for its mark, in the order of the text."""

    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # by the numbers of the lists
    _shared: dict[str, str] = field(default_factory=dict)  # lists that count on with each other
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Element) -> "Lists":
        abstract = {value(each, "abstractNumId"): _levels(each) for each in root if local(each) == "abstractNum"}
        lists = cls()
        for each in root:
            if local(each) == "num":
                name, base = value(each, "numId"), value(child(each, "abstractNumId"))
                usual = abstract.get(base, {})
                own = {depth: level for over in each if (found := _override(over, usual)) for depth, level in [found]}
                lists._levels[name] = usual | own
                lists._shared[name] = name if own else base
        return lists

    def mark(self, number: str, depth: int) -> str:
        """What stands before the next paragraph of a list: "- ", "3. " or "b) "; nothing if it is no list."""
        if number in ("", "0"):
            return ""
        levels = self._levels.get(number, {})
        level = levels.get(depth, _Level(kind="bullet"))
        if level.kind in ("bullet", "none"):
            return "- " if level.kind == "bullet" else ""
        counts = self._counts.setdefault(self._shared.get(number, number), {})
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [each for each in counts if each > depth]:
            del counts[deeper]
        text = level.text
        for each in range(depth + 1):
            of = levels.get(each, _Level())
            text = text.replace(f"%{each + 1}", _numeral(counts.get(each, of.start), of.kind))
        return f"{text.strip()} " if text.strip() else ""


def _levels(element: Element) -> dict[int, _Level]:
    return {
        int(value(each, "ilvl")): _level(each)
        for each in element
        if local(each) == "lvl" and value(each, "ilvl").isdigit()
    }


def _override(element: Element, usual: Mapping[int, _Level]) -> tuple[int, _Level] | None:
    """A level that this list has for itself; most often only its first number is."""
    depth, level = value(element, "ilvl"), child(element, "lvl")
    if local(element) != "lvlOverride" or not depth.isdigit():
        return None
    found = _level(level) if level is not None else replace(usual.get(int(depth), _Level()))
    if (start := value(child(element, "startOverride"))).isdigit():
        found.start = int(start)
    return int(depth), found


def _level(element: Element) -> _Level:
    start = value(child(element, "start"))
    kind, text = child(element, "numFmt"), child(element, "lvlText")
    return _Level(value(kind, default="decimal"), value(text, default="%1."), int(start) if start.isdigit() else 1)


def _numeral(number: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * min(9, (number - 1) // 26 + 1)
        return letter if kind == "lowerLetter" else letter.upper()
    if kind in ("lowerRoman", "upperRoman"):
        return roman(number) if kind == "lowerRoman" else roman(number).upper()
    return str(number)
