"""The table of problems is what the code raises: no code is missing, and none is left over."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.contract.problems import KNOWN, TITLES, Known, Problem, page
from infra.openapi import ROOT
from shared.database.errors import DETAILS, RAISED
from shared.llm import errors as llm
from shared.platform import errors as platform
from shared.platform.errors import DomainError

CLASSES = {
    name: kind
    for module in (platform, llm)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, DomainError)
}
# Told to agents and to the sweep's alarm, never to a client.
UNTOLD = {"file_invalid", "file_too_large", "task_not_found", "upkeep_failed"}
SQL = "".join(path.read_text() for path in sorted((ROOT / "supabase" / "schemas").glob("*.sql")))
SQL_RAISES = re.compile(r"raise sqlstate '(PT\d+)' using\s+message = '(\w+)'")


def trees() -> Iterator[ast.AST]:
    for folder in ("shared", "functions"):
        for path in sorted(Path(ROOT, folder).rglob("*.py")):
            yield ast.parse(path.read_text())


def texts(node: ast.AST) -> set[str]:
    """The texts that an expression may be."""
    ways = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return {way.value for way in ways if isinstance(way, ast.Constant) and isinstance(way.value, str)}


def raised() -> dict[str, set[int]]:
    """Every code that is raised, with its statuses."""
    found: dict[str, set[int]] = defaultdict(set)
    for kind in CLASSES.values():
        found[kind.code].add(kind.status)
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES:
                for keyword in node.keywords:
                    for code in texts(keyword.value) if keyword.arg == "code" else ():
                        found[code].add(CLASSES[node.func.id].status)
    for sqlstate, code in SQL_RAISES.findall(SQL):
        if code != "too_many_":  # of private.count_use, whose names are those of private.rate_limits
            found[code].add(RAISED[sqlstate].status)
    return found


def test_the_table_has_every_code_that_is_raised_with_its_status_and_no_other() -> None:
    raises = raised()
    others = {"bad_request", "stale_proposal", "action_decided", "database_misconfigured", "token_expired"}
    others |= {code for code in DETAILS if code.startswith("too_many_")}

    assert raises.keys() - UNTOLD - others == KNOWN.keys() - others
    assert others <= KNOWN.keys()
    told = {code: set(KNOWN[code].status) for code in raises.keys() - UNTOLD - others}
    assert {code: raises[code] for code in told} == told


def test_every_code_of_the_database_is_in_the_table() -> None:
    assert DETAILS.keys() - UNTOLD <= KNOWN.keys()


@pytest.mark.parametrize("known", KNOWN.values(), ids=lambda known: known.code)
def test_a_problem_says_what_it_means_and_what_an_app_does_and_has_typed_members(known: Known) -> None:
    assert known.meaning.endswith(".")
    assert known.app.endswith(".")
    assert set(known.members) <= Problem.model_fields.keys()


def test_the_page_has_each_code_once() -> None:
    written = page()
    assert all(written.count(f"| `{code}` |") == 1 for code in KNOWN)
    assert {known.status[-1] for known in KNOWN.values()} == TITLES.keys()
