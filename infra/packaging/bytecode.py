"""Bytecode for Lambda's Python, so that a cold start compiles nothing: of send_message alone that is 110 files."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

PYTHON = "3.13"
UV = str(Path(sys.prefix) / "bin" / "uv")


def compile_folder(folder: Path, place: str) -> bool:
    """Compile everything in `folder`, if this machine has Lambda's Python; `place` is where Lambda has its parent.

    Code is read-only there and its times are not kept, so the bytecode must be valid unchecked. Tracebacks name the
    files where Lambda has them.
    """
    python = _find_python()
    if python is None:
        return False
    paths = ["-s", str(folder.parent), "-p", place]
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    # The order of a set's members in bytecode, else another one each time, and each zip a new one.
    subprocess.run([*command, *paths, str(folder)], check=True, env=os.environ | {"PYTHONHASHSEED": "0"})
    return True


def bytecode(root: Path, sources: Iterable[Path]) -> dict[str, dict[str, bytes]]:
    """Of each source, by its path below `root`: the path that its bytecode has, and that. Empty without that Python."""
    with tempfile.TemporaryDirectory(prefix="hercules-bytecode-") as directory:
        code = Path(directory) / "task"
        for source in sources:
            copy = code / source.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
        compile_folder(code, "/var")
        made: dict[str, dict[str, bytes]] = {}
        for file in code.rglob("__pycache__/*.pyc"):
            source_name = (file.parents[1] / f"{file.name.partition('.')[0]}.py").relative_to(code).as_posix()
            made[source_name] = {file.relative_to(code).as_posix(): file.read_bytes()}
    return made


def _find_python() -> str | None:
    find = [UV, "python", "find", "--system", "--no-python-downloads", PYTHON]
    # Where pyenv manages the interpreters, it shows only those of the version asked for.
    environment = os.environ | {"PYENV_VERSION": PYTHON}
    found = subprocess.run(find, env=environment, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None
