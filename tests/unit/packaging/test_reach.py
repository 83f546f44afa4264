"""What a function is found to reach, on trees made for the purpose."""

from pathlib import Path

from infra.packaging.reach import reached_files

ROOT = Path(__file__).parents[3]


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def reached(root: Path) -> set[str]:
    """The files that functions/f/handler.py reaches, apart from itself."""
    files = {path.relative_to(root).as_posix() for path in reached_files(root, "functions.f.handler")}
    return files - {"functions/f/handler.py"}


def test_imports_are_followed_to_their_end(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": "from shared.a import one",
            "shared/a.py": "import shared.b\none = 1",
            "shared/b.py": "import json",
            "shared/unused.py": "",
        },
    )

    assert reached(tmp_path) == {"shared/a.py", "shared/b.py"}


def test_an_import_inside_a_function_counts(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": "def handler(event, context):\n    import shared.late",
            "shared/late.py": "",
        },
    )

    assert reached(tmp_path) == {"shared/late.py"}


def test_a_module_imported_as_a_name_counts(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {"functions/f/handler.py": "from shared.a import b", "shared/a/b.py": "", "shared/a/c.py": ""},
    )

    assert reached(tmp_path) == {"shared/a/b.py"}


def test_relative_imports_are_followed(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": "from shared.a.b import x",
            "shared/a/__init__.py": "",
            "shared/a/b.py": "from . import c\nfrom ..d import y",
            "shared/a/c.py": "",
            "shared/d.py": "",
        },
    )

    assert reached(tmp_path) == {"shared/a/__init__.py", "shared/a/b.py", "shared/a/c.py", "shared/d.py"}


def test_the_packages_above_a_module_run_too(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": "import shared.a.b",
            "shared/__init__.py": "import shared.always",
            "shared/always.py": "",
            "shared/a/__init__.py": "",
            "shared/a/b.py": "",
        },
    )

    assert reached(tmp_path) == {
        "shared/__init__.py",
        "shared/always.py",
        "shared/a/__init__.py",
        "shared/a/b.py",
    }


def test_what_only_a_type_checker_imports_does_not_count(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": (
                "from typing import TYPE_CHECKING\n"
                "if TYPE_CHECKING:\n    import shared.types\nelse:\n    import shared.plain\n"
            ),
            "shared/types.py": "",
            "shared/plain.py": "",
        },
    )

    assert reached(tmp_path) == {"shared/plain.py"}


def test_the_data_files_of_a_reached_package_count_and_those_of_others_do_not(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": "import shared.coach.builder",
            "shared/coach/builder.py": "",
            "shared/coach/coach.md": "",
            "shared/coach/templates/system.txt": "",
            "shared/coach/__pycache__/builder.pyc": "",
            "shared/rooms/plan.py": "",
            "shared/rooms/plan.md": "",
        },
    )

    assert reached(tmp_path) == {
        "shared/coach/builder.py",
        "shared/coach/coach.md",
        "shared/coach/templates/system.txt",
    }


def test_modules_that_import_each_other_are_no_endless_loop(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": "import shared.a",
            "shared/a.py": "import shared.b",
            "shared/b.py": "import shared.a",
        },
    )

    assert reached(tmp_path) == {"shared/a.py", "shared/b.py"}


def test_a_module_is_found_beside_what_a_package_of_its_name_left_behind(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "functions/f/handler.py": "from shared.quota import used",
            "shared/quota.py": "used = 1",
            "shared/quota/__pycache__/__init__.cpython-313.pyc": "",
        },
    )

    assert reached(tmp_path) == {"shared/quota.py"}


def test_what_takes_documents_in_has_the_readers_of_all_kinds() -> None:
    readers = set((ROOT / "shared" / "knowledge" / "formats").glob("*.py"))

    for function in ("ingest_kb", "embed_doc"):
        assert readers <= reached_files(ROOT, f"functions.{function}.handler")
