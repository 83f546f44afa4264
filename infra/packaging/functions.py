"""A zip for each function, with its own folder and what it reaches of `shared`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.packaging import archive
from infra.packaging.bytecode import bytecode
from infra.packaging.reach import reached_files
from infra.packaging.table import function_names


def package_functions(root: Path, target: Path, *, compiled: bool = False) -> dict[str, Path]:
    """Pack every function that infra/functions/ names into `target`/<name>.zip; returns the zips by name.

    `compiled`: with bytecode for Lambda's Python, where this machine has that.
    """
    files = {name: function_files(root, name) for name in function_names(root)}
    sources = {path for each in files.values() for path in each if path.suffix == ".py"}
    beside = bytecode(root, sources) if compiled else {}
    return {name: _pack(root, each, beside, target / f"{name}.zip") for name, each in files.items()}


def package_function(root: Path, name: str, target: Path) -> Path:
    """Pack functions/<name>/ and what its handler reaches. FileNotFoundError if it has no handler."""
    return _pack(root, function_files(root, name), {}, target / f"{name}.zip")


def _pack(root: Path, files: Iterable[Path], beside: Mapping[str, Mapping[str, bytes]], zipped: Path) -> Path:
    content = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    for name in list(content):
        content |= beside.get(name, {})
    archive.write(zipped, content)
    return zipped


def function_files(root: Path, name: str) -> set[Path]:
    """What is in a function's zip. FileNotFoundError if it has no handler."""
    folder = root / "functions" / name
    if not (folder / "handler.py").is_file():
        raise FileNotFoundError(f"infra/functions names {name}, but there is no functions/{name}/handler.py")
    own = {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    return own | reached_files(root, f"functions.{name}.handler")
