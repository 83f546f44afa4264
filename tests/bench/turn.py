"""What a turn costs beyond the model: time to the first word and to the whole answer, beside the bare model stream.

A turn and the very call of the model that it made, made again directly, take turns, in one warm process. The model
speaks at a fixed pace. The first word counts when it reaches the management API that pushes to an open socket.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from infra.local.aws_emulator.environment import of_clients
from infra.local.cloud import services
from infra.local.processes import ROOT
from tests.bench.harness.run import Run
from tests.support.functions.events import http_event
from tests.support.stub_server import Request, Response, stub_server

TURNS = 40
MARK = "deload"  # in every question: the pace is for requests with it
QUESTION = f"How often should I plan a {MARK} week?"
FIRST_DELAY, INTERVAL = 0.15, 0.01  # seconds
ANSWER = "Take an easier week after every fourth week of training, with half the sets and the same weights. " * 5
MEASURED = ROOT / "tests" / "bench" / "harness" / "warm_turns.py"
CONNECTION = "c1"


@dataclass
class Amazon:
    """Stands for SSM and for the API that pushes to sockets, and notes when a turn's first words came."""

    secrets: dict[str, str]
    first_words: dict[str, float] = field(default_factory=dict)  # by turn

    def reply(self, asked: Request) -> Response:
        came, body = time.perf_counter(), json.loads(asked.body)
        if "Name" in body:
            return Response(json.dumps({"Parameter": {"Value": self.secrets[body["Name"]]}}).encode())
        if body.get("type") == "message.delta":
            self.first_words.setdefault(body["data"]["turn_id"], came)
        return Response()


@dataclass(frozen=True)
class Place:
    """Where it happens."""

    supabase: services.Supabase
    models: services.Models
    amazon: Amazon
    amazon_url: str

    @property
    def environment(self) -> dict[str, str]:
        """What serverless.yml gives to a function."""
        return {
            **of_clients(self.amazon_url),
            "PATH": os.environ["PATH"],
            "SUPABASE_URL": self.supabase.url,
            "SUPABASE_ANON_KEY": self.supabase.anon_key,
            "SUPABASE_SERVICE_KEY_PARAMETER": "/supabase",
            "OPENAI_API_KEY_PARAMETER": "/openai",
            "OPENAI_BASE_URL": self.models.base_url,
            "CHAT_MODEL": self.models.chat_model,
            "EMBEDDING_MODEL": self.models.embedding_model,
            "WEBSOCKET_API_ID": "sockets",
            "LOG_LEVEL": "CRITICAL",
        }


@contextmanager
def place() -> Iterator[Place]:
    """Database, gateway and models as processes of their own; here only Amazon works while a turn runs."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        supabase = stack.enter_context(services.supabase(directory, {}))
        models = stack.enter_context(services.models(directory, {}))
        amazon = Amazon({"/supabase": supabase.service_key, "/openai": models.api_key})
        server = stack.enter_context(stub_server())
        server.reply = amazon.reply
        yield Place(supabase, models, amazon, server.url)


def listening_user(supabase: services.Supabase) -> tuple[str, str]:
    """The token of a new user, and a session to which a socket of theirs listens."""
    answer = httpx.post(
        f"{supabase.url}/auth/v1/signup",
        json={"email": "bench@example.com", "password": "correct horse"},
        headers={"apikey": supabase.anon_key},
    ).json()
    user = answer["user"]["id"]
    with psycopg.connect(supabase.database_url, autocommit=True) as connection:
        row = connection.execute("insert into ai_chat_sessions (user_id) values (%s) returning id", (user,)).fetchone()
        assert row is not None
        connection.execute("select open_connection(%s, %s)", (CONNECTION, user))
        connection.execute("select subscribe(%s, %s)", (CONNECTION, f"session:{row[0]}"))
    return answer["access_token"], str(row[0])


def set_the_pace(control_url: str) -> None:
    of_every_question = {"match": MARK, "times": None}
    answer = json.dumps({"answer": ANSWER, "citations": []})
    pace = {"kind": "pace", "first_delay": FIRST_DELAY, "seconds": INTERVAL}
    for behaviour in (pace, {"kind": "script", "content": answer}):
        httpx.post(f"{control_url}/local/behaviours", json=of_every_question | behaviour).raise_for_status()


def measured(where: Place, turns: int) -> dict[str, Any]:
    """What the process with the warm functions found."""
    token, session = listening_user(where.supabase)
    control_url = where.models.base_url.removesuffix("/v1")
    set_the_pace(control_url)
    job = {
        "ask": http_event("POST", f"/v1/chat/sessions/{session}/messages", token, {"content": QUESTION}),
        "plain": http_event("GET", "/v1/profile", token),
        "turns": turns,
        "gateway": where.supabase.url,
        "models": control_url,
        "mark": MARK,
    }
    done = subprocess.run(
        [sys.executable, str(MEASURED)],
        input=json.dumps(job),
        env=where.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def figures(found: dict[str, Any], first_words: dict[str, float]) -> dict[str, float]:
    turns, calls = found["turns"], found["calls"]
    firsts = [(first_words[turn["turn_id"]] - turn["began"]) * 1000 for turn in turns]
    bare_firsts = [(call["first"] - call["began"]) * 1000 for call in calls]
    totals, bare_totals = ([(run["ended"] - run["began"]) * 1000 for run in runs] for runs in (turns, calls))
    first_overheads = [turn - call for turn, call in zip(firsts, bare_firsts, strict=True)]
    total_overheads = [turn - call for turn, call in zip(totals, bare_totals, strict=True)]
    return {
        "turns": len(turns),
        "db_round_trips": statistics.median_high([turn["db_round_trips"] for turn in turns]),
        "ttft_bare_ms_p50": percentile(bare_firsts, 50),
        "ttft_overhead_ms_p50": percentile(first_overheads, 50),
        "ttft_overhead_ms_p95": percentile(first_overheads, 95),
        "ttft_ratio": percentile(firsts, 50) / percentile(bare_firsts, 50),
        "total_bare_ms_p50": percentile(bare_totals, 50),
        "total_overhead_ms_p50": percentile(total_overheads, 50),
        "total_overhead_ms_p95": percentile(total_overheads, 95),
        "total_ratio": percentile(totals, 50) / percentile(bare_totals, 50),
        "embedding_ms_p50": percentile([call["embedding_ms"] for call in calls], 50),  # part of both overheads
        "turn_cpu_ms_p50": percentile([turn["cpu_ms"] for turn in turns], 50),
        "plain_cpu_ms_p50": percentile(found["plain_cpu_ms"], 50),
        "cold_ms": found["cold_s"] * 1000,
    }


def main(run: Run) -> None:
    with place() as where:
        found = measured(where, run.sized(TURNS, 2))
    shown = {name: round(value, 2) for name, value in figures(found, where.amazon.first_words).items()}
    run.write("turn", shown)
    run.show("A turn beside the bare model stream", ("figure", "value"), list(shown.items()))
