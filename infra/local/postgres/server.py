"""A PostgreSQL server of one's own: made empty at start and gone without a trace at stop, unless its data are kept."""

import io
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, Self

import psycopg
from psycopg import sql

from infra.local.postgres.processes import Account, installation, private_folder, run_as, supervise
from infra.local.processes import HOST, eventually, free_port

SUPERUSER = "supabase_admin"
READY_WITHIN = 60.0  # seconds; 0.4 is usual, a busy continuous-integration machine has taken 10
LOG_SHOWN = 2000  # bytes of the server's log in an error
ATTEMPTS = 3  # a free port can be taken by another program before the server binds it

# Data that are disposable: nothing is spent on surviving a power cut.
DISPOSABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# A power cut may cost the last half second, never the rest.
KEPT = {"synchronous_commit": "off"}
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",  # the data is in memory: waking a worker takes longer than reading it
    "jit": "off",
    "random_page_cost": "1.1",  # as supabase/schemas/foundation.sql sets it, which a copy of a database does not keep
    "log_timezone": "UTC",
    "timezone": "UTC",
}


# The built-in locale sorts the same on every machine; hosted Supabase searches text in English.
INITDB_OPTIONS = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-sync",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--text-search-config=english",
)


class ServerError(RuntimeError):
    """The server could not be made or did not become ready; the message ends with its log."""


class PostgresServer:
    """PostgreSQL with pgvector on 127.0.0.1, over TCP with a random password; as root it runs as `nobody`.

    The superuser is `supabase_admin`, as on Supabase; `postgres` owns databases but is no superuser.
    """

    def __init__(
        self,
        port: int | None = None,
        settings: Mapping[str, str] = MappingProxyType({}),
        *,
        data: Path | None = None,
        password: str | None = None,
    ) -> None:
        """`settings` of PostgreSQL go before those that are usual here.

        `data` is a folder in which the first start makes the data, with this `password`, and later ones find them.
        """
        self.port = port or 0
        self._settings = {**SETTINGS, **(KEPT if data else DISPOSABLE), **settings}
        self.password = password or secrets.token_urlsafe(24)
        self._kept_data = data
        self._fixed_port = port is not None
        self._account = Account.unprivileged()
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = io.BytesIO()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Connection URL; every login role of the server has the same password."""
        return f"postgresql://{user}:{self.password}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Make an empty cluster, or go on with the kept one, and return when it answers; else `ServerError`."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._start_once()
                return
            except BaseException as error:
                self.stop()
                taken = "Address already in use" in str(error)
                if not taken or self._fixed_port or attempt == ATTEMPTS:
                    raise

    def stop(self) -> None:
        """End every process of the server and remove what is not kept. Does nothing when it is not running."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=30)
            self._process = None
        self._log.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def create_database(self, name: str, template: str = "template0") -> str:
        """Create a database owned by `postgres`, as a copy of `template`, and return its URL."""
        query = sql.SQL("create database {} owner postgres template {}")
        self._execute(query.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending the connections that are still open to it."""
        self._execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(user=SUPERUSER), autocommit=True) as connection:
            connection.execute(statement)

    def _start_once(self) -> None:
        folder = self._folder = private_folder(self._account)
        install = installation(self._account, folder / "install")
        data = self._kept_data or folder / "data"
        is_new = not (data / "PG_VERSION").exists()
        if is_new:
            self._initdb(install, folder, data)
        self._trust_vector(install, folder / "trusted" / "extension")
        if not self._fixed_port:
            self.port = free_port()
        self._launch(install, folder, data)
        self._await_ready()
        if is_new:
            self._create_postgres_role()

    def _initdb(self, install: Path, folder: Path, data: Path) -> None:
        password_file = folder / "password"
        password_file.touch(0o600)
        password_file.write_text(self.password)
        self._account.own(password_file)
        data.mkdir(mode=0o700, exist_ok=True)
        self._account.own(data)
        command = [str(install / "bin" / "initdb"), "--pgdata", str(data), *INITDB_OPTIONS]
        command += ["--username", SUPERUSER, "--pwfile", str(password_file)]
        result = run_as(self._account, command, folder)
        password_file.unlink()
        if result.returncode != 0:
            raise ServerError(f"initdb failed: {result.stderr.decode(errors='replace')}")

    def _trust_vector(self, install: Path, folder: Path) -> None:
        """Let the owner of a database install pgvector, as hosted Supabase does."""
        extensions = install / "share" / "extension"
        folder.mkdir(parents=True)
        control = (extensions / "vector.control").read_text()
        control += f"trusted = true\ndirectory = '{extensions}'\n"
        (folder / "vector.control").write_text(control)
        self._account.own(folder.parent)

    def _launch(self, install: Path, folder: Path, data: Path) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        settings = self._settings | {"port": str(self.port), "extension_control_path": f"{folder}/trusted:$system"}
        command = [str(install / "bin" / "postgres"), "-D", str(data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        # Kept data are written out (SIGINT, a fast shutdown), disposable ones dropped (SIGQUIT).
        self._process = supervise(self._account, command, folder, self._log, "INT" if self._kept_data else "QUIT")

    def _await_ready(self) -> None:
        if not eventually(self._accepts, READY_WITHIN, self._process):
            raise ServerError(f"the server ended, or was not ready after {READY_WITHIN:.0f} s: {self._last_words()}")

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.url(user=SUPERUSER), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _last_words(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        # Not seek and read: the position in the file is the server's too.
        return os.pread(self._log.fileno(), LOG_SHOWN, max(size - LOG_SHOWN, 0)).decode(errors="replace")

    def _create_postgres_role(self) -> None:
        role = sql.SQL("create role postgres login createdb createrole replication bypassrls password {}")
        self._execute(role.format(sql.Literal(self.password)))
        self._execute(sql.SQL("alter database postgres owner to postgres").format())
