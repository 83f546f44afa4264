"""What installed packages have and a running function never reads."""

import shutil
from collections.abc import Iterable
from pathlib import Path

# The AWS services that the functions call; botocore ships the models of 430.
_SERVICES = {"apigatewaymanagementapi", "lambda", "s3", "scheduler", "sqs", "ssm", "stepfunctions", "sts", "textract"}
# Sources and headers of what comes compiled, what only type checkers read, and a browser's part of API documents.
_UNREAD_SUFFIXES = {".c", ".css", ".h", ".js", ".pxd", ".pyi", ".pyx"}
_UNREAD_FOLDERS = {"__pycache__", "bin", "examples", "test", "tests"}
_OTHER_FONTS = ("pymupdf_fonts/[!F_]*_*.py", "pymupdf_fonts/FiraMono*")  # than FiraGO
# What cryptography was compiled with (its binary needs _cffi_backend only), and a binary for multidict's own tests.
_UNUSED = ("cffi", "pycparser", "multidict/_testcapi.*", *_OTHER_FONTS)
# importlib.metadata tells versions and plugins from these; licences ask to be passed on.
_METADATA = {"METADATA", "entry_points.txt"}
_LICENCES = ("LICEN", "NOTICE", "COPYING", "AUTHORS")


def trim(packages: Path) -> None:
    """Remove from `packages`, a folder of installed packages, what a function never reads."""
    _remove(path for path in packages.rglob("*") if path.is_dir() and path.name in _UNREAD_FOLDERS)
    _remove(path for path in packages.rglob("*") if path.suffix in _UNREAD_SUFFIXES)
    for unused in _UNUSED:
        _remove(packages.glob(unused))
    for data in ("boto3/data", "botocore/data"):
        _remove(path for path in packages.glob(f"{data}/*") if path.is_dir() and path.name not in _SERVICES)
    _remove(path for path in packages.glob("*.dist-info/**/*") if path.is_file() and not _is_kept(path.name))


def _is_kept(name: str) -> bool:
    return name in _METADATA or name.upper().startswith(_LICENCES)


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
