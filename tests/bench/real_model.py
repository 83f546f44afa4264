"""The product before a model server that is not ours: llama.cpp with a small Gemma, in both dialects.

Its words are worthless, being of a base model; its envelopes, its time, its cuts and its broken calls are real. What
must not happen however bad a model is, is counted. A proxy writes down what the server said, holds one answer back for
25 s, and sends embeddings to the offline models. The server and the model are installed when this runs in full.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg

from infra.local.cloud.description import Cloud
from infra.local.cloud.running import check_models, running_cloud
from infra.local.cloud.services import OFFLINE_CHAT_MODEL, OFFLINE_EMBEDDING_MODEL
from infra.local.demo.phone import Phone
from infra.local.offline_models.server import running_models
from tests.bench.harness.envelopes import Envelope
from tests.bench.harness.listening import Listener, listening
from tests.bench.harness.model_proxy import ModelProxy, model_proxy
from tests.bench.harness.model_server import CONTEXT, NAME, model_server
from tests.bench.harness.run import Run
from tests.bench.harness.turns import Turn, ask, note_ends

# Each with the second, from the beginning, after which no further turn is asked: all is to end within 12 minutes.
DIALECTS = {"responses": 330.0, "chat_completions": 630.0}
TURNS = 40  # in each dialect
OF_A_SESSION = 5
LOGS = 4  # every so manieth question asks for a proposal
VISIBLE = 64  # tokens of an answer; it writes some 38 a second
MOST = 128  # tokens of any other call in Chat Completions: the server's own limit, as it were
LATE = 25.0  # seconds to the first token of a turn that is held back
ROOM_WITHIN = 80.0
ROOM_CALLS = 10  # of the model; a room that has used them up waits for its owner
QUESTIONS = Path(__file__).with_name("retrieval_questions.jsonl")
TASK = "Write a short guide to the deload week for a beginner, with its sources."
DOCUMENT = "# Deloads\n\nA deload is a planned easier week, every four to eight weeks, with half the sets."
PRICE = {"effective": "2026-01-01", "input": "0", "cached_input": "0", "output": "0"}
SIZES = {"context": CONTEXT, "most_output": 1024, "headroom": {"": 0}}
FIGURES = {NAME: {"dialect": None, "efforts": [], "default_effort": None, "prices": [PRICE], **SIZES}}
UNLIMITED = "update ai_usage_plans set weekly_messages = 10000, weekly_tokens = 1000000000"
RUNNING = "select count(*) from ai_chat_turns where status = 'running'"
WORKING = ("pending", "processing")  # a room that neither has ended nor waits for its owner


@dataclass(frozen=True)
class Place:
    """One dialect's deployment, and a user of it."""

    cloud: Cloud
    proxy: ModelProxy
    user: Phone
    listener: Listener


def settings(proxy: ModelProxy, dialect: str) -> dict[str, str]:
    """The whole environment: no real key is near."""
    return {
        "OPENAI_BASE_URL": proxy.url,
        "OPENAI_DIALECT": dialect,
        "CHAT_MODEL": NAME,
        "EMBEDDING_MODEL": OFFLINE_EMBEDDING_MODEL,
        "MODEL_FIGURES": json.dumps(FIGURES),
        "ANSWER_TOKENS": str(VISIBLE),
    }


@contextmanager
def place(chat: str, embeddings: str, dialect: str) -> Iterator[Place]:
    with ExitStack() as stack:
        proxy = stack.enter_context(model_proxy(chat, embeddings, CONTEXT, MOST))
        cloud = stack.enter_context(running_cloud(environment=settings(proxy, dialect)))
        yield entered(stack, cloud, proxy)


def entered(stack: ExitStack, cloud: Cloud, proxy: ModelProxy) -> Place:
    """With a document to cite, and nothing in the way of many questions."""
    with psycopg.connect(cloud.database_url, autocommit=True) as connection:
        connection.execute(UNLIMITED)
    body, key = {"source": "deload.md", "text": DOCUMENT}, {"apikey": cloud.service_key}
    httpx.post(f"{cloud.api_url}/v1/knowledge/documents", json=body, headers=key, timeout=60).raise_for_status()
    user = stack.enter_context(Phone.sign_up(cloud, "bench"))
    return Place(cloud, proxy, user, stack.enter_context(listening(user)))


def questions(number: int) -> list[str]:
    """Distinct ones; some make a model call a tool, if it can."""
    asked = [json.loads(line)["question"] for line in QUESTIONS.read_text().splitlines()[:number]]
    logs = [f"Log my workout: {n} sets of 8 squats at {40 + n} kg." for n in range(1, number + 1)]
    return [logs[n] if n % LOGS == LOGS - 1 else asked[n] for n in range(number)]


def converse(where: Place, asked: Sequence[str], deadline: float) -> list[Turn]:
    """One question after the other, as long as there is time."""
    session, turns = "", list[Turn]()
    for number, question in enumerate(asked):
        if time.monotonic() > deadline:
            break
        if number % OF_A_SESSION == 0:
            session = where.user.open_session(f"Bench {number}")
            where.listener.listen(session)
        turns.append(ask(where.user, where.proxy, where.listener, session, question))
    return turns


def held_back(where: Place, *, headers: bool) -> Turn:
    """A turn whose first token comes late: behind the headers of its answer, or with them, as from a busy server."""
    question = "Why is rest so important?"
    where.proxy.hold_back(question, LATE, headers=headers)
    return ask(where.user, where.proxy, where.listener, where.user.open_session("Late"), question)


