"""Servers as child processes, on this machine, that live as long as a `with` block."""

import contextlib
import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
READY_WITHIN = 60.0  # seconds; a server is up in one, this is for a machine that is busy with something else
END_WITHIN = 10.0


def eventually(holds: Callable[[], bool], within: float, process: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether it comes to hold in so many seconds, and before the end of the process that is to bring it about."""
    deadline = time.monotonic() + within
    while not holds():
        if (process and process.poll() is not None) or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen there. OSError if `host` is no address of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: what has ended is no hindrance
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


@contextlib.contextmanager
def running(
    module: str,
    *arguments: str,
    ready: str,
    log: Path,
    port: int | None = None,
    host: str = HOST,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Run `python -m module --port PORT arguments…`, entered with its address once the path `ready` answers 200.

    `host` is where `arguments` let it listen.

    `environment` is added to our own. Raises RuntimeError, with the end of the log, when it does not come up.
    """
    port = port or free_port()
    command = [sys.executable, "-m", module, "--port", str(port), *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
    url = f"http://{host}:{port}"
    try:
        with httpx.Client(timeout=5.0, trust_env=False) as client:
            if not eventually(lambda: _answers(client, url + ready), READY_WITHIN, process):
                raise RuntimeError(f"{url} did not answer:\n{log.read_text(errors='replace')[-2000:]}")
        yield url
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


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == 200
    except httpx.HTTPError:
        return False
