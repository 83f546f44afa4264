"""Equations of Office documents, written in a line: (a + b)/2, x^2, sqrt(2)."""

import unicodedata
from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import child, local, value


def written(element: Element) -> str:
    """An equation, or a part of one."""
    name = local(element)
    if name in _JOINED:
        return _JOINED[name].format(**{part: _grouped(element, part) for part in _PARTS})
    match name:
        case "t":
            return element.text or ""
        case "rad":
            degree = _part(element, "deg")
            return f"root({degree}, {_part(element, 'e')})" if degree else f"sqrt({_part(element, 'e')})"
        case "d":
            properties = child(element, "dPr")
            begin, end = (
                value(child(properties, "begChr"), default="("),
                value(child(properties, "endChr"), default=")"),
            )
            return f"{begin}{_several(element)}{end}"
        case "nary":
            return f"{value(child(element, 'naryPr', 'chr'), default='∫')}{_limits(element)} {_part(element, 'e')}"
        case "mr":
            return f"{_several(element)}; "
        case "eqArr":
            return "; ".join(_inside(each) for each in element if local(each) == "e")
        case "func" | "acc" | "bar":
            return _marked(element, name)
    return "" if name.endswith("Pr") or name in ("del", "moveFrom") else _inside(element)


def _marked(element: Element, name: str) -> str:
    """What a function is of, or what stands below a mark."""
    inner = _part(element, "e")
    if name == "func":
        return f"{_part(element, 'fName')}{inner if inner.startswith('(') else f'({inner})'}"
    mark = "\u0305" if name == "bar" else value(child(element, "accPr", "chr"), default="\u0302")
    return unicodedata.normalize("NFC", f"{inner}{mark}")


_JOINED = {
    "f": "{num}/{den}",
    "sSup": "{e}^{sup}",
    "sSub": "{e}_{sub}",
    "sSubSup": "{e}_{sub}^{sup}",
    "sPre": "_{sub}^{sup} {e}",
    "limLow": "{e}_{lim}",
    "limUpp": "{e}^{lim}",
}
_PARTS = ("num", "den", "e", "sup", "sub", "lim")


def _several(element: Element) -> str:
    return ", ".join(_inside(each) for each in element if local(each) == "e")


def _limits(element: Element) -> str:
    sides = (("_", "sub"), ("^", "sup"))
    return "".join(f"{mark}{_grouped(element, side)}" for mark, side in sides if _part(element, side))


def _inside(element: Element) -> str:
    """Its parts, with room around fractions: 1 1/2 is not 11/2, nor 1/2 x the same as 1/2x."""
    text = ""
    is_fraction = False
    for each in element:
        part = written(each)
        if part and text and (is_fraction or begins_with_fraction(each)) and text[-1].isalnum() and part[0].isalnum():
            text += " "
        text += part
        is_fraction = is_fraction if not part else local(each) == "f"
    return text


def begins_with_fraction(element: Element) -> bool:
    first: Element | None = element
    while first is not None and local(first) in ("oMathPara", "oMath", "ins", "box"):
        first = next((each for each in first if written(each)), None)
    return first is not None and local(first) == "f"


def _part(element: Element, name: str) -> str:
    found = child(element, name)
    return "" if found is None else _inside(found)


def _grouped(element: Element, name: str) -> str:
    text = _part(element, name).strip()
    return text if text.isalnum() or len(text) <= 1 or text.replace(".", "", 1).isdigit() else f"({text})"