def room(where: Place) -> dict[str, Any]:
    """One of two agents, until it ends or waits for its owner."""
    before = len(where.proxy.exchanges)
    wanted = {"task_prompt": TASK, "agents": ["researcher", "writer"], "budget": {"calls": ROOM_CALLS}}
    path = f"/v1/rooms/{where.user.call('POST', '/v1/rooms', wanted).expect(201).body['id']}"
    deadline = time.monotonic() + ROOM_WITHIN
    while True:
        snapshot = where.user.call("GET", path).expect(200).body
        found = snapshot["room"]
        if found["status"] not in WORKING or time.monotonic() > deadline:
            break
        time.sleep(0.5)  # each look takes some of the processor that the model needs
    exchanges = where.proxy.exchanges[before:]
    return {
        "status": found["status"],
        "reason": found["status_reason"],
        "steps": len(exchanges),
        "calls": sum(len(each.envelope.calls) for each in exchanges),
        "broken_calls": sum(each.envelope.broken_calls for each in exchanges),
        "cut": sum(each.envelope.is_cut for each in exchanges),
        "refused": sum(each.status != 200 for each in exchanges),
        "tasks": {task["role"]: task["status"] for task in snapshot["tasks"]},
    }


def of_dialect(where: Place, turns: list[Turn], late: Turn | None = None) -> dict[str, Any]:
    """Its figures. `faults` holds for each what was asked and what came."""
    everything = [*turns, late] if late else turns
    unended = note_ends(where.user, everything)
    with psycopg.connect(where.cloud.database_url) as connection:
        running = (connection.execute(RUNNING).fetchone() or (0,))[0]
    kinds = Counter(kind for turn in everything for kind in turn.faults())
    kinds += Counter({"running": running, "no_end_event": max(0, len(unended) - kinds["no_end_event"])})
    kinds["late"] = int(late is not None and not has_ended_well(late))
    return {
        "turns": len(turns),
        "seconds": spread([turn.seconds for turn in turns]),
        "first_token": spread([turn.first_token for turn in turns if turn.first_token is not None]),
        "late_turn": late and {"seconds": round(late.seconds, 1), "status": late.answer and late.answer.status},
        "model_calls": sum(len(turn.exchanges) for turn in turns),
        "cut": sum(turn.is_cut for turn in turns),
        "truncated": sum(bool(turn.metadata.get("truncated")) for turn in turns),
        "tool_calls": sum(turn.calls for turn in turns),
        "broken_calls": sum(turn.broken_calls for turn in turns),
        "faults": {kind: count for kind, count in kinds.items() if count},
        "evidence": [turn.evidence() for turn in everything if turn.faults()],
    }


def has_ended_well(late: Turn) -> bool:
    return late.seconds >= LATE and late.answer is not None and late.answer.status == 200


def spread(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    return {name: round(float(np.quantile(seconds, share)), 2) for name, share in (("p50", 0.5), ("p95", 0.95))}


def brief(run: Run) -> None:
    """Without the server: the offline models stand in for it, and the cloud that there is asks them, not the proxy."""
    with ExitStack() as stack:
        models = stack.enter_context(running_models())
        proxy = stack.enter_context(model_proxy(models.control_url, models.control_url, CONTEXT))
        check_models(settings(proxy, ""))
        seen = [answered(proxy, dialect, tokens).is_cut for dialect in DIALECTS for tokens in (16, 2000)]
        where = entered(stack, run.cloud, proxy)
        figures = of_dialect(where, converse(where, questions(2), math.inf))
        if figures["faults"] or seen != [True, False] * 2:
            raise RuntimeError(f"nothing was to go wrong here: {seen}, {figures}")


def answered(proxy: ModelProxy, dialect: str, tokens: int) -> Envelope:
    """What an answer of so many tokens at most is seen as."""
    asked = {"model": OFFLINE_CHAT_MODEL, "stream": True}
    said = [{"role": "user", "content": "How often should I plan an easier week, and why?"}]
    if dialect == "responses":
        path, asked = "responses", asked | {"input": said, "max_output_tokens": tokens}
    else:
        path, asked = "chat/completions", asked | {"messages": said, "max_completion_tokens": tokens}
    key = {"authorization": "Bearer offline"}
    httpx.post(f"{proxy.url}/{path}", json=asked, headers=key, timeout=60).raise_for_status()
    return proxy.exchanges[-1].envelope


def measured() -> dict[str, Any]:
    began = time.monotonic()
    per_dialect, found = dict[str, Any](), dict[str, Any]()
    with model_server() as chat, running_models() as models:
        for dialect, until in DIALECTS.items():
            with place(chat, models.control_url, dialect) as where:
                late = held_back(where, headers=dialect == "responses")
                turns = converse(where, questions(TURNS), began + until)
                if dialect == "chat_completions":  # here a server's own limit can be told from a whole answer
                    found = room(where)
                per_dialect[dialect] = of_dialect(where, turns, late)
    faults = sum((Counter(each["faults"]) for each in per_dialect.values()), Counter())
    faults["room"] = int(found["status"] in WORKING or found["reason"] in ("internal_error", "model_unavailable"))
    return {
        "turns": sum(each["turns"] for each in per_dialect.values()),
        "faults": sum(faults.values()),
        "faults_by_kind": {kind: count for kind, count in faults.items() if count},
        "per_dialect": per_dialect,
        "room": found,
    }


def main(run: Run) -> None:
    if run.brief:
        brief(run)
        return
    began = time.monotonic()
    figures = measured() | {"minutes": round((time.monotonic() - began) / 60, 1)}
    run.write("real_model", figures)
    per_dialect = figures["per_dialect"]
    names = [name for name in next(iter(per_dialect.values())) if name != "evidence"]
    rows = [(name, *(each[name] for each in per_dialect.values())) for name in names]
    run.show("A model server that is not ours", ("", *per_dialect), rows)
    run.show("A room of two agents there", tuple(figures["room"]), [tuple(figures["room"].values())])
