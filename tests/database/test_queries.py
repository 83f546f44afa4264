"""Each call of an SQL function, as the query files write it, is one that the migrated database takes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
QUERIES = sorted(path for path in (ROOT / "shared").rglob("*.py") if path.name.endswith("queries.py"))
INPUTS = """
select
  array(select a.name from unnest(p.proargnames) with ordinality as a (name, place)
    where p.proargmodes is null or p.proargmodes[a.place] in ('i', 'b', 'v') order by a.place),
  p.pronargdefaults
from pg_proc as p
where p.pronamespace = 'public'::regnamespace and p.proname = %s
"""


@dataclass(frozen=True)
class Call:
    where: str
    function: str | None  # None: no literal
    given: frozenset[str]
    is_plain: bool  # names each argument: there is no **mapping

    def __str__(self) -> str:
        return f"{self.function} ({self.where})"


def calls(path: Path) -> Iterator[Call]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "rpc":
            yield call(node, f"{path.relative_to(ROOT).as_posix()}:{node.lineno}")


def call(node: ast.Call, where: str) -> Call:
    name = node.args[0] if len(node.args) == 1 else None
    function = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None
    given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
    return Call(where, function, given, is_plain=all(keyword.arg for keyword in node.keywords))


CALLS = [found for path in QUERIES for found in calls(path)]
every_call = pytest.mark.parametrize("call", CALLS, ids=str)


def test_there_are_calls_to_look_at() -> None:
    assert len(CALLS) >= 20


@every_call
def test_a_call_can_be_read_without_running_it(call: Call) -> None:
    assert call.function
    assert call.is_plain


@every_call
def test_a_call_gives_a_function_what_it_asks_for(call: Call, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    found = connection.execute(INPUTS, (call.function,)).fetchall()
    assert len(found) == 1, "there is no such function, or several of the name"
    inputs, defaults = found[0]

    assert call.given <= set(inputs)
    assert set(inputs[: len(inputs) - defaults]) <= call.given
