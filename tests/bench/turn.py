"""What a turn costs beyond the model: time to the first word and to the whole answer, beside the bare model stream.

A plain turn, which needs no passage, a searched one, and after each the very call of the model that it made, made again
directly, take turns, in one warm process. The model speaks at a fixed pace. The first words count when they reach the
management API that pushes to an open socket: they are a sentence, since only what was read whole is shown, and are
compared with the bare stream's first whole sentence. The bare stream's first word is shown beside it. The moderation of
the question is asked, too.
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
from infra.local.cloud.place import Place as CloudPlace
from infra.local.demo.knowledge import documents
from infra.local.offline_models.embeddings import MiniLM
from infra.local.processes import ROOT
from tests.bench.harness.knowledge_base import ingest
from tests.bench.harness.run import Run
from tests.support.functions.events import http_event
from tests.support.stub_server import Request, Response, stub_server

TURNS = 40  # of each kind
MARK = "deload"  # in every question: the pace is for requests with it
QUESTIONS = {"plain": f"How was my {MARK} week?", "searched": f"How often should I plan a {MARK} week?"}
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
        if "Names" in body:
            found = [{"Name": name, "Value": self.secrets[name]} for name in body["Names"]]
            return Response(json.dumps({"Parameters": found}).encode())
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
            "OPENAI_MODERATION": "on",
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
        supabase = stack.enter_context(services.supabase(CloudPlace.for_once(directory), directory, {}))
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


def fill_knowledge_base(where: Place, paths: Sequence[Path]) -> None:
    with psycopg.connect(where.supabase.database_url, autocommit=True) as connection:
        ingest(connection, MiniLM(), paths, model=where.models.embedding_model)


def set_the_pace(control_url: str) -> None:
    of_every_question = {"match": MARK, "times": None}
    answer = json.dumps({"urgent": None, "answer": ANSWER, "citations": []})
    pace = {"kind": "pace", "first_delay": FIRST_DELAY, "seconds": INTERVAL}
    for behaviour in (pace, {"kind": "script", "content": answer}):
        httpx.post(f"{control_url}/local/behaviours", json=of_every_question | behaviour).raise_for_status()


def measured(where: Place, turns: int) -> dict[str, Any]:
    """What the process with the warm functions found."""
    token, session = listening_user(where.supabase)
    control_url = where.models.base_url.removesuffix("/v1")
    set_the_pace(control_url)
    job = {
        "ask": {
            kind: http_event("POST", f"/v1/chat/sessions/{session}/messages", token, {"content": question})
            for kind, question in QUESTIONS.items()
        },
        "read": http_event("GET", "/v1/profile", token),
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


def figures(measured: Sequence[dict[str, Any]], first_words: dict[str, float]) -> dict[str, float]:
    """Those of one kind of turn."""
    turns, calls = [each["turn"] for each in measured], [each["call"] for each in measured]
    firsts = [(first_words[turn["turn_id"]] - turn["began"]) * 1000 for turn in turns]
    bare_words, bare_firsts = ([(call[at] - call["began"]) * 1000 for call in calls] for at in ("first", "sentence"))
    totals, bare_totals = ([(run["ended"] - run["began"]) * 1000 for run in runs] for runs in (turns, calls))
    first_overheads = [turn - call for turn, call in zip(firsts, bare_firsts, strict=True)]
    total_overheads = [turn - call for turn, call in zip(totals, bare_totals, strict=True)]
    return {
        "turns": len(turns),
        "db_round_trips": statistics.median_high([turn["db_round_trips"] for turn in turns]),
        "passages": statistics.median_high([turn["passages"] for turn in turns]),
        "first_word_bare_ms_p50": percentile(bare_words, 50),
        "pieces_to_a_sentence": statistics.median_high([call["behind"] for call in calls]),
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
    }


def main(run: Run) -> None:
    with place() as where:
        fill_knowledge_base(where, run.sized(documents(), [path for path in documents() if MARK in path.name]))
        found = measured(where, run.sized(TURNS, 2))
    by_kind = {kind: figures(found["measured"][kind], where.amazon.first_words) for kind in QUESTIONS}
    read_cpu, cold = percentile(found["read_cpu_ms"], 50), found["cold_s"] * 1000
    run.write("turn", by_kind | {"read_cpu_ms_p50": read_cpu, "cold_ms": cold})
    rows = [(name, *(by_kind[kind][name] for kind in QUESTIONS)) for name in by_kind["plain"]]
    run.show("A turn beside the bare model stream", ("figure", *QUESTIONS), rows)
    run.show("Beside it", ("figure", "ms"), [("CPU of a read, p50", read_cpu), ("the first, cold turn", cold)])
