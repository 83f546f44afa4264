"""The layers with the packages of requirements/, for Python 3.13 on arm64, trimmed to what runs there."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.packaging import archive
from infra.packaging.bytecode import PYTHON, UV, compile_folder
from infra.packaging.trim import trim

LAYERS = {
    "lambda.txt": "layer.zip",
    "documents.txt": "documents_layer.zip",
}  # of which requirements, as serverless.yml has it
_PLATFORM = "aarch64-manylinux_2_28"  # Amazon Linux 2023, on which Python 3.13 runs, has glibc 2.34

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


def build_layers(root: Path, folder: Path) -> list[Layer]:
    """Build every layer of the project into `folder`. UnfitLayerError if one would not run there."""
    return [build_layer(root, folder / name, requirements) for requirements, name in LAYERS.items()]


def build_layer(root: Path, target: Path, requirements: str) -> Layer:
    """Build a layer of the project at `root` into the zip `target`. UnfitLayerError if it would not run there."""
    with tempfile.TemporaryDirectory(prefix="hercules-layer-") as directory:
        packages = Path(directory) / "python"
        install(root / "requirements" / requirements, packages)
        trim(packages)
        compiled = compile_folder(packages, "/opt")
        files = {path.relative_to(directory).as_posix(): path.read_bytes() for path in _files(packages)}
    verify(files)
    archive.write(target, files)
    return Layer(target, target.stat().st_size, sum(map(len, files.values())), compiled)


def install(requirements: Path, target: Path) -> None:
    """Unpack the pinned wheels for Lambda's platform, whatever this machine is; nothing is built from source."""
    command = [UV, "pip", "install", "--quiet", "--target", str(target), "-r", str(requirements)]
    platform = ["--python-platform", _PLATFORM, "--python-version", PYTHON]
    subprocess.run([*command, *platform, "--only-binary", ":all:", "--require-hashes"], check=True)


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
