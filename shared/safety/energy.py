"""Is what a text says to eat enough? A number of calories is a day's intake, a portion, or a change of the intake."""

import re
from collections.abc import Iterable
from typing import Literal

from shared.safety import nutrition_bounds as bounds
from shared.safety.athlete import Athlete
from shared.safety.clauses import warned
from shared.safety.findings import Finding, finding
from shared.safety.phrases import words_of
from shared.safety.quantities import Quantity, quantities
from shared.safety.special_groups import wants_weight_loss

Change = Literal["less", "more"]

_INTAKE = re.compile(
    r"\b(?:eat|eating|intake|consum\w*|diet|daily|a day|per day|day|target|aim|goal|limit|stick|stay|total|"
    r"allow\w*|keep|cap|restrict\w*|drop)\b|/d"
)
_NOT_INTAKE = re.compile(
    r"\b(?:burn\w*|deficit|surplus|meals?|snacks?|breakfast|lunch|dinner|shake|per serving|serving|bar|extra|"
    r"more|fewer|less|add|"
    r"additional|reduce|subtract|cut|contains?|has|have|workout|session|portion|scoop|slice|cup|fat|protein|"
    r"carb\w*|from)\b"
)
_OR_LESS = re.compile(r"\bor (?:less|fewer)\b|\b(?:less|fewer|no more|not more) than\b|\bmore or less\b")
_NAMES: dict[str, Change] = {"deficit": "less", "shortfall": "less", "surplus": "more", "excess": "more"}
_VERBS: dict[str, Change] = {
    **dict.fromkeys(words_of("cut cuts cutting reduce reduces reducing reduced lower lowering trim trimming"), "less"),
    **dict.fromkeys(words_of("drop dropping decrease decreasing decreased subtract subtracting"), "less"),
    **dict.fromkeys(
        words_of("add adds adding plus extra additional another increase increasing raise raising"), "more"
    ),
    **dict.fromkeys(words_of("burn burns burned burnt burning bmr rmr"), "more"),
}
_NEITHER = re.compile(  # "up to" and its like say how much, not of what
    r"\b(?:up|close|equal) to\b|\bat (?:most|least)\b|\b(?:no|not) (?:more|larger|bigger|greater|less) than\b|"
    r"\bsuch as\b|\bfor example\b|\be\.g\.?|\bi\.e\.?|\bthat is\b|\bwhich is\b|\bamount(?:s|ing)? to\b"
)
_TAKE_OFF = re.compile(r"\b(?:take|taking|knock|knocking) off\b")
_AT_REST = re.compile(r"\b(?:resting|basal) (?:metabolism|metabolic rate|(?:energy )?expenditure)\b")
_MINUS = re.compile(r"\b(?:maintenance|tdee|needs?)\b[^.;]{0,25}(?:-|minus) ?$")
_HELD_AT = re.compile(r"(\b(?:keep|set|hold|cap|limit)(?: \w+){0,3} (?:deficit|surplus)) (?:at|to)\b")
_HEDGES = words_of(
    "about around roughly approximately say usually typically often perhaps maybe between like only just"
)
# What may stand between such a word and its number: nothing that makes it the number of something else.
_BETWEEN = _HEDGES | words_of(
    """
    of is are was be being should would could can may might from by a an the your his her daily day per each some
    modest moderate small mild slight safe sensible reasonable sustainable gentle calorie calories caloric energy kcal
    range even generally or so
    """
)
_AFTER_NAMES = words_of("maintenance tdee expenditure percent large larger big bigger target")
_AFTER_VERBS = words_of("intake food eating current usual")
_MARKS_AFTER_NAMES = frozenset("(:=*-|/%~≈±")
_MARKS_AFTER_VERBS = frozenset("(~≈-±+%")
_SUPERVISED = re.compile(r"\bunder (?:\w+ )?(?:medical|clinical) supervision\b|\bmedically supervised\b")
_UNITS = words_of("kcal kcals kilocalories calories cals cal") | {"%"}
_FURTHEST = 14  # words and marks from "deficit" to its number
_PIECE = re.compile(r"\d[\d.,]*|[^\W\d_]+|[^\w\s]")
_A_DAY = re.compile(r"\W{0,2}(?:(?:a|per|each|every)[\s-]?day\b|/?\s?d(?:ay)?\b|daily\b)")
_KIND = re.compile(r"\W{0,2}(?:calorie|caloric|energy|or so|daily)\b")
_MAINTENANCE = (
    r" (?:(?:your|the|estimated|current|own|daily|his|her|total|energy|calculated|true|actual)\s){0,4}"
    r"(?:maintenance|tdee|expenditure|needs?|requirements?|what|you (?:burn|need|use|spend)|that|baseline|"
    r"(?:usual|normal|current) (?:intake|diet)|intake)\b"
)
_AFTER: tuple[tuple[Change, re.Pattern[str]], ...] = (
    (
        "less",
        re.compile(
            rf"\W{{0,2}}(?:(?:deficit|shortfall)\b|(?:below|under|beneath|(?:less|fewer|lower) than){_MAINTENANCE}"
            r"|(?:less|fewer)\b(?=\s*(?:$|[.,;:)]|than|(?:a|per|each|every) day|daily)))"
        ),
    ),
    (
        "more",
        re.compile(
            rf"\W{{0,2}}(?:(?:surplus|excess)\b|(?:above|over|more than|higher than){_MAINTENANCE}"
            r"|(?:of )?(?:active|activity|exercise)\b"
            r"|(?:more|extra)\b(?=\s*(?:$|[.,;:)]|than|(?:a|per|each|every) day|daily)))"
        ),
    ),
)
_DEFICIT = re.compile(r"\b(?:deficit|below maintenance|under maintenance)\b")
# Too large a deficit is worth finding however its number is joined to it.
_LOOSE_BEFORE = re.compile(
    r"\bdeficit\b(?:[ ,(:-]+(?!(?:eat|eating|consum\w+|intake|diet|at|target|goal|maintenance|burn\w*|tdee|needs?|stay|"
    r"get|have|has|with|on|in|total|day|you)\b)[a-z']+){0,5}[ ,(:~-]*$"
)
_LOOSE_AFTER = re.compile(r"[^.;:]{0,12}\b(?:as (?:a|the|your)|is (?:the|your)) (?:\w+ ){0,2}deficit\b")
_WITHOUT_NUMBER = re.compile(
    r"\b(?:calorie |caloric |energy )deficit\b|\b(?:lose|drop|cut) (?:some )?(?:weight|fat)\b|\bweight[- ]loss "
    r"(?:diet|plan)\b"
)


