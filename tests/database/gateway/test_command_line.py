"""The gateway as a process of its own, and its file of keys."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from infra.local.processes import free_port
from infra.local.supabase_gateway.keys import Keys


def test_it_makes_its_keys_serves_and_ends_on_sigterm(playground_url: str, tmp_path: Path) -> None:
    port, keys_file = free_port(), tmp_path / "keys.json"
    command = [sys.executable, "-m", "infra.local.supabase_gateway", "--port", str(port), "--keys", str(keys_file)]
    environment = {**os.environ, "DATABASE_URL": playground_url}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            await_health(f"http://127.0.0.1:{port}", process)
            keys = Keys.load(keys_file)
            answer = httpx.get(f"http://127.0.0.1:{port}/rest/v1/notes", headers={"apikey": keys.anon_key})
            assert answer.json() == []
        finally:
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=30)
    # uvicorn ends in an orderly way, and then by the signal it was sent.
    assert (process.returncode, output, errors) == (-signal.SIGTERM, b"", b"")


def await_health(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the gateway did not become healthy")


def test_keys_are_made_once_and_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first, second = Keys.load(path), Keys.load(path)
    assert first == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keys.generate() != first


def test_an_existing_file_of_keys_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keys.generate().save(path)
    with pytest.raises(FileExistsError):
        Keys.generate().save(path)
