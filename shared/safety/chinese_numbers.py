"""Numbers in Chinese signs, as Japanese writes them, too: "六十公里" is 60 km."""

import re

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"\u3007": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIAD = "万"
_SIGNS = "".join((*_DIGITS, *_TENS, _MYRIAD))
_UNITS = (
    "大卡|卡|千焦|公斤|千克|毫克|微克|克|斤|磅|公里|千米|公升|毫升|升|小时|国际单位|"
    "キロカロリー|カロリー|キログラム|キロ|ポンド|リットル|ミリ|グラム|時間|mg|kg|km|kcal|ml"
)
# Before a unit; "一" alone is also "a": a day, a glass.
_NUMBER = re.compile(rf"(?<![\d{_SIGNS}])[{_SIGNS}]+(?=多?(?:{_UNITS}))")


def in_figures(text: str) -> str:
    """The text with the numbers before its units in figures."""
    return _NUMBER.sub(lambda found: str(_value(found[0])), text)


def _value(signs: str) -> int:
    myriads, _, rest = signs.rpartition(_MYRIAD)
    return _below_myriad(myriads) * 10_000 + _below_myriad(rest) if myriads else _below_myriad(rest)


def _below_myriad(signs: str) -> int:
    """ "三百五" is 350: a last digit alone is of the next lower place."""
    total, digit, place = 0, 0, 1
    for sign in signs:
        if sign in _DIGITS:
            digit = digit * 10 + _DIGITS[sign] if total == 0 and digit and place == 1 else _DIGITS[sign]
        else:
            place = _TENS.get(sign, 1)
            total, digit = total + (digit or 1) * place, 0
    is_short = digit and place > 10 and signs[-2:-1] in _TENS
    return total + digit * (place // 10 if is_short else 1)
