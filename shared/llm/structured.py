"""Reads the JSON that a model was asked for, however it was written: with thoughts before it, fenced, broken, cut off.

What is never taken for an answer: thoughts, and JSON that nobody can read. Whoever finds None says so to the model, or
that there is no answer; the raw text is shown to nobody.
"""

import ast
import json
import re
from typing import Any

Document = dict[str, Any]

_THOUGHTS = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|seed:think"
_THOUGHT = re.compile(
    rf"<({_THOUGHTS})>.*?(?:</\1>|\Z)"
    r"|<\|?channel\|?>\s{0,4}(?:analysis|commentary|thought)\b.*?(?:<\|?channel\|?>(?:\s{0,4}final)?(?:<\|?message\|?>)?|\Z)"
    r"|\[THINK\].*?(?:\[/THINK\]|\Z)|\u25c1think\u25b7.*?(?:\u25c1/think\u25b7|\Z)"
    r"|```(?:thinking|thought|reasoning)\b.*?(?:```|\Z)|<!--.*?(?:-->|\Z)|<tool_call>.*?(?:</tool_call>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_THOUGHT_ENDS = re.compile(rf"\A.*</(?:{_THOUGHTS})>|<\|?channel\|?>final<\|?message\|?>", re.DOTALL | re.IGNORECASE)
# Every run of blanks in here is bounded: models that run away write thousands of them.
_FENCE = re.compile(r"(?:```|~~~)[ \t]{0,4}(?:json5?|JSON)?[ \t]{0,4}\r?\n?(?=\s{0,16}[\[{\"])")
_DOCUMENT = re.compile(r"[\[{](?=\s*(?:[\"'{\[}\]]|[A-Za-z_]\w*\s*:|\Z))")
_BARE_KEY = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_TOKEN = re.compile(rf"{_STRING.pattern}|[\[\]{{}}]", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_BAD_ESCAPE = re.compile(r'\\(?:(u[0-9a-fA-F]{4})|(["\\/bfnrt])|(u[0-9a-fA-F]{0,3}\Z)|(\Z)|(.))', re.DOTALL)
_CONTROL = dict.fromkeys(range(32), " ") | str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
_LONE_SURROGATE = re.compile(r"\\u[dD][89abAB]\w\w(?!\\u[dD][c-fC-F]\w\w)|(?<!\\u[dD][89abAB]\w\w)\\u[dD][c-fC-F]\w\w")
_HALF_PAIR = re.compile(r"\\u[dD][89abAB]\w\w\Z")  # its other half has not come yet
MAX_PYTHON = 20_000  # characters that are read as a literal of Python
MAX_NESTED = 3  # how often JSON may be wrapped in a list, a string or one more object


def without_thoughts(text: str) -> str:
    """The text behind and between blocks of thought; one that is still open hides the rest. JSON may speak of them."""
    begin = text.lstrip("\ufeff").lstrip()
    if begin.startswith(("{", "[", "`")) and not begin.upper().startswith(("[THINK", "```THO", "```THI", "```REAS")):
        return text
    return _THOUGHT_ENDS.sub("", _THOUGHT.sub("", text.lstrip("\ufeff")))


def read_document(text: str, *keys: str) -> Document | None:
    """The object in a model's text that has one of `keys`, as far as it has come; None where there is none."""
    said = without_thoughts(text)
    for start in _starts(said):
        found = _with_key(_parse(said[start:], keys), keys, MAX_NESTED)
        if found is not None:
            return found
    return None


def begins_document(text: str) -> bool:
    """Whether JSON, a fence or a thought stands in a text: it is then not one for people."""
    said = text.lstrip("\ufeff").lstrip()
    return said.startswith(("{", "[", "`", "<", "~~~", '"')) or bool(_FENCE.search(said) or _DOCUMENT.search(said))


def is_whole(text: str) -> bool:
    """Whether the JSON that a text is has been closed; a text that only has some in it is none."""
    said = without_thoughts(text).lstrip()
    said = said[found.end() :].lstrip() if (found := _FENCE.match(said)) else said
    return said.startswith(("{", "[")) and _document(said)[1]


def sendable_arguments(arguments: str) -> str:
    """The arguments of an earlier call, for its model to read: half an object is refused, even in the history."""
    return arguments if isinstance(_value(arguments, partial=False), dict) else "{}"


def read_arguments(text: str | None) -> str:
    """The arguments of a call as JSON text: models without any send null, nothing, or an empty list.

    Arguments that were encoded twice are decoded once; broken ones stay as they are, for whoever validates them.
    """
    stripped = (text or "").strip()
    if stripped in ("", "null", "[]", "None"):
        return "{}"
    value = _value(stripped, partial=False)
    if isinstance(value, str):
        return read_arguments(value) if value.strip().startswith(("{", "[")) else stripped
    mended = _value(_mended(stripped), partial=False) if value is None else None
    return json.dumps(mended, ensure_ascii=False) if isinstance(mended, dict) else stripped


def _starts(said: str) -> list[int]:
    """Where JSON may begin: in a fence first, then at each brace, a few of them."""
    fences = [match.end() for match in _FENCE.finditer(said)]
    braces = [match.start() for match in _DOCUMENT.finditer(said)]
    whole = [len(said) - len(said.lstrip())] if said.lstrip().startswith('"') else []
    return list(dict.fromkeys([*fences[:2], *whole, *braces[:4]]))


def _parse(text: str, keys: tuple[str, ...] = ()) -> Any:
    """The value at the start of a text, as far as it goes; None where none can be read."""
    document, closed = _document(text)
    mended = _mended(document)
    for attempt in (document, mended):
        if (value := _value(attempt, partial=False)) is not None:
            return value
    if closed and (salvaged := _salvaged(text, keys) or _as_python(document)):
        return salvaged
    return _value(mended, partial=True)


def _as_python(document: str) -> Any:
    """What was written with Python's quotation marks; None where it was not."""
    if not document.startswith("{'") or len(document) > MAX_PYTHON:
        return None
    try:
        return ast.literal_eval(document)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _value(text: str, *, partial: bool) -> Any:
    from jiter import from_json

    try:
        return from_json(text.encode(), partial_mode="trailing-strings" if partial else "off")
    except (ValueError, RecursionError):
        return None


def _with_key(value: Any, keys: tuple[str, ...], nested: int) -> Document | None:
    """The object with one of the keys, in the value or in what is wrapped around it."""
    if isinstance(value, dict) and any(key in value for key in keys):
        return value
    if nested == 0:
        return None
    if isinstance(value, str):
        value = [_parse(value.strip(), keys)] if value.lstrip().startswith(("{", "[")) else []
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    found = (_with_key(each, keys, nested - 1) for each in inner[:4] if isinstance(each, dict | list | str))
    return next((each for each in found if each is not None), None)


def _document(text: str) -> tuple[str, bool]:
    """The text as far as the bracket that closes its first one, and whether there is such a bracket."""
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
            if depth <= 0:
                return text[: token.end()], True
    return text, False


def _mended(text: str) -> str:
    """With what models get wrong put right: real line breaks and bad escapes in strings, commas, bare keys."""
    parts: list[str] = []
    end = 0
    for string in _STRING.finditer(text):
        parts += [_outside(text[end : string.start()]), _string(string[0])]
        end = string.end()
    return "".join([*parts, _outside(text[end:])])


def _outside(text: str) -> str:
    plain = text.replace("None", "null").replace("True", "true").replace("False", "false")
    return _TRAILING_COMMA.sub("", _BARE_KEY.sub(r'\1"\2"\3', plain))


def _string(literal: str) -> str:
    escaped = _BAD_ESCAPE.sub(_escape, literal.translate(_CONTROL))
    return _LONE_SURROGATE.sub(r"\\ufffd", _HALF_PAIR.sub("", escaped))


def _escape(match: re.Match[str]) -> str:
    unicode, known, cut_unicode, cut, bad = match.groups()
    if cut_unicode is not None or cut is not None:
        return ""
    return match[0] if unicode or known else bad


def _salvaged(said: str, keys: tuple[str, ...]) -> Document | None:
    """The text of the first key, where an unescaped quotation mark broke all else."""
    for key in keys:
        if found := re.search(rf'"{key}"\s*:\s*"(.*?)"\s*(?:,\s*"\w+"\s*:|\}}\s*(?:\Z|```))', said, re.DOTALL):
            text = re.sub(r'(?<!\\)"', r"\"", found[1])
            value = _value(_string(f'"{text}"'), partial=False)
            if isinstance(value, str):
                return {key: value}
    return None
