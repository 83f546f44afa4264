"""Writes the schema as one readable whole per half: `python -m infra.schema`.

The migrations are how a database gets there, these files where it is. A test applies both and compares the databases.
"""

from pathlib import Path

SUPABASE = Path(__file__).parents[1] / "supabase"
HEAD = """\
-- {title}, as one whole to read. Made from supabase/migrations/ by `make schema`; apply the migrations, not this.
{needs}
"""
WHOLES = {
    "hercules_ai_schema.sql": (
        "Hercules: the coach",
        "",
        ("foundation", "coach", "usage", "knowledge", "idempotency", "chat_turn"),
    ),
    "hercules_rooms_schema.sql": (
        "Hercules: rooms, realtime, upkeep",
        "-- Needs hercules_ai_schema.sql before it.\n",
        ("rooms", "realtime", "account"),
    ),
}


def whole(name: str) -> str:
    """The text of one of the two files."""
    title, needs, topics = WHOLES[name]
    parts = [path.read_text() for topic in topics for path in sorted(SUPABASE.glob(f"migrations/*_{topic}.sql"))]
    return "\n".join([HEAD.format(title=title, needs=needs), *parts])


if __name__ == "__main__":
    for file in WHOLES:
        (SUPABASE / file).write_text(whole(file))
