"""Which of our own files a function can reach: read from the source, nothing is imported to find out."""

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path


def reached_files(root: Path, start: str) -> set[Path]:
    """The files of our own under `root` that importing the module `start` can run or read.

    Follows every import, those inside functions too (which defer the costly ones), but not those for type
    checkers. Importing a module runs its parent packages first, so they count,
    and so do each package's data files.
    """
    modules: dict[str, Path | None] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in modules:
            continue
        path = modules[name] = _source(root, name)
        if path is None:
            continue
        waiting += _imported_names(name, path)
        waiting += [parent for parent, dot, _ in [name.rpartition(".")] if dot]
    sources = {path for path in modules.values() if path}
    packages = {path.parent for path in sources}
    return {path for path in sources if path.is_file()} | {
        data for package in packages for data in _data_files(package)
    }


def _source(root: Path, module: str) -> Path | None:
    """The file that importing `module` runs, for a namespace package the one it lacks; None if it is not ours."""
    path = root.joinpath(*module.split("."))
    package, source = path / "__init__.py", path.with_suffix(".py")
    if source.is_file() and not package.is_file():
        return source  # as Python does: a folder without __init__.py, such as what a moved package left, counts last
    return package if path.is_dir() else None


def _imported_names(module: str, path: Path) -> Iterable[str]:
    """Every dotted name that `module` imports or, as far as the syntax tells, may be importing."""
    if not path.is_file():
        return ()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return _imports(package, path.read_bytes())


@functools.cache  # the functions share most of their modules
def _imports(package: str, source: bytes) -> tuple[str, ...]:
    names: list[str] = []
    for node in _executed(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from a import b` may mean the module a.b.
            base = absolute(package, node)
            names += (base, *(f"{base}.{alias.name}" for alias in node.names))
    return tuple(names)


def absolute(package: str, node: ast.ImportFrom) -> str:
    """The module that an import in a package names."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parents, node.module] if node.module else parents)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node below `tree` except what stands under `if TYPE_CHECKING:`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            for alternative in node.orelse:
                yield alternative
                yield from _executed(alternative)
        else:
            yield node
            yield from _executed(node)


def _data_files(package: Path) -> Iterator[Path]:
    """The files of `package` that are not Python, and those of its folders that are no packages.

    TOML is what people write; it is compiled before it is deployed (`python -m infra.safety`).
    """
    for path in package.iterdir():
        if path.name == "__pycache__" or path.name.startswith("."):
            continue
        if path.is_dir() and not any(path.rglob("*.py")):
            yield from _data_files(path)
        elif path.is_file() and path.suffix not in {".py", ".pyc", ".toml"}:
            yield path
