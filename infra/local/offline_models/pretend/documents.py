"""The files that the model writes in a room: documents of quotes, one program, one table."""

import csv
import io
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import PurePath

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.pretend import script
from infra.local.offline_models.pretend.quotes import Quote

TAIL = "(Assembled by Hercules' offline model: it collects and quotes, it does not reason.)"
MADE_BY = "By Hercules' offline model, from its fixed choice of files. Check it before you rely on it."
CODE = (".py", ".csv", ".json", ".js", ".sql", ".css", ".yaml", ".yml")
_COMMENT = {".js": "//", ".sql": "--", ".py": "#", ".yaml": "#", ".yml": "#"}


def document(title: str, sections: Sequence[str]) -> str:
    return "\n\n".join([f"# {title}", *sections, TAIL]) + "\n"


def section(heading: str, quotes: Sequence[Quote] = (), *notes: str) -> str:
    """`notes` are the model's own words: what it did, what it did not find."""
    return "\n\n".join([f"## {heading}", *notes, *map(_quoted, quotes)])


def quoting_sections(text: str) -> dict[str, str]:
    """The sections of a document that quote their sources, by their headings."""
    parts = re.split(r"^## +", text.replace(TAIL, ""), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: f"## {part.strip()}" for part in parts if "\n> " in part}


def as_file(name: str, markdown: str) -> str:
    """A document in the form that the file's name asks for."""
    ending, lines = PurePath(name).suffix.lower(), markdown.splitlines()
    if ending == ".html":
        head = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(lines[0][2:])}</title>'
        return f"{head}\n<pre>{escape(markdown)}</pre>\n</html>\n"
    if ending == ".json":
        return json.dumps({"lines": lines}, ensure_ascii=False, indent=2) + "\n"
    if ending == ".csv":
        return _csv([{"text": line} for line in lines if line])
    if ending == ".css":
        return "/*\n{}*/\n".format(markdown.replace("*/", "* /"))
    if mark := _COMMENT.get(ending):
        return "".join(f"{mark} {line}".rstrip() + "\n" for line in lines)
    return markdown


def code(name: str, request: str, answers: Sequence[str]) -> str:
    """A file of code; what was asked for and what the owner answered stand in a program."""
    said = [f"Asked for: {' '.join(request.split())}", *(f"The owner said: {answer}" for answer in answers)]
    if name.endswith(".py"):
        head = "".join(f"# {line[:110]}\n" for line in (MADE_BY, *said))
        return head + script.text_of("pace_calculator.py")
    if name.endswith(".csv"):
        return _csv([_row(session, exercise) for session in _sessions() for exercise in session["exercises"]])
    if name.endswith(".json"):
        return json.dumps({"made_by": MADE_BY, "asked": said, "sessions": _sessions()}, indent=2) + "\n"
    return as_file(name, document(name, said))


def _sessions() -> list[Json]:
    sessions: list[Json] = script.data("plan")["sessions"]
    return sessions


def _row(session: Json, exercise: Json) -> Json:
    return {"session": session["name"], "exercise": exercise["name"], **exercise}


def _csv(rows: Sequence[Json]) -> str:
    written = io.StringIO(newline="")
    table = csv.DictWriter(written, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


def _quoted(quote: Quote) -> str:
    lines = [f"> {line.strip()}" for line in quote.text.splitlines() if line.strip()]
    passage = quote.passage
    titled = [passage.title, passage.heading.removeprefix(passage.title).lstrip(" >")]
    return "\n".join(lines) + f"\n\nSource: {' > '.join(filter(None, titled))}"
