"""Parts of the prompts of a room's agents: files, passages and what people said, each within its tag and escaped."""

import re
from collections.abc import Sequence
from html import escape, unescape
from typing import TYPE_CHECKING

from shared.llm import tokens
from shared.rooms.citations import name_of
from shared.rooms.work import AgentFile

if TYPE_CHECKING:
    from shared.knowledge.queries import Passage

_IMAGE = re.compile(r'<image name="([^"]*)"/>')
FILE_TOKENS = 6000  # of one file, as an agent or the reviewer reads it
HOW_TO_CITE = 'Quote verbatim, with the id behind it: "…" [id]. Sources are listed by the app.'
AROUND = 1  # lines before and behind one that was looked for


def file_list(files: Sequence[AgentFile]) -> str:
    rows = [f"{file.filename} ({file.size} bytes): {file.description or ''}" for file in files]
    return tag("files", "\n".join(rows))


def file_text(name: str, text: str) -> str:
    shown = tokens.truncate(text, FILE_TOKENS)
    cut = ' cut="true"' if len(shown) < len(text) else ""
    return f'<file name="{escape(name)}"{cut}>\n{escape(shown, quote=False)}\n</file>'


def file_part(name: str, lines: Sequence[str], first: int, budget: int = FILE_TOKENS) -> str:
    """The lines from `first` on, counted from one, as many as fit; it says which, where these are not all."""
    text = "\n".join(lines[first - 1 :])
    shown = tokens.truncate(text, budget)
    if len(shown) < len(text) and "\n" in shown:
        shown = shown[: shown.rindex("\n")]
    last = first + shown.count("\n") if shown else first - 1
    part = "" if first == 1 and len(shown) == len(text) else f' lines="{first}-{last} of {len(lines)}"'
    return f'<file name="{escape(name)}"{part}>\n{escape(shown, quote=False)}\n</file>'


def image(name: str) -> str:
    """In place of a picture, which is shown behind it for as long as its exchange is not folded."""
    return f'<image name="{escape(name)}"/>'


def image_name(text: str) -> str | None:
    """The name of the picture that stands for this result of a tool."""
    found = _IMAGE.fullmatch(text)
    return unescape(found[1]) if found else None


def found_lines(name: str, found: Sequence[tuple[int, str]], total: int, budget: int = FILE_TOKENS) -> str:
    """Lines with their numbers."""
    text = tokens.truncate("\n".join(f"{number}: {line}" for number, line in found), budget)
    return f'<file name="{escape(name)}" lines="{total}">\n{escape(text, quote=False) or "(no line has this)"}\n</file>'


def lines_with(lines: Sequence[str], words: str) -> list[tuple[int, str]]:
    """The lines that have all of the words, and those beside them, with their numbers from one."""
    wanted = words.casefold().split()
    hits = [number for number, line in enumerate(lines) if all(word in line.casefold() for word in wanted)]
    shown = {near for hit in hits for near in range(hit - AROUND, hit + AROUND + 1) if 0 <= near < len(lines)}
    return [(number + 1, lines[number]) for number in sorted(shown)]


def passages(found: "Sequence[Passage]") -> str:
    shown = [
        f'<passage title="{escape(each.title)}" heading="{escape(each.heading or "")}" id="{name_of(each)}">\n'
        f"{escape(each.content, quote=False)}\n</passage>"
        for each in found
    ]
    return "<passages>\n{}\n</passages>\n{}".format("\n".join(shown), HOW_TO_CITE)


def tag(name: str, text: str) -> str:
    """Escaped, so that no text can close the tag it stands in and pose as another part."""
    return f"<{name}>\n{escape(text, quote=False)}\n</{name}>"
