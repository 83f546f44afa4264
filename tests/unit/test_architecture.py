"""What the tree promises and no type checker sees."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
SQL = re.compile(r"\b(select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from)\b", re.IGNORECASE | re.DOTALL)


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(path: Path, *packages: str) -> set[str]:
    """What a file imports of these packages."""
    return {name for name in imports(path) for package in packages if f"{name}.".startswith(f"{package}.")}


HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))
every_handler = pytest.mark.parametrize("path", HANDLERS, ids=shown)


def test_every_function_is_one_handler_in_a_package_that_the_import_graph_sees() -> None:
    top = ROOT / "functions"
    folders = [path for path in top.iterdir() if path.is_dir() and path.name != "__pycache__"]
    markers = [folder / "__init__.py" for folder in folders]
    assert sorted(folder / "handler.py" for folder in folders) == HANDLERS
    assert set(sources("functions")) == {top / "__init__.py", *markers, *HANDLERS}
    assert not {shown(path) for path in markers if path.read_bytes()}


@every_handler
def test_a_function_imports_the_shared_package_and_no_other_part_of_the_house(path: Path) -> None:
    assert not imported(path, "functions", "infra", "tests")


@every_handler
def test_a_handler_can_be_read_at_a_glance(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 45


@every_handler
def test_a_handler_leaves_errors_settings_and_queries_to_the_shared_package(path: Path) -> None:
    tree = list(ast.walk(ast.parse(path.read_bytes())))
    texts = [node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [node.lineno for node in tree if isinstance(node, ast.Try)]
    assert not imported(path, "os")
    assert not [text for text in texts if SQL.search(text)]


def test_what_is_deployed_knows_nothing_of_the_laptop() -> None:
    assert not {shown(path) for path in sources("shared") if imported(path, "infra", "functions", "tests")}


def test_models_are_asked_without_a_package_of_their_providers() -> None:
    assert not {shown(path) for path in sources("shared", "functions") if imported(path, "openai", "httpx2")}


def test_a_module_is_named_for_what_it_holds() -> None:
    named = sources("shared", "functions", "infra", "tests")
    assert not {shown(path) for path in named if VAGUE & {part.removesuffix(".py") for part in path.parts}}


def test_no_test_replaces_a_part_by_a_mock() -> None:
    assert not {shown(path) for path in sources("tests") if imported(path, "mock", "unittest.mock", "pytest_mock")}
