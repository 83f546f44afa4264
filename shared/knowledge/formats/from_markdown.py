"""Markdown, and plain text, which is Markdown without its signs: headings, lists, tables, code."""

import re
from collections.abc import Iterator, Sequence

from shared.knowledge.formats.charsets import decode
from shared.knowledge.formats.document import Block, Document, Kind, Omission, seen

# "# of sets" counts something.
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(?!of\b)(.*?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]")
_ROW = re.compile(r"[ \t]*\|")
_STRUCK = re.compile(r"~~(?=[^\s~])[^~\n]{0,2000}(?<=\S)~~|<(del|s|strike)>[^<\n]{0,2000}</\1>", re.IGNORECASE)
# A picture that is in the text itself; what it shows is not read.
_PICTURE = re.compile(r"!?\[[^\[\]\n]{0,1000}\]\(data:[^()\s]*\)|data:image/[\w.+-]{1,40};base64,[A-Za-z0-9+/=]*")


def read(data: bytes) -> Document:
    """Raises UnreadableError (unsupported)."""
    return parsed(decode(data))


def parsed(text: str) -> Document:
    """In time that grows as the text does, whatever is in it."""
    text = "\n".join(text.splitlines()) + "\n"
    text, pictures = _PICTURE.subn("", _without_comments(text))
    omitted = [Omission("images", pictures)] if pictures else []
    return Document("", list(_blocks(seen(text).splitlines())), omitted)


def _without_comments(text: str) -> str:
    """An open comment is none, as a reader would see it."""
    kept: list[str] = []
    at = 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        kept.append(text[at:begin])
        at = end + 3
    return "".join([*kept, text[at:]])


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    closed = _closings(lines)
    block: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if at in closed:
            yield from _block(block)
            yield Block("code", "\n".join(lines[at : closed[at] + 1]))
            at, block = closed[at] + 1, []
            continue
        heading = _ATX.fullmatch(line)
        underline = _UNDERLINE.fullmatch(line) if block else None
        if underline and len(block) == 1 and _is_prose(block[0]):
            yield Block("heading", block.pop().strip(), 1 if underline[1][0] == "=" else 2)
        elif heading or not line.strip() or (block and _kind(line) != _kind(block[0]) and _breaks(line, block)):
            yield from _block(block)
            if heading and heading[2]:
                yield Block("heading", _unstruck(heading[2].strip()), len(heading[1]))
            block = [line] if line.strip() and not heading else []
        else:
            block.append(line)
        at += 1
    yield from _block(block)


def _closings(lines: Sequence[str]) -> dict[int, int]:
    """The lines where fenced code begins, with those where it ends. A fence that nothing closes is none."""
    closings: dict[int, int] = {}
    waiting = [(at, match[1]) for at, line in enumerate(lines) if (match := _FENCE.match(line))]
    index = 0
    unclosed: set[tuple[str, int]] = set()
    while index < len(waiting):
        begin, fence = waiting[index]
        key = (fence[0], len(fence))
        after = () if key in unclosed else range(index + 1, len(waiting))
        end = next((other for other in after if _closes(lines[waiting[other][0]], fence)), None)
        if end is None:
            unclosed.add(key)
        else:
            closings[begin] = waiting[end][0]
        index = index + 1 if end is None else end + 1
    return closings


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and not bare.strip(fence[0])


def _is_prose(line: str) -> bool:
    return _kind(line) == "text" and not line.lstrip().startswith(">")


def _breaks(line: str, block: Sequence[str]) -> bool:
    """A list goes on with lines that are indented, or that a lazy writer did not indent."""
    return _kind(block[0]) != "list" or _kind(line) == "table"


def _block(lines: Sequence[str]) -> Iterator[Block]:
    kept = [_unstruck(line).rstrip() for line in lines]
    if any(line.strip(" \t-=*_") for line in kept):
        yield Block(_kind(lines[0]), "\n".join(kept))


def _unstruck(line: str) -> str:
    """Without what its author took back."""
    if not _STRUCK.search(line):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return indent + " ".join(_STRUCK.sub("", line).split())


def _kind(line: str) -> Kind:
    if _ROW.match(line):
        return "table"
    return "list" if _ITEM.match(line) else "text"
