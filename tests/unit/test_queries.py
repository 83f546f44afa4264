"""The database is asked in the files that are named for it, and nowhere else."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = "shared/database/client.py"
# Modules that ask the database themselves and are still to be moved. The list only shrinks.
WAITING = {
    "shared/coach/answering.py",
    "shared/coach/feedback.py",
    "shared/coach/finishing.py",
    "shared/coach/messages.py",
    "shared/coach/opening.py",
    "shared/coach/profile.py",
    "shared/coach/sessions.py",
    "shared/coach/snapshot.py",
    "shared/coach/titles.py",
    "shared/coach/turn.py",
    "shared/coach/turns.py",
}


def asks(path: Path) -> bool:
    """Whether a file has a call of `.rpc(` or `.table(`, of whatever object."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr in ("rpc", "table") for call in calls)


def asking() -> set[str]:
    """Files that ask the database and are not named for it."""
    found = {path for path in (ROOT / "shared").rglob("*.py") if asks(path)}
    named = {path for path in found if path.name == "queries.py" or path.name.endswith("_queries.py")}
    return {path.relative_to(ROOT).as_posix() for path in found - named} - {CLIENT}


def test_only_query_files_ask_the_database() -> None:
    assert asking() <= WAITING


def test_no_module_waits_that_has_been_moved() -> None:
    assert asking() >= WAITING
