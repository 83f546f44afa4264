"""Lines of Hebrew and Arabic, from the order in which a page has them, from the left, to that in which they are read.

UAX #9 the other way round, as far as lines of a page need it.
"""

import re
import unicodedata

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_RIGHT = "\u0590-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"  # letters of words from the right
_DIGIT = "0-9\u0660-\u0669\u06f0-\u06f9"
_LEFT = "A-Za-z\u00b5-\u024f\u0370-\u052f"
_RUN = re.compile(f"([{_RIGHT}]+)")
_ENCLOSED = re.compile(f"[{_RIGHT}](?:[^{_LEFT}]*[{_RIGHT}])?")
_SHAPED = re.compile("[\ufb1d-\ufdff\ufe70-\ufefc]+")  # letters by where in a word they stand
_ARABIC = re.compile("[\u0600-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb50-\ufdff\ufe70-\ufefc]")
_WORDS = re.compile(f"[{_LEFT}{_DIGIT}](?:.*[{_LEFT}{_DIGIT}%])?", re.DOTALL)
# Beside Arabic the two ends of a range are numbers of their own, which stand the other way round on the page.
_NUMBER = re.compile(f"[{_DIGIT}](?:[{_DIGIT}.,:/-]*[{_DIGIT}])?")
_ARABIC_NUMBER = re.compile(f"[{_DIGIT}](?:[{_DIGIT}.,:/]*[{_DIGIT}])?")


def read_order(line: str) -> str:
    """A line as it is read and searched; one without letters from the right as it is."""
    runs = _RUN.findall(line)
    if not runs:
        return line
    if 2 * sum(map(len, runs)) >= sum(letter.isalpha() for letter in line):
        turned = _turned(line)
    else:
        turned = _ENCLOSED.sub(lambda found: _turned(found[0]), line)
    return _SHAPED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), turned)


def _turned(line: str) -> str:
    """From its end; numbers, and words of other scripts with what is between them, stay as they are."""
    number = _ARABIC_NUMBER if _ARABIC.search(line) else _NUMBER
    parts = _RUN.split(line)
    return "".join(part[::-1] if place % 2 else _between(part, number) for place, part in reversed([*enumerate(parts)]))


def _between(text: str, number: re.Pattern[str]) -> str:
    kept = _WORDS if re.search(f"[{_LEFT}]", text) else number
    parts, at = [], 0
    for found in kept.finditer(text):
        parts += [_mirrored(text[at : found.start()]), found[0]]
        at = found.end()
    return "".join(reversed([*parts, _mirrored(text[at:])]))


def _mirrored(text: str) -> str:
    return text.translate(_MIRRORED)[::-1]
