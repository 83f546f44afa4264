"""Writes the schema as one readable whole per half: `python -m infra.schema`.

The migrations are how a database gets there, these files where it is: of a function that a later migration replaced,
only the last definition, in the place of the first. A test applies both and compares the databases.
"""

import re
from pathlib import Path

SUPABASE = Path(__file__).parents[1] / "supabase"
HEAD = """\
-- {title}, as one whole to read. Made from supabase/migrations/ by `make schema`; apply the migrations, not this.
{needs}
set check_function_bodies = off; -- they may name what comes later
"""
WHOLES = {
    "hercules_ai_schema.sql": (
        "Hercules: the coach",
        "",
        (
            *("foundation", "coach", "usage", "knowledge", "idempotency", "training", "actions", "chat_turn"),
            *("knowledge_sources", "knowledge_search"),
        ),
    ),
    "hercules_rooms_schema.sql": (
        "Hercules: rooms, realtime, upkeep",
        "-- Needs hercules_ai_schema.sql before it.\n",
        ("rooms", "realtime", "account", "rooms_work"),
    ),
}


FUNCTION = re.compile(
    r"^create (?:or replace )?function (?P<name>[\w.]+)\(.*?^\$\$;\n(?:comment on function (?P=name)\b.*?';\n)?\n?",
    re.DOTALL | re.MULTILINE,
)
DROPPED = re.compile(r"^drop function (?P<name>[\w.]+)\(.*?;\n+", re.DOTALL | re.MULTILINE)
CHANGE = re.compile(f"{FUNCTION.pattern}|{DROPPED.pattern.replace('name', 'dropped')}", re.DOTALL | re.MULTILINE)
GRANT = re.compile(r"^(?P<verb>grant execute on function )(?P<names>[^;]*?)(?= to )", re.MULTILINE)


def whole(name: str) -> str:
    """The text of one of the two files."""
    title, needs, topics = WHOLES[name]
    texts = _current()
    parts = [text for topic in topics for path, text in texts.items() if path.stem.partition("_")[2] == topic]
    return "\n".join([HEAD.format(title=title, needs=needs), *parts])


def _current() -> dict[Path, str]:
    """The migrations in their order, each function standing where it was made first as it was made last."""
    texts = {path: path.read_text() for path in sorted(SUPABASE.glob("migrations/*.sql"))}
    last: dict[str, str] = {}
    for match in CHANGE.finditer("\n".join(texts.values())):
        last[match["name"] or match["dropped"]] = match[0] if match["name"] else ""

    gone = {name for name, text in last.items() if not text}

    def once(match: re.Match[str]) -> str:
        return last.pop(match["name"], "").replace("create or replace", "create", 1)

    def granted(match: re.Match[str]) -> str:
        return match["verb"] + ", ".join(name for name in re.split(r",\s*", match["names"]) if name not in gone)

    return {path: GRANT.sub(granted, FUNCTION.sub(once, DROPPED.sub("", text))) for path, text in texts.items()}


if __name__ == "__main__":
    for file in WHOLES:
        (SUPABASE / file).write_text(whole(file))
