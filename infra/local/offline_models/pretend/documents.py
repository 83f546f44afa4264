"""The files that the model writes in a room: documents of quotes, and a fixed choice of programs and tables."""

import csv
import io
import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.pretend.plans import plan
from infra.local.offline_models.pretend.quotes import Quote

TAIL = "(Assembled by Hercules' offline model: it collects and quotes, it does not reason.)"
MADE_BY = (
    "By Hercules' offline model, from its fixed choice of files: it does not reason. Check it before you rely on it."
)
CODE = (".py", ".csv", ".json", ".js", ".sql", ".css", ".yaml", ".yml")
_PROGRAMS = Path(__file__).with_name("programs")
_COMMENT = {".js": "//", ".sql": "--", ".py": "#", ".yaml": "#", ".yml": "#"}
_PROGRAM = re.compile(
    r"\b(code|scripts?|python|javascript|calculators?|json|csv|sql|spreadsheets?|tables?|program (?:that|which|to))\b",
    re.IGNORECASE,
)


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
    ending = Path(name).suffix.lower()
    if ending == ".html":
        title = escape(markdown.partition("\n")[0].removeprefix("# "))
        head = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>'
        return f"{head}\n<pre>{escape(markdown)}</pre>\n</html>\n"
    if ending == ".json":
        return json.dumps({"lines": markdown.splitlines()}, ensure_ascii=False, indent=2) + "\n"
    if ending == ".csv":
        return _csv([{"text": line} for line in markdown.splitlines() if line])
    if ending == ".css":
        return "/*\n{}*/\n".format(markdown.replace("*/", "* /"))
    if mark := _COMMENT.get(ending):
        return "".join(f"{mark} {line}".rstrip() + "\n" for line in markdown.splitlines())
    return markdown


def code_is_wanted(request: str) -> bool:
    return bool(_PROGRAM.search(request))


def usual_code(request: str) -> str:
    """The name of a file of code if the request gives it none."""
    return (
        "plan.csv"
        if re.search(r"\b(csv|spreadsheets?|tables?)\b", request, re.IGNORECASE)
        else f"{_program(request)}.py"
    )


def code(name: str, request: str, answers: Sequence[str]) -> tuple[str, str]:
    """A file of code with what it is, in a sentence; what was asked for and what the owner answered stand in it."""
    told = [f"Asked for: {' '.join(request.split())}", *(f"The owner said: {answer}" for answer in answers)]
    ending = Path(name).suffix.lower()
    if ending == ".py":
        source = (_PROGRAMS / f"{_program(f'{name} {request}')}.py").read_text(encoding="utf-8")
        head = "".join(f"# {line[:110]}\n" for line in (MADE_BY, *told))
        return head + source, source.removeprefix('"""').partition(":")[0]
    if ending in (".csv", ".json"):
        rows = _plan_rows(" ".join([request, *answers]))
        content = _csv(rows) if ending == ".csv" else json.dumps({"made_by": MADE_BY, "rows": rows}, indent=2) + "\n"
        return content, "A training plan as a table, from the offline model's template."
    return as_file(name, document(name, told)), "Only the request: the offline model has no file of this kind."


def _program(text: str) -> str:
    return "pace_calculator" if re.search(r"pace|km/h|running speed", text, re.IGNORECASE) else "one_rep_max"


def _plan_rows(text: str) -> list[Json]:
    """A beginner's plan; what the text names of a body's parts is not loaded."""
    made = plan(text, {"equipment": [text], "injuries": text})
    return [
        {"week": week, "session": session["name"], **{"exercise" if k == "name" else k: v for k, v in exercise.items()}}
        for week in range(1, made["weeks"] + 1)
        for session in made["sessions"]
        for exercise in session["exercises"]
    ]


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
