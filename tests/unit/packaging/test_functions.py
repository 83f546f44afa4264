"""The functions' zips, of the real tree and of a small one."""

import os
import shutil
import zipfile
from pathlib import Path

import grimp
import pytest

from infra.packaging.bytecode import compile_folder
from infra.packaging.functions import package_function, package_functions
from infra.packaging.table import function_names

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return package_functions(ROOT, tmp_path_factory.mktemp("functions"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in {
        "infra/functions/group.yml": "greet:\n  role: !GetAtt GreetRole.Arn\n",
        "functions/greet/handler.py": "from shared.words import hello\n",
        "functions/greet/words.json": "{}",
        "functions/other/handler.py": "",
        "shared/words.py": "hello = 'hello'\n",
        "shared/numbers.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_a_zip_holds_its_function_and_what_it_reaches(project: Path) -> None:
    archive = package_function(project, "greet", project / "build")

    assert names(archive) == ["functions/greet/handler.py", "functions/greet/words.json", "shared/words.py"]


def test_whoever_checks_safety_has_the_compiled_rules_and_not_what_they_are_made_from(
    archives: dict[str, Path],
) -> None:
    checking = {name for name, archive in archives.items() if "shared/safety/rulebook.py" in names(archive)}

    assert checking >= {"send_message", "create_room", "answer_room", "approve_action"}
    for name in checking:
        assert {f"shared/safety/{file}.json" for file in ("rules", "urgent/en", "concepts/en")} <= set(
            names(archives[name])
        )
        assert [file for file in names(archives[name]) if file.endswith(".toml")] == []


def test_the_same_sources_give_the_same_bytes(project: Path) -> None:
    first = package_function(project, "greet", project / "build").read_bytes()
    for path in project.rglob("*.py"):
        os.utime(path, (1, 1))

    assert package_function(project, "greet", project / "again").read_bytes() == first


def test_another_source_gives_other_bytes(project: Path) -> None:
    first = package_function(project, "greet", project / "build").read_bytes()
    (project / "shared" / "words.py").write_text("hello = 'good day'\n")

    assert package_function(project, "greet", project / "again").read_bytes() != first


def test_what_goes_to_aws_has_bytecode_of_its_python_that_is_taken_unchecked_and_the_same_each_time(
    project: Path,
) -> None:
    if not compile_folder(project / "shared", "/var/task"):
        pytest.skip("no Python 3.13 is installed")
    shutil.rmtree(project / "shared" / "__pycache__")
    (archive,) = package_functions(project, project / "build", compiled=True).values()
    (again,) = package_functions(project, project / "again", compiled=True).values()
    compiled = "shared/__pycache__/words.cpython-313.pyc"
    with zipfile.ZipFile(archive) as opened:
        content = opened.read(compiled)

    assert content[4:8] == b"\x01\x00\x00\x00"  # PEP 552: by a hash, which is not looked at
    assert b"/var/task/shared/words.py" in content
    assert "shared/__pycache__/numbers.cpython-313.pyc" not in names(archive)
    assert archive.read_bytes() == again.read_bytes()


def test_a_function_without_a_handler_is_named(project: Path) -> None:
    (project / "functions" / "greet" / "handler.py").unlink()

    with pytest.raises(FileNotFoundError, match=r"functions/greet/handler\.py"):
        package_functions(project, project / "build")


def test_every_deployed_function_has_a_zip(archives: dict[str, Path]) -> None:
    assert sorted(archives) == function_names(ROOT)


def test_every_folder_of_functions_is_deployed() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}

    assert folders == set(function_names(ROOT))


def test_no_zip_holds_another_function(archives: dict[str, Path]) -> None:
    for name, archive in archives.items():
        own = {path.split("/")[1] for path in names(archive) if path.startswith("functions/")}
        assert own == {"__init__.py", name}


def test_a_zip_holds_the_modules_that_the_import_graph_tells_and_no_others(archives: dict[str, Path]) -> None:
    graph = grimp.build_graph("functions", "shared", exclude_type_checking_imports=True, cache_dir=None)
    for name, archive in archives.items():
        packed = {path.removesuffix(".py").replace("/", ".") for path in names(archive) if path.endswith(".py")}
        packed = {module.removesuffix(".__init__") for module in packed}

        assert packed == with_packages(graph, f"functions.{name}.handler")


def with_packages(graph: grimp.ImportGraph, start: str) -> set[str]:
    """The modules that `start` runs: what it imports, and the packages that these are in."""
    found: set[str] = set()
    waiting = {start}
    while waiting:
        found |= waiting
        imported = set().union(*(graph.find_modules_directly_imported_by(module) for module in waiting))
        packages = {module.rpartition(".")[0] for module in waiting} & graph.modules
        waiting = (imported | packages) - found
    return found
