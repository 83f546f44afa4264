"""The layer with the packages of requirements/lambda.txt, for Python 3.13 on arm64, trimmed to what runs there."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.packaging import archive
from infra.packaging.trim import trim

PYTHON = "3.13"
_PLATFORM = "aarch64-manylinux2014"
_UV = str(Path(sys.prefix) / "bin" / "uv")

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, unzipped, with the function's own code
_LIMIT_BYTES = 250 * 1024 * 1024
# https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
_ELF_MAGIC = b"\x7fELF"
_ELF_MACHINE = slice(18, 20)
_AARCH64 = (183).to_bytes(2, "little")


@dataclass(frozen=True)
class Layer:
    """A built layer. Sizes are in bytes; `compiled` tells whether it holds bytecode."""

    archive: Path
    packed: int
    unpacked: int
    compiled: bool


class UnfitLayerError(Exception):
    """The layer would not run on Lambda; the message says why."""


def build_layer(root: Path, target: Path) -> Layer:
    """Build the layer of the project at `root` into the zip `target`. UnfitLayerError if it would not run there."""
    with tempfile.TemporaryDirectory(prefix="hercules-layer-") as directory:
        packages = Path(directory) / "python"
        install(root / "requirements" / "lambda.txt", packages)
        trim(packages)
        compiled = compile_bytecode(packages)
        files = {path.relative_to(directory).as_posix(): path.read_bytes() for path in _files(packages)}
    verify(files)
    archive.write(target, files)
    return Layer(target, target.stat().st_size, sum(map(len, files.values())), compiled)


def install(requirements: Path, target: Path) -> None:
    """Unpack the pinned wheels for Lambda's platform, whatever this machine is; nothing is built from source."""
    command = [_UV, "pip", "install", "--quiet", "--target", str(target), "-r", str(requirements)]
    platform = ["--python-platform", _PLATFORM, "--python-version", PYTHON]
    subprocess.run([*command, *platform, "--only-binary", ":all:", "--require-hashes"], check=True)


def compile_bytecode(packages: Path) -> bool:
    """Compile everything, if this machine has the layer's Python; else Lambda compiles at each cold start.

    The layer is read-only there and its times are not kept, so the bytecode must be valid unchecked.
    """
    python = _find_python()
    if python is None:
        return False
    # Tracebacks shall name the files where Lambda has them.
    paths = ["-s", str(packages.parent), "-p", "/opt"]
    command = [python, "-m", "compileall", "-q", "-j", "0"]
    subprocess.run([*command, "--invalidation-mode", "unchecked-hash", *paths, str(packages)], check=True)
    return True


def _find_python() -> str | None:
    find = [_UV, "python", "find", "--system", "--no-python-downloads", PYTHON]
    # Where pyenv manages the interpreters, it shows only those of the version asked for.
    environment = os.environ | {"PYENV_VERSION": PYTHON}
    found = subprocess.run(find, env=environment, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def verify(files: dict[str, bytes]) -> None:
    """UnfitLayerError if a binary in `files` (path -> content) is not for arm64, or all are too large."""
    foreign = [
        name for name, content in files.items() if content.startswith(_ELF_MAGIC) and content[_ELF_MACHINE] != _AARCH64
    ]
    if foreign:
        raise UnfitLayerError(f"not for arm64: {', '.join(foreign)}")
    size = sum(map(len, files.values()))
    if size > _LIMIT_BYTES:
        raise UnfitLayerError(f"{size} bytes unpacked, Lambda takes {_LIMIT_BYTES}")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