def check_energy(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    """Too little a day, too large a deficit, or any deficit for those who must have none."""
    yield from _intake(sentence)
    yield from _growing_deficit(sentence, athlete) if athlete.minor or athlete.pregnant else _deficit(sentence)


def change(sentence: str, q: Quantity) -> Change | None:
    """Whether a number of kilocalories says how much less or more, as of a deficit; None for how much."""
    return _named_before(sentence[: q.start]) or _named_after(sentence[q.end :])


def _named_before(text: str) -> Change | None:
    if _MINUS.search(text):
        return "less"
    plain = _HELD_AT.sub(r"\1 about", _AT_REST.sub("bmr", _TAKE_OFF.sub("subtract", _NEITHER.sub("about", text))))
    pieces = _PIECE.findall(plain)[-_FURTHEST:]
    between: set[str] = set()
    for at in range(len(pieces) - 1, -1, -1):
        piece = pieces[at]
        if (known := _NAMES.get(piece)) and _joined(between, _AFTER_NAMES, _MARKS_AFTER_NAMES):
            return known
        if (known := _VERBS.get(piece)) and _joined(between, _AFTER_VERBS, _MARKS_AFTER_VERBS):
            return None if pieces[at - 1 : at] in (["your"], ["a"], ["the"], ["this"], ["my"]) else known
        if not _goes_on(pieces, at):
            return None
        between.add(piece)
    return None


def _joined(between: set[str], words: frozenset[str], marks: frozenset[str]) -> bool:
    left = {piece for piece in between if not piece[0].isdigit()} - _BETWEEN - words - marks - {"to", "and"}
    return not left or (left == {","} and bool(between & _HEDGES))


def _goes_on(pieces: list[str], at: int) -> bool:
    piece = pieces[at]
    if piece in ("to", "and"):  # of a range: "300 kcal to 500 kcal"
        low = [each for each in pieces[max(0, at - 2) : at] if each not in _UNITS]
        return bool(low) and low[-1][0].isdigit()
    known = _BETWEEN | _AFTER_NAMES | _AFTER_VERBS | _MARKS_AFTER_NAMES | _MARKS_AFTER_VERBS
    return piece[0].isdigit() or piece == "," or piece in known


def _named_after(text: str) -> Change | None:
    at = 0
    for part in (_A_DAY, _KIND, _A_DAY, _KIND):
        if match := part.match(text, at):
            at = match.end()
    return next((kind for kind, pattern in _AFTER if pattern.match(text, at)), None)


def _intake(sentence: str) -> Iterable[Finding]:
    for q in quantities(sentence):
        kcal = q.low if q.unit == "kcal" else q.low / bounds.KJ_PER_KCAL
        if q.unit not in ("kcal", "kj") or not bounds.LEAST_MEANT <= kcal < bounds.LEAST_KCAL:
            continue
        if _SUPERVISED.search(sentence):
            continue
        around = sentence[max(0, q.start - 40) : q.end + 40]
        if _INTAKE.search(around) and not _portion(sentence, q) and not _floor_warned(sentence, q):
            message = (
                f"{kcal:.0f} kcal a day is too little without a clinician; at least {bounds.LEAST_KCAL} "
                f"(for most, 1,500 or more) would be fine."
            )
            yield finding(bounds.CALORIES, message)


def _portion(sentence: str, q: Quantity) -> bool:
    if change(sentence, q):
        return True
    near = _OR_LESS.sub("", sentence[max(0, q.start - 25) : q.end + 25])
    return not _A_DAY.match(sentence, q.end) and bool(_NOT_INTAKE.search(near))


def _floor_warned(sentence: str, q: Quantity) -> bool:
    """ "Stay under 1,000 kcal" advises it, though for other quantities "under" bounds what is fine."""
    before = re.sub(
        r"\b(?:under|below|less than|at most|maximum|max|up to|limit\w*|no more than|not more than|restrict)\b",
        "",
        sentence[: q.start],
    )
    return warned(before + sentence[q.start :], len(before), len(before) + q.end - q.start)


def _deficit(sentence: str) -> Iterable[Finding]:
    for q in quantities(sentence):
        if q.unit == "kcal" and q.high > bounds.DEFICIT_KCAL and _is_deficit(sentence, q):
            if warned(sentence, q.start, q.end):
                continue
            message = f"A deficit of {q.high:.0f} kcal a day is too large; up to {bounds.DEFICIT_KCAL} would be fine."
            yield finding(bounds.DEFICIT, message)
            return


def _is_deficit(sentence: str, q: Quantity) -> bool:
    if kind := change(sentence, q):
        return kind == "less"
    return bool(_LOOSE_BEFORE.search(sentence[: q.start]) or _LOOSE_AFTER.match(sentence[q.end :]))


def _growing_deficit(sentence: str, athlete: Athlete) -> Iterable[Finding]:
    numbers = [q for q in quantities(sentence) if q.unit == "kcal" and not warned(sentence, q.start, q.end)]
    named = _WITHOUT_NUMBER.search(sentence)
    meant = named and (wants_weight_loss(sentence) or "deficit" in sentence)
    if (numbers and _DEFICIT.search(sentence)) or (
        named and meant and not warned(sentence, named.start(), named.end())
    ):
        yield _no_deficit(athlete)


def _no_deficit(athlete: Athlete) -> Finding:
    if athlete.pregnant:
        return finding(
            bounds.PREGNANT_DEFICIT,
            "In pregnancy no calorie deficit is safe; regular, varied meals are fine, and your midwife or "
            "doctor helps with weight.",
        )
    return finding(
        bounds.MINOR_DEFICIT,
        "While you are growing no calorie deficit is safe without a doctor; regular, varied meals and sports are fine.",
    )
