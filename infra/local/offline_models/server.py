"""The offline models as a process of their own, for tests."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_ROOT = Path(__file__).parents[3]
_START_SECONDS = 30  # about one second on an idle machine; a test run keeps it busy
_END_SECONDS = 10


@dataclass(frozen=True)
class RunningModels:
    """`base_url` is for OpenAI's client, `control_url` the root of the switches."""

    base_url: str
    control_url: str
    _control: httpx.Client

    def behave(self, match: str, kind: str, **fields: Any) -> str:
        """Switch a behaviour on (see `behaviours`); returns its id."""
        answer = self._control.post("/local/behaviours", json={"match": match, "kind": kind, **fields})
        return str(answer.raise_for_status().json()["id"])

    def forget(self, behaviour: str) -> None:
        """Switch a behaviour off, spent or not."""
        self._control.delete(f"/local/behaviours/{behaviour}")

    def requests(self, match: str) -> list[dict[str, Any]]:
        """The log of the requests that held `match`, oldest first."""
        answer = self._control.get("/local/requests", params={"match": match})
        return list(answer.raise_for_status().json())


@contextmanager
def running_models() -> Iterator[RunningModels]:
    """The server on a free port of 127.0.0.1, ready when entered and gone when left."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # answers are written in two pieces; the server knows no inherited socket to be TCP and would not set it
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        # the child inherits the listening socket, so that nobody can take the port in between
        number = listening.fileno()
        command = [sys.executable, "-m", "infra.local.offline_models", "--fd", str(number)]
        process = subprocess.Popen(command, cwd=_ROOT, pass_fds=[number])
    try:
        with httpx.Client(base_url=url, timeout=_START_SECONDS, trust_env=False) as control:
            control.get("/health").raise_for_status()
            yield RunningModels(f"{url}/v1", url, control)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
