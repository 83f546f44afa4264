"""Zip files whose bytes depend on their content only, so that an unchanged function is not deployed again."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

# The earliest time that a zip file can name.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def write(target: Path, files: Mapping[str, bytes]) -> None:
    """Write `files` (path in the archive -> content) to `target`, in the order of their names."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.external_attr = _READABLE
            member.create_system = 3  # Unix, whatever it is packed on
            archive.writestr(member, files[name], zipfile.ZIP_DEFLATED)
