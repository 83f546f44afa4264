"""How long an event of a room takes to 1, 100 and 500 open sockets: from the call that emits it to each receipt.

The call is the one that all functions make behind a change (`publish`), in a warm process; sockets are real ones of a
process of their own, through the emulator's WebSocket API, which is one process too. All three share this machine's
processor: on AWS neither the API nor the clients take any of it.
"""

import contextlib
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

import psycopg

from infra.local.aws_emulator.environment import STAGE, of_clients
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from infra.local.processes import ROOT
from shared.database.client import Database
from shared.realtime.publishing import Change, publish
from tests.bench.harness.run import Run

CONNECTIONS = (1, 100, 500)
EVENTS = 10  # counted, for each number of connections
WARM_UP = 2
QUIET = 5.0  # seconds after which what has not come does not come
Frames = queue.Queue[dict[str, Any]]
SOCKETS = ROOT / "tests" / "bench" / "harness" / "open_sockets.py"


@contextmanager
def open_sockets(cloud: Cloud, token: str, number: int) -> Iterator[Frames]:
    """What the sockets' process says, once they are open; they close with the block."""
    command = [sys.executable, str(SOCKETS), str(number), cloud.ws_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{token}\n")
            process.stdin.flush()
            if process.stdout.readline() != "open\n":
                raise RuntimeError("the sockets could not be opened")
            heard: Frames = queue.Queue()
            threading.Thread(target=_read, args=(process.stdout, heard), daemon=True).start()
            yield heard
        finally:
            process.kill()


def _read(lines: IO[str], heard: Frames) -> None:
    for line in lines:
        heard.put(json.loads(line))


def listened_room(cloud: Cloud, user: Phone) -> tuple[str, list[str]]:
    """A new room on which nobody works, and the listeners that an event of it has: all sockets of its owner."""
    with psycopg.connect(cloud.database_url, autocommit=True) as connection:
        new = json.dumps({"task_prompt": "Write a plan."})
        room = connection.execute(
            "select public.create_room(%s, %s) -> 'room' ->> 'id'", (user.user_id, new)
        ).fetchone()
        assert room is not None
        stream = f"room:{room[0]}"
        sockets = "select public.subscribe(connection_id, %s) from websocket_connections where user_id = %s"
        connection.execute(sockets, (stream, user.user_id))
        listeners = connection.execute("select private.listeners(%s, %s)", (user.user_id, stream)).fetchone()
    assert listeners is not None
    return str(room[0]), list(listeners[0])


def event(room_id: str, seq: int) -> dict[str, Any]:
    """As large as the commonest one, `task.completed`."""
    data = {"task": {"id": str(uuid.uuid4()), "key": "t1", "role": "writer", "status": "done", "summary": "x" * 200}}
    ts = "2026-11-02T08:00:00+00:00"
    return {"v": 1, "stream": f"room:{room_id}", "seq": seq, "type": "task.completed", "ts": ts, "data": data}


def receipts(heard: Frames, seq: int, number: int) -> list[float]:
    """When the event came, at each socket that it came to: a push that takes too long is given up."""
    found: list[float] = []
    with contextlib.suppress(queue.Empty):
        while len(found) < number:
            frame = heard.get(timeout=QUIET)
            if frame["seq"] == seq:
                found.append(frame["at"])
    return found


def spread(cloud: Cloud, user: Phone, number: int, events: int) -> dict[str, Any]:
    """Emit events one after the other; each when all sockets have heard the one before."""
    times: list[float] = []
    calls: list[float] = []
    with open_sockets(cloud, user.token, number) as heard:
        room_id, listeners = listened_room(cloud, user)
        if len(listeners) != number:
            raise RuntimeError(f"{len(listeners)} of {number} sockets listen")
        for seq in range(WARM_UP + events):
            change = Change(events=[event(room_id, seq)], listeners=listeners)
            began = time.perf_counter()
            publish(Database.as_service(), change)
            called = time.perf_counter() - began
            arrived = receipts(heard, seq, number)
            if seq >= WARM_UP:
                times += [at - began for at in arrived]
                calls.append(called)
    return figures(number, times, calls) | {"lost": events * number - len(times)}  # the stream has them


def figures(number: int, times: list[float], calls: list[float]) -> dict[str, Any]:
    milliseconds = [1000 * each for each in times]
    percent = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {
        "connections": number,
        "ms_p50": round(percent[49], 1),
        "ms_p95": round(percent[94], 1),
        "ms_max": round(max(milliseconds), 1),
        "call_ms_p50": round(1000 * statistics.median(calls), 1),  # until the emitting call returns
    }


def environment(cloud: Cloud) -> Mapping[str, str]:
    """What serverless.yml gives to a function that pushes."""
    return {
        **of_clients(cloud.aws_endpoint_url),
        "SUPABASE_URL": cloud.supabase_url,
        "SUPABASE_ANON_KEY": cloud.anon_key,
        "SUPABASE_SERVICE_KEY_PARAMETER": f"/hercules/{STAGE}/supabase-service-key",
        "WEBSOCKET_API_ID": cloud.ws_url.rstrip("/").split("/")[-2],
        "STAGE": STAGE,
        "LOG_LEVEL": "ERROR",
    }


def measured(cloud: Cloud, connections: Sequence[int], events: int) -> dict[str, Any]:
    os.environ.update(environment(cloud))
    runs = []
    for number in connections:
        with Phone.sign_up(cloud, "bench") as user:
            runs.append(spread(cloud, user, number, events))
    return {"runs": runs}


def main(run: Run) -> None:
    found = measured(run.cloud, *run.sized((CONNECTIONS, EVENTS), ((2,), 1)))
    run.write("fanout", found)
    columns = ("connections", "ms_p50", "ms_p95", "ms_max", "call_ms_p50", "lost")
    rows = [[each[column] for column in columns] for each in found["runs"]]
    run.show("One event to many sockets, from the emitting call to receipt", columns, rows)
