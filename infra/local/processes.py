"""Servers as child processes, on 127.0.0.1, that live as long as a `with` block."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
READY_WITHIN = 60.0  # seconds; a server is up in one, this is for a machine that is busy with something else
END_WITHIN = 10.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(
    module: str, *arguments: str, port: int, ready: str, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run `python -m module --port PORT arguments…`, entered once the path `ready` answers 200.

    `environment` is added to our own. Raises RuntimeError, with the end of the log, when it does not come up.
    """
    command = [sys.executable, "-m", module, "--port", str(port), *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
    try:
        _await_ready(process, f"http://127.0.0.1:{port}{ready}", log)
        yield
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL for one that does not listen."""
    process.terminate()
    try:
        process.wait(END_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _await_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    with httpx.Client(timeout=5.0, trust_env=False) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(url).status_code == 200:
                    return
            time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer:\n{log.read_text(errors='replace')[-2000:]}")
