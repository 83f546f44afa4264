"""Joins supabase/schemas/, where the schema is written, into one file per half: `python -m infra.schema`.

A change is made there, and in a new migration that brings a database to it; a test compares the databases of both.
Until the first release no database needs to be brought anywhere: `--initial` writes the first migration anew instead.
"""

import argparse
import sys
from pathlib import Path

SUPABASE = Path(__file__).parents[1] / "supabase"
HEADS = {
    "hercules_ai_schema.sql": "-- Hercules: the coach. Joined from supabase/schemas/ by `make schema`.\n",
    "hercules_rooms_schema.sql": (
        "-- Hercules: rooms, realtime, accounts. Joined from supabase/schemas/ by `make schema`.\n"
        "-- Needs hercules_ai_schema.sql before it.\n"
    ),
}
# In the order in which they are applied, which is also that of schema_paths in supabase/config.toml.
TOPICS = {
    "hercules_ai_schema.sql": (
        *(
            "foundation",
            "limits",
            "coach",
            "usage",
            "idempotency",
            "memories",
            "training",
            "knowledge",
            "search",
            "actions",
            "turns",
        ),
    ),
    "hercules_rooms_schema.sql": (
        *("rooms", "room_budget", "room_work", "room_people", "room_control", "room_schedules"),
        *("realtime", "account", "operations", "traces", "spans", "upkeep"),
    ),
}
INITIAL = SUPABASE / "migrations" / "20261128000200_initial.sql"
INITIAL_HEAD = (
    "-- The schema as it was first: the files of supabase/schemas/, joined. A change of it is a migration after this.\n"
)


def sources() -> list[Path]:
    """The files of supabase/schemas/ in the order in which they are applied."""
    return [_source(topic) for topics in TOPICS.values() for topic in topics]


def whole(name: str) -> str:
    """The text of one of the two files."""
    return "\n".join([HEADS[name], *(_source(topic).read_text() for topic in TOPICS[name])])


def initial() -> str:
    """The text of the first migration, made from the sources as they are now."""
    return "\n".join([INITIAL_HEAD, *(source.read_text() for source in sources())])


def _source(topic: str) -> Path:
    return SUPABASE / "schemas" / f"{topic}.sql"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a joined file is not what would be written")
    parser.add_argument("--initial", action="store_true", help="write the first migration anew too")
    arguments = parser.parse_args()
    if arguments.check:
        stale = [name for name in HEADS if (SUPABASE / name).read_text() != whole(name)]
        sys.stderr.writelines(
            f"supabase/{name} is not what supabase/schemas/ says: run `make schema`\n" for name in stale
        )
        return len(stale)
    for name in HEADS:
        (SUPABASE / name).write_text(whole(name))
    if arguments.initial:
        INITIAL.write_text(initial())
    return 0


if __name__ == "__main__":
    sys.exit(main())
