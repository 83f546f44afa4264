"""Figures and times as a spreadsheet shows them by the format of their cell, as far as that says something."""

import datetime
import operator
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

_PIECE = re.compile(
    r'"(?P<said>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]|[_*].'
    r"|(?P<general>General|@)|(?P<places>[0#?.,]+)|(?P<power>E[+-])|(?P<end>;)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_TESTS = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_QUOTED = re.compile(r"\"[^\"]*\"|\\.|\[\$[^\]]*\]|\[[^\]hms]*\]", re.IGNORECASE)
Piece = tuple[str, str]  # of a format: what kind it is, and what it says


def figure(number: float, form: str) -> str:
    """A number with its decimals and units; without signs between thousands, which are others in each country."""
    sections = _sections(form)
    at = _chosen(sections, number)
    section = sections[at]
    if not section and len(sections) > 1:
        return ""  # three semicolons hide what a cell has
    text = _filled(section, abs(number))
    if number >= 0:
        return text
    is_told = at > 0 and _words(section) and _words(section) != _words(sections[0])
    return text if is_told else f"-{re.sub(r'[()-]', '', text).strip()}"


def _sections(form: str) -> list[list[Piece]]:
    sections: list[list[Piece]] = [[]]
    for found in _PIECE.finditer(form):
        kind = found.lastgroup or ""
        if kind == "end":
            sections.append([])
        elif kind:
            sections[-1].append((kind, found[kind]))
    return sections


def _chosen(sections: list[list[Piece]], number: float) -> int:
    """The section for a number: by their conditions, else those of positive ones, negative ones and zero."""
    conditions = [
        next((found for kind, said in section if kind == "bracket" and (found := _CONDITION.match(said))), None)
        for section in sections[:3]
    ]
    if any(conditions):
        holds = (at for at, each in enumerate(conditions) if each is None or _TESTS[each[1]](number, float(each[2])))
        return next(holds, 0)
    if number < 0:
        return 1 if len(sections) > 1 else 0
    return 2 if number == 0 and len(sections) > 2 else 0


def _words(section: list[Piece]) -> str:
    said = "".join(said for kind, said in section if kind in ("said", "escaped"))
    return "".join(filter(str.isalpha, said))


def _filled(section: list[Piece], number: float) -> str:
    """What stands before and after the number, and the number between."""
    kinds = [kind for kind, _ in section]
    places = [at for at, kind in enumerate(kinds) if kind in ("places", "general")]
    percent = any(piece == ("other", "%") for piece in section)
    if not places:
        return _said(section) or (short(number) if section == [] else "")
    if "power" in kinds or any(piece == ("other", "/") for piece in section):
        return short(number)
    first, last = places[0], places[-1]
    core = [said for kind, said in section[first : last + 1] if kind == "places"]
    if len(core) > 1:
        return f"{_said(section[:first])}{_spread(section[first : last + 1], number)}{_said(section[last + 1 :])}"
    shown = _rounded(number, core[0], percent=percent) if core else short(number)
    return f"{_said(section[:first])}{shown}{_said(section[last + 1 :])}".strip()


def _said(section: list[Piece]) -> str:
    return "".join(said for kind, said in section if kind not in ("bracket", "places", "general"))


def _spread(section: list[Piece], number: float) -> str:
    """Digits from the last place on, with what stands between: 130 as 1:30."""
    digits = list(_rounded(number, "0", percent=False))
    shown: list[str] = []
    for kind, said in reversed(section):
        if kind == "places":
            shown += [digits.pop() if digits else "0" if place == "0" else "" for place in reversed(said)]
        elif kind != "bracket":
            shown.append(said[::-1])
    return f"{''.join(digits)}{''.join(shown)[::-1]}"


def _rounded(number: float, places: str, *, percent: bool) -> str:
    """As spreadsheets do: a half away from zero, of the 15 digits that they keep."""
    whole, _, behind = places.rstrip(",").partition(".")
    behind = behind.rstrip(",")
    thousands = len(places) - len(places.rstrip(","))
    exact = Decimal(short(number)).scaleb((2 if percent else 0) - 3 * thousands)
    with localcontext() as context:
        context.prec = 400  # digits; a float has 309 before its point
        text = f"{exact.quantize(Decimal(1).scaleb(-len(behind)), ROUND_HALF_UP):f}"
    before, point, decimals = text.partition(".")
    least = len(behind.rstrip("#?"))
    decimals = decimals[:least] + decimals[least:].rstrip("0")
    return before.zfill(whole.count("0")) + (point + decimals if decimals else "")


def short(number: float) -> str:
    """Without what binary fractions add: 0.1 + 0.2 is 0.3."""
    return f"{number:.15g}" if isinstance(number, float) else str(number)


def moment(found: datetime.datetime | datetime.date | datetime.time | datetime.timedelta, form: str) -> str:
    """A day as ISO 8601 has it, as far as it is shown; a time with its seconds where the format has some."""
    plain = _QUOTED.sub("", form).lower()
    if isinstance(found, datetime.timedelta):
        return _time(found, plain)
    if isinstance(found, datetime.time):
        since = datetime.timedelta(hours=found.hour, minutes=found.minute, seconds=found.second)
        return _time(since + datetime.timedelta(microseconds=found.microsecond), plain)
    day = found.isoformat()[:10]
    if "d" not in plain and "h" not in plain and "y" in plain:
        day = day[:7] if "m" in plain else day[:4]
    elif "ddd" in plain:
        day = f"{found:%A} {day}"
    if isinstance(found, datetime.datetime) and (found.hour or found.minute or found.second):
        day = f"{day} {found.isoformat(' ', 'minutes')[11:]}"
    return day


def _time(since: datetime.timedelta, form: str) -> str:
    thousandths = round(abs(since) / datetime.timedelta(milliseconds=1))
    seconds, rest = divmod(thousandths, 1000)
    minutes, seconds = divmod(seconds, 60)
    sign = "-" if since < datetime.timedelta(0) else ""
    fraction = f".{rest:03}".rstrip("0") if rest else ""
    if "s" in form and "h" not in form:
        return f"{sign}{minutes:02}:{seconds:02}{fraction}"
    has_seconds = "s" in form or seconds or rest
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}{fraction}" if has_seconds else "")
