"""Rooms of LangGraph and CrewAI on the offline models, each in a process and an environment of its own."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from infra.local.locked_environment import interpreter
from infra.local.offline_models.server import RunningModels
from infra.local.processes import free_port

PROGRAMS = Path(__file__).with_name("peers")
WITHIN = 180.0  # seconds for a room, with the start of a process
LEAST_CALLS = 2  # beside two for each agent: the plan and the review

Json = dict[str, Any]


@dataclass(frozen=True)
class Script:
    """What the models say to a room with this mark, each after so many seconds."""

    models: RunningModels
    mark: str
    agents: int
    thinking: float

    def arm(self) -> None:
        for part, said in (("plan", "Planned."), ("review", "Fine.")):
            self.models.behave(f"{part}-{self.mark}", "script", content=said, times=None)
        for number in range(1, self.agents + 1):
            # By what the agent has done, so that whoever begins it anew is answered as the first time.
            self.models.behave(f"Written: {self.file(number)}", "script", content="Delivered.", times=None)
            file = {"filename": self.file(number), "content": "Write it down. " * 100}
            call = {"name": "write_file", "arguments": file}
            self.models.behave(self.brief(number), "script", steps=[{"tool_calls": [call]}], times=None)
        if self.thinking:
            self.models.behave(self.mark, "delay", seconds=self.thinking, times=None)

    def brief(self, number: int) -> str:
        return f"brief-{number}-{self.mark}"

    def file(self, number: int) -> str:
        return f"f{number}-{self.mark}.md"

    def requests(self, match: str = "") -> list[Json]:
        return [each for each in self.models.requests(match or self.mark) if each["endpoint"] == "chat"]

    def tokens_per_agent_call(self) -> float:
        sent = [float(each["prompt_tokens"]) for each in self.requests() if self._is_an_agents(each)]
        return round(statistics.mean(filter(None, sent)), 1)

    @staticmethod
    def _is_an_agents(request: Json) -> bool:
        return bool(request["body"].get("tools"))


class Peer(Protocol):
    @property
    def name(self) -> str: ...

    def run(self, script: Script) -> float:
        """Seconds of one room, warm."""
        ...

    def killed(self, script: Script) -> float | None:
        """Seconds from the kill of a room to its end, however it is gone on with; None where it never ends."""
        ...


@dataclass(frozen=True)
class InProcess:
    """A program of `peers/`, with what it keeps in a file."""

    name: str
    environment: str  # of requirements/
    program: str

    def run(self, script: Script) -> float:
        warm_up = Script(script.models, f"warm-{script.mark[:4]}", script.agents, 0.0)
        warm_up.arm()
        with tempfile.TemporaryDirectory() as folder, self._process("run", script, folder) as process:
            return _wall(process)

    def killed(self, script: Script) -> float:
        Script(script.models, f"warm-{script.mark[:4]}", script.agents, 0.0).arm()
        with tempfile.TemporaryDirectory() as folder:
            with self._process("run", script, folder) as process:
                wait_for_last_call(script)
                process.kill()
            began = time.monotonic()
            with self._process("resume", script, folder) as process:
                _wall(process)
            return time.monotonic() - began

    @contextmanager
    def _process(self, mode: str, script: Script, folder: str) -> Iterator[subprocess.Popen[str]]:
        command = [str(interpreter(self.environment)), str(PROGRAMS / f"{self.program}.py"), mode]
        command += [script.models.base_url, script.mark, str(script.agents), f"{folder}/kept.db"]
        with _running(command, folder) as process:
            yield process


@dataclass(frozen=True)
class Served:
    """`langgraph dev`, over its HTTP API."""

    name: str = "langgraph dev"
    environment: str = "peers_langgraph"

    def run(self, script: Script) -> float:
        with tempfile.TemporaryDirectory() as folder, self._server(folder, script.models.base_url) as api:
            warm_up = Script(script.models, f"warm-{script.mark[:4]}", script.agents, 0.0)
            warm_up.arm()
            _ended(api, _begun(api, warm_up))
            began = time.monotonic()
            _ended(api, _begun(api, script))
            return time.monotonic() - began

    def killed(self, script: Script) -> float | None:
        """None where the server had not yet written down the run: it keeps it in memory, and writes now and then."""
        with tempfile.TemporaryDirectory() as folder:
            with self._server(folder, script.models.base_url) as api:
                path = _begun(api, script)
                wait_for_last_call(script)
            began = time.monotonic()
            with self._server(folder, script.models.base_url) as api, suppress(TimeoutError):
                _ended(api, path)
                return time.monotonic() - began
        return None

    @contextmanager
    def _server(self, folder: str, base_url: str) -> Iterator[httpx.Client]:
        shutil.copy(PROGRAMS / "langgraph_room.py", folder)
        graphs = {"dependencies": ["."], "graphs": {"room": "./langgraph_room.py:served"}}
        (Path(folder) / "langgraph.json").write_text(json.dumps(graphs))
        port = free_port()
        langgraph = interpreter(self.environment).with_name("langgraph")
        command = [str(langgraph), "dev", "--no-browser", "--no-reload", "--port", str(port)]
        with (
            _running(command, folder, {"BASE_URL": base_url}),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WITHIN, trust_env=False) as api,
        ):
            _until(lambda: api.get("/ok").is_success)
            yield api


PEERS: tuple[Peer, ...] = (
    InProcess("LangGraph in process", "peers_langgraph", "langgraph_room"),
    Served(),
    InProcess("CrewAI in process", "peers_crewai", "crewai_room"),
)


def wait_for_last_call(script: Script) -> None:
    """Until the last agent alone is at work, with its second call."""
    written = f"Written: {script.file(script.agents)}"

    def others_are_done() -> bool:
        asked = [each for n in range(1, script.agents) for each in script.requests(script.brief(n))]
        answered = sum(each["status"] == httpx.codes.OK for each in asked)
        return answered >= 2 * (script.agents - 1) and bool(script.requests(written))

    _until(others_are_done)
    time.sleep(0.5)  # for what the others ended with to be kept, as they do


def _begun(api: httpx.Client, script: Script) -> str:
    thread = api.post("/threads", json={}).raise_for_status().json()["thread_id"]
    asked = {"mark": script.mark, "agents": script.agents, "reports": []}
    run = api.post(f"/threads/{thread}/runs", json={"assistant_id": "room", "input": asked}).raise_for_status().json()
    return f"/threads/{thread}/runs/{run['run_id']}"


def _ended(api: httpx.Client, path: str) -> None:
    _until(lambda: api.get(path).json().get("status") in ("success", "error"))
    if (status := api.get(path).json()["status"]) != "success":
        raise RuntimeError(f"langgraph dev ended with {status}")


def _wall(process: subprocess.Popen[str]) -> float:
    said, _ = process.communicate(timeout=WITHIN)
    if process.returncode:
        raise RuntimeError(f"a peer failed: {said[-2000:]}")
    line = next(line for line in reversed(said.splitlines()) if line.startswith("{"))
    return float(json.loads(line)["wall_s"])


def _until(holds: Any) -> None:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if holds():
                return
        time.sleep(0.05)
    raise TimeoutError("a peer did not come so far")


@contextmanager
def _running(command: list[str], folder: str, more: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The process and all that it begins, ended with the block as if by a failure of power."""
    told = {"HOME": folder, "OPENAI_API_KEY": "offline", "LANGSMITH_TRACING": "false", **(more or {})}
    environment = {**os.environ, **told}
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    if more:
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, env=environment, text=True, start_new_session=True, **streams)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
