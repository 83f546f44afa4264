"""A zip for each function, with its own folder and what it reaches of `shared`."""

from pathlib import Path

from infra.packaging import archive
from infra.packaging.reach import reached_files
from infra.packaging.table import function_names


def package_functions(root: Path, target: Path) -> dict[str, Path]:
    """Pack every function that infra/functions/ names into `target`/<name>.zip; returns the zips by name."""
    return {name: package_function(root, name, target) for name in function_names(root)}


def package_function(root: Path, name: str, target: Path) -> Path:
    """Pack functions/<name>/ and what its handler reaches. FileNotFoundError if it has no handler."""
    folder = root / "functions" / name
    if not (folder / "handler.py").is_file():
        raise FileNotFoundError(f"infra/functions names {name}, but there is no functions/{name}/handler.py")
    own = {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    reached = own | reached_files(root, f"functions.{name}.handler")
    archive_path = target / f"{name}.zip"
    archive.write(archive_path, {path.relative_to(root).as_posix(): path.read_bytes() for path in reached})
    return archive_path
