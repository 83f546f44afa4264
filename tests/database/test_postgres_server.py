"""The disposable server: reachable only by password and over 127.0.0.1, gone when stopped or orphaned."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres.processes import Account, installation, package_folder, private_folder, run_as
from infra.local.postgres.server import SUPERUSER, PostgresServer, ServerError
from infra.local.processes import free_port

HOLD_A_SERVER = """
import sys
from infra.local.postgres.server import PostgresServer
with PostgresServer() as server:
    print(server.url(user="supabase_admin"), flush=True)
    sys.stdin.read()
"""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def test_stopping_ends_the_process_and_removes_the_data() -> None:
    server = PostgresServer()
    with server:
        data = Path(setting(server.url(user=SUPERUSER), "data_directory"))
        pid = postmaster(data)
        assert is_running(pid)
    assert not is_running(pid)
    assert not data.parent.exists()
    server.stop()  # once more changes nothing


def test_a_stopped_server_can_be_started_again() -> None:
    server = PostgresServer()
    for _ in range(2):
        with server, psycopg.connect(server.url()) as connection:
            assert connection.execute("select current_user").fetchone() == ("postgres",)


def test_a_server_whose_owner_is_killed_ends_too() -> None:
    command = [sys.executable, "-c", HOLD_A_SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        data = Path(setting(owner.stdout.readline().strip(), "data_directory"))
        pid = postmaster(data)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    wait_until(lambda: not is_running(pid) and not data.parent.exists())


def test_it_listens_on_127_0_0_1_only_and_wants_the_password(postgres_server: PostgresServer) -> None:
    assert setting(postgres_server.url(user=SUPERUSER), "listen_addresses") == "127.0.0.1"
    assert setting(postgres_server.url(user=SUPERUSER), "unix_socket_directories") == ""
    for user in ("postgres", SUPERUSER):
        url = postgres_server.url(user=user).replace(postgres_server.password, "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)


def test_the_data_is_unreadable_for_other_users(postgres_server: PostgresServer) -> None:
    data = Path(setting(postgres_server.url(user=SUPERUSER), "data_directory"))
    assert data.stat().st_mode & 0o077 == 0
    assert data.parent.stat().st_mode & 0o077 == 0


def test_the_owner_of_databases_is_no_superuser_and_may_install_pgvector(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user").fetchone()
        assert row == (False, True)
        connection.execute("drop extension vector cascade")
        connection.execute("create extension vector with schema extensions")
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)) as refused:
            connection.execute("create extension dblink")  # which the server of test-postgres16 does not even have
        assert "dblink" in str(refused.value)


def test_text_search_is_english_and_sorting_the_same_everywhere(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select to_tsvector('running')::text, array_agg(x order by x) from unnest(array['b', 'B', 'a', 'ä']) as x"
        ).fetchone()
    assert row == ("'run':1", ["B", "a", "b", "ä"])


def test_a_port_that_is_taken_is_an_error_with_the_servers_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = PostgresServer(port=taken.getsockname()[1])
        with pytest.raises(ServerError, match="Address already in use"):
            server.start()


def test_a_given_port_is_used() -> None:
    port = free_port()
    with PostgresServer(port=port) as server:
        assert f":{port}/" in server.url()
        assert setting(server.url(), "port") == str(port)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can shut out the account that runs the server")
def test_programs_out_of_reach_are_copied_and_run(tmp_path: Path) -> None:
    account = Account.unprivileged()
    package = package_folder()
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        (shut / name).symlink_to(package.parent / name)
    folder = private_folder(account)
    try:
        copy = installation(account, folder / "spare", shut / package.name)
        assert copy.is_relative_to(folder)
        assert run_as(account, [str(copy / "bin" / "initdb"), "--version"], folder).returncode == 0
    finally:
        shutil.rmtree(folder)
