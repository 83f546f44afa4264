"""The database is asked in the files that are named for it, and nowhere else."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = "shared/database/client.py"


def asks(path: Path) -> bool:
    """Whether a file has a call of `.rpc(` or `.table(`, of whatever object."""
    calls = (node.func for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr in ("rpc", "table") for call in calls)


def test_only_query_files_ask_the_database() -> None:
    asking = {path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py") if asks(path)}
    named = {path for path in asking if path.name == "queries.py" or path.name.endswith("_queries.py")}
    assert {path.relative_to(ROOT).as_posix() for path in asking - named} == {CLIENT}
