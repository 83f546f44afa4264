"""Text in any charset: as its mark or the file itself says, else UTF-8, else as a detector finds it."""

import codecs
import functools
import re
import unicodedata

from shared.knowledge.formats.document import UnreadableError

LOOKED_AT = 1 << 16  # bytes: of the file's beginning, and of what a detector is shown
# Text has tabs, line ends, form feeds and escapes; what else is below the space belongs to programs, and gets into it
# now and then. Word's own hyphens mean something, and the end that DOS wrote nothing.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WRITTEN = {0x1E: "-", 0x1F: "", 0x1A: ""}
MOST_CONTROL = 0.005  # of the signs; files of programs have more
RIGHT = 2  # signs that are right in UTF-8 for each byte that is not, where the rest was pasted from elsewhere
_WRONG = re.compile("[\udc80-\udcff]")
_BEYOND = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]+")
_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# As browsers read these names: the wider charset that most such files are in.
_WIDER = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
}

_LIKELY = (
    "cp1252", "cp1250", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256", "cp866", "cp932",
    "euc_jp", "gb18030", "big5hkscs", "cp949",
)  # fmt: skip
_COMMON_LATIN = "äöüßéèêëàâçñóíáúìòùîïôûãõøåæœąćęłńśźżčřšžýěůďťňőűşğı"
_COMMON_SIGNS = "–—‘’“”„«»…€°±×÷µ½¼¾¹²³•·©®™£§¿¡\xa0、。，！？：；（）「」《》"  # noqa: RUF001
_COMMON_HAN = "的一是不了在有人这这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其種體訓練時間每組休息這個國說們為會後過學對裡麼沒於還發"  # noqa: E501


@functools.lru_cache(1)  # the kind of a file is told by its text, which is then read
def decode(data: bytes) -> str:
    """Raises UnreadableError (unsupported) for what is no text."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _text(data, name)
    if wide := _wide(data):
        return _text(data, wide)
    if mended := _mended(data):
        return mended
    declared = _declared(data)
    for name in filter(None, ("utf-8", declared, "" if b"\0" in data[:LOOKED_AT] else _detected(data))):
        try:
            return _text(data, name)
        except UnreadableError:
            continue
    raise UnreadableError("unsupported")


def _text(data: bytes, name: str) -> str:
    try:
        text = data.decode(name)
    except (UnicodeDecodeError, LookupError):
        raise UnreadableError("unsupported") from None
    if not _CONTROL.search(text):
        return text
    text = text.translate(_WRITTEN)
    if "\0" in text or len(_CONTROL.findall(text)) > MOST_CONTROL * len(text) + 1:
        raise UnreadableError("unsupported")
    return _CONTROL.sub(" ", text)


def _mended(data: bytes) -> str:
    """UTF-8 with some bytes that are not, which are Western then; empty where all or too few are."""
    text = data.decode("utf-8", "surrogateescape")
    wrong = len(_WRONG.findall(text))
    if not wrong or sum(map(len, _BEYOND.findall(text))) < RIGHT * wrong:
        return ""
    return _WRONG.sub(lambda found: found[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace"), text)


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: every other byte of most of its signs is a zero, or for other letters the same one."""
    head = data[: min(LOOKED_AT, len(data) // 2 * 2)]
    if len(data) % 2 or len(head) < 4:
        return ""
    for name, high, low in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        zeros = high.count(0)
        if zeros > 0 and low.count(0) == 0 and 4 * zeros >= len(high) * (0.4 if len(set(high)) <= 4 else 3):
            return name
    return ""


def _declared(data: bytes) -> str:
    """What a page or an XML file says of itself."""
    head = data[:4096]
    if b"<" not in head or not (found := _DECLARED.search(head)):
        return ""
    try:
        name = codecs.lookup(found[1].decode("ascii")).name
    except (LookupError, UnicodeDecodeError):
        return ""
    return _WIDER.get(name, name)


def _detected(data: bytes) -> str:
    """The charset in which the signs make the most likely words: detectors want longer texts than people keep."""
    sample = _sample(data)
    scores = {name: score for name in _LIKELY if (score := _likelihood(sample, name)) > 0}
    return max(scores, key=lambda name: scores[name], default="")


def _likelihood(data: bytes, name: str) -> float:
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return 0.0
    total = 0.0
    before = " "
    for sign, after in zip(text, f"{text[1:]} ", strict=False):
        if sign > "\x7f":
            total += _worth(sign, before, after)
        elif sign.isalpha() and before > "\u02ff" and before.isalpha():
            total -= 0.5  # a letter of ASCII within a word of other letters
        before = sign
    return total / max(1, sum(sign > "\x7f" for sign in text)) + (0.01 if name == "cp1252" else 0.0)


def _worth(sign: str, before: str, after: str) -> float:
    """Of a sign where it stands: common letters are likely, signs in words and capitals after small ones are not."""
    code, kind = ord(sign), unicodedata.category(sign)
    if sign in _COMMON_SIGNS:
        return 0.6
    if kind.startswith("L") and not _stands_in_a_word(code, before, after):
        return -1.0 if code >= 0x2E80 else 0.1
    if code in range(0x3041, 0x30FF) or sign in _COMMON_HAN:
        return 2.0
    if code in range(0x4E00, 0x9FFF) or code in range(0xAC00, 0xD7A4):
        return 0.9 if code < 0xAC00 else 1.2
    if code in range(0xFF61, 0xFFA0) or kind in ("Co", "Cn", "Cc", "Cf"):
        return -2.0
    if not kind.startswith("L"):
        return -1.5 if before.isalpha() else -0.3
    return _worth_of_letter(sign, before)


def _stands_in_a_word(code: int, before: str, after: str) -> bool:
    """A lone letter between figures or Latin ones is rather a sign of a Western charset: 37 °C, 5 µg."""
    least = "\x80" if code >= 0x250 else "A"
    return any(other >= least and other.isalpha() for other in (before, after))


def _worth_of_letter(sign: str, before: str) -> float:
    code, kind = ord(sign), unicodedata.category(sign)
    if kind == "Lu" and before.islower():
        return -2.0
    if before.isalpha() and before > "\x7f" and (ord(before) < 0x250) != (code < 0x250):
        return -1.0
    if code < 0x250 and before > "\x7f" and before.isalpha():
        return -0.7  # two letters with marks beside each other are rare
    if code < 0x250:
        return 1.0 if sign.lower() in _COMMON_LATIN else 0.2
    return 1.0 if kind in ("Ll", "Lo") else 0.4


def _sample(data: bytes) -> bytes:
    """The lines that are not in ASCII, which alone tell charsets apart; whole, so that no sign is cut."""
    lines: list[bytes] = []
    left = LOOKED_AT
    for line in re.split(rb"[\r\n]+", data):
        if not line.isascii():
            lines.append(line[:left])
            left -= len(line)
            if left <= 0:
                break
    return b"\n".join(lines)
