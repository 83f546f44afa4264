"""What is drawn from data in Office documents: the figures of a chart and the words of a diagram."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from shared.knowledge.formats.archive import child, local, value
from shared.knowledge.formats.document import Block, one_line
from shared.knowledge.formats.equations import written
from shared.knowledge.formats.raised_text import Script, joined
from shared.knowledge.formats.symbol_fonts import in_font
from shared.knowledge.formats.tables import MAX_COLUMNS, table

MAX_POINTS = 100_000  # of a series; a file says of each which one it is
RAISED_FROM = 10_000  # thousandths of a percent, of the size of the letters
_AXES = (("cat", "xVal"), ("val", "yVal"))


def chart(root: Element) -> Iterator[Block]:
    """What a chart and its axes are called, and the figures that it is drawn from, as they were when it was."""
    for each in root.iter():
        if local(each) == "title" and (text := _called(each)):
            yield Block("text", text)
    columns: list[dict[int, str]] = []
    for series in (each for each in root.iter() if local(each) == "ser"):
        names, figures = (_points(_either(series, one, other)) for one, other in _AXES)
        if not columns or (names and names != columns[0]):
            columns.append(names)
        columns.append(figures | {-1: " ".join(_points(child(series, "tx")).values())})
        if len(columns) > MAX_COLUMNS:
            break
    length = max((max(column, default=-1) + 1 for column in columns), default=0)
    if found := table([[column.get(at, "") for column in columns] for at in range(-1, length)]):
        yield found


def diagram(root: Element) -> Block | None:
    """SmartArt: each of its texts as an item."""
    texts = [words(each) for each in root.iter() if local(each) == "p"]
    items = [f"- {text}" for text in texts if text]
    return Block("list", "\n".join(items)) if items else None


def words(paragraph: Element) -> str:
    """Of a shape, without what is struck."""
    found: list[str | Script] = []
    for each in paragraph:
        name = local(each)
        if name in ("r", "fld"):
            found += _run(each)
        elif name == "br":
            found.append(" ")
        elif name in ("m", "AlternateContent"):
            holder = each if name == "m" else child(each, "Choice")
            found += [written(part) for part in (holder if holder is not None else ())]
        elif name in ("oMath", "oMathPara"):
            found.append(written(each))
    return one_line(joined(found))


def _run(element: Element) -> list[str | Script]:
    properties = child(element, "rPr")
    if value(properties, "strike") in ("sngStrike", "dblStrike"):
        return []
    text = in_font(getattr(child(element, "t"), "text", "") or "", value(child(properties, "latin"), "typeface"))
    raised = value(properties, "baseline", "0").rstrip("%")
    level = int(raised) if raised.lstrip("-").isdigit() else 0
    return [Script(text, level > 0) if abs(level) >= RAISED_FROM else text]


def _either(series: Element, *names: str) -> Element | None:
    return next((found for name in names if (found := child(series, name)) is not None), None)


def _called(title: Element) -> str:
    """Typed into the chart, or taken from a cell."""
    typed = " ".join(words(each) for each in title.iter() if local(each) == "p")
    return typed.strip() or " ".join(_points(child(title, "tx")).values())


def _points(element: Element | None) -> dict[int, str]:
    """By their places, of which a chart with gaps leaves some out; of names in groups those of the points."""
    if element is None:
        return {}
    level = next((each for each in element.iter() if local(each) == "lvl"), element)
    points = {
        int(place): one_line(getattr(child(each, "v"), "text", "") or "")
        for each in level.iter()
        if local(each) == "pt" and (place := value(each, "idx")).isdigit() and int(place) < MAX_POINTS
    }
    return points or dict(enumerate(one_line(each.text or "") for each in level.iter() if local(each) == "v"))
