"""Cuts a text that may still be growing into the sentences and lines of which each is shown or not.

Each begins with the white space before it, so that they joined are the text, and the last one never ends in a blank.
"""

import re
from collections.abc import Iterator

MAX_HELD = 400  # characters of a sentence without end: Thai has none, and some models write none
_CLOSERS = "\"'\u201d\u2019\u00bb)\\]*_`\u300d\u300f\uff09"  # what may stand behind an end and belongs to it
# What comes next is known to be another word or line: before that, "2." may yet be "2.5 kg". Latin ends need a blank
# behind them, those of Chinese, Japanese and Hindi none; an Arabic question mark is used with one and without.
_END = re.compile(
    rf"(?P<stop>[.\u2026]+[{_CLOSERS}]*)(?=\s+\S)"
    rf"|[!?;\u061f\u06d4]+[{_CLOSERS}]*(?=\s+\S)"
    rf"|[\u3002\uff01\uff1f\uff61\u0964\u0965]++[{_CLOSERS}]*+(?=\s*\S)"
    r"|(?<=\S)(?=\s*\n\s*\S)"
)
_NEXT = re.compile(r"\s+(\S)")
# Before a stop that ends no sentence: one letter ("z. B."), a number that begins a line ("1. Squat"), and these.
_ABBREVIATED = re.compile(
    r"(?:^|\n)[\s>*|-]*\d{1,3}\Z"
    r"|(?<![^\W\d_])(?:[^\W\d_]|approx|ca|circa|e\.g|i\.e|vs|dr|drs?a|mr|mrs|ms|prof|st|no|nos|fig|min|max|incl|excl"
    r"|bzw|ggf|evtl|inkl|exkl|usw|vgl|nr|str|mind|h\u00f6chst|sog|bspw|ung|p\.\s?ej|aprox|m\u00e1x|m\u00edn|env|cf|resp|etc"
    r"|\u0442\.\s?\u0435|\u043d\u0430\u043f\u0440|\u043f\u0440\u0438\u043c)\Z",
    re.IGNORECASE,
)
_BLANK = re.compile(r"\s(?=\S)")
_SPACE = re.compile(r"\s*")


def statements(text: str, start: int = 0, *, ended: bool = True) -> Iterator[tuple[int, int]]:
    """Where the whole ones behind `start` begin and end; with `ended` also the last one, whatever it ends with."""
    while (end := _end_of(text, start)) is not None:
        yield start, end
        start = end
    if ended and text[start:].strip():
        yield start, len(text.rstrip())


def _end_of(text: str, start: int) -> int | None:
    """The end of the statement that begins at `start`; None while that is not known."""
    space = _SPACE.match(text, start)
    begin = space.end() if space else start
    for found in _END.finditer(text, begin, begin + MAX_HELD + 1):
        if found.end() > begin and not (found["stop"] and _continues(text, begin, found)):
            return found.end()
    if len(text) - begin <= MAX_HELD:
        return None
    blanks = [blank.start() for blank in _BLANK.finditer(text, begin + MAX_HELD // 2, begin + MAX_HELD)]
    return blanks[-1] if blanks else begin + MAX_HELD


def _continues(text: str, begin: int, stop: re.Match[str]) -> bool:
    """Whether a stop is part of a word or number: "approx. 5 kg", "z. B. Kniebeugen", "etc. and" """
    following = _NEXT.match(text, stop.end())
    if "\n" in text[stop.end() : following.end() if following else None]:
        return False
    goes_on = following is not None and following[1].islower()
    is_one = stop["stop"].startswith(".") and not stop["stop"].startswith("..")
    return goes_on or (is_one and bool(_ABBREVIATED.search(text[max(0, stop.start() - 12, begin) : stop.start()])))
