"""Equations of Office documents, written in a line: (a + b)/2, x^2, sqrt(2)."""

from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import child, local, value


def written(element: Element) -> str:
    """An equation, or a part of one."""
    name = local(element)
    if name in _JOINED:
        return _JOINED[name].format(**{part: _grouped(element, part) for part in ("num", "den", "e", "sup", "sub")})
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
    return "" if name.endswith("Pr") else _inside(element)


_JOINED = {"f": "{num}/{den}", "sSup": "{e}^{sup}", "sSub": "{e}_{sub}", "sSubSup": "{e}_{sub}^{sup}"}


def _several(element: Element) -> str:
    return ", ".join(_inside(each) for each in element if local(each) == "e")


def _limits(element: Element) -> str:
    sides = (("_", "sub"), ("^", "sup"))
    return "".join(f"{mark}{_grouped(element, side)}" for mark, side in sides if _part(element, side))


def _inside(element: Element) -> str:
    return "".join(map(written, element))


def _part(element: Element, name: str) -> str:
    found = child(element, name)
    return "" if found is None else _inside(found)


def _grouped(element: Element, name: str) -> str:
    text = _part(element, name).strip()
    return text if text.isalnum() or len(text) <= 1 or text.replace(".", "", 1).isdigit() else f"({text})"
