"""Wall time of a room over its critical path, and what a task sends its model as it grows longer, on the deployed
state machine.

The model answers each call after a fixed time. The critical path is what a room waits for the model at least: the
plan, the two calls of an agent (it writes its file, then says so; all agents at the same time), and the review. The
rest is ours and the emulator's: HTTP, Step Functions, invoking Lambda functions, the database, files, pushes. Workers
are warm: a room like the measured one, with a faster model, runs right before it. What that took beyond its own path
is shown as `warm_up_overhead_s`: it has the cold starts in it, which this machine's processor does one by one.

A task of 4, 8 and 16 calls (`room_tokens`) looks something up and writes the next part of a guide, in turns, for an
athlete with a profile and a log; what it sends is counted by the model.
"""

import json
import time
import uuid
from datetime import datetime
from typing import Any

import httpx

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.bench.harness import room_tokens
from tests.bench.harness.run import Run

AGENTS = (1, 3, 6)
THINKING = 8.0  # seconds of each call: what 500 tokens, a file of 400 words, take at 60 a second
WARM_UP_THINKING = 3.0  # long enough that no worker takes a second task
CALLS = 4  # in a row: plan, two of the agent, review
WITHIN = 300.0  # seconds in which a room must end
GOAL = 1.10
PHASES = {"Plan": 1, "Waves": 2, "Review": 1, "Finish": 0}  # states with the calls of the model in a row in each


def plan_of(agents: int) -> dict[str, Any]:
    """A wave of so many agents, each with a file to write."""
    tasks = [
        {
            "key": f"t{number}",
            "role": "coder",
            "brief": "Write it.",
            "deliverables": [f"f{number}.py"],
            "depends_on": [],
        }
        for number in range(1, agents + 1)
    ]
    return {"criteria": ["It is there.", "It is not empty.", "It can be read."], "tasks": tasks}


def set_the_pace(cloud: Cloud, mark: str, agents: int, thinking: float) -> None:
    """Every call of a room with this mark takes its time; the first, for the plan, says what is measured."""
    url = f"{cloud.openai_base_url.removesuffix('/v1')}/local/behaviours"
    plan = {"kind": "script", "content": json.dumps(plan_of(agents)), "times": 1}
    for behaviour in (plan, {"kind": "delay", "seconds": thinking, "times": None}):
        httpx.post(url, json={"match": mark, **behaviour}, trust_env=False).raise_for_status()


def opened(cloud: Cloud, user: Phone, agents: int, thinking: float) -> dict[str, Any]:
    """One room, from the request that opens it to the instant at which it was completed."""
    mark = f"bench-{uuid.uuid4().hex}"
    set_the_pace(cloud, mark, agents, thinking)
    began = time.time()
    room_id = user.call("POST", "/v1/rooms", {"task_prompt": mark}).expect(201).body["id"]
    snapshot = ended(user, room_id)
    wall = datetime.fromisoformat(snapshot["room"]["ended_at"]).timestamp() - began
    path = CALLS * thinking
    check(cloud, mark, agents, snapshot)
    return {
        "agents": agents,
        "wall_s": round(wall, 2),
        "critical_path_s": path,
        "ratio": round(wall / path, 3) if path else 0.0,
        "overhead_s": overheads(cloud, room_id, wall, thinking),
    }


def ended(user: Phone, room_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        snapshot = user.call("GET", f"/v1/rooms/{room_id}").expect(200).body
        if snapshot["room"]["ended_at"]:
            return snapshot
        time.sleep(1)  # each look takes some of the processor that the room needs
    raise TimeoutError(f"the room {room_id} has not ended in {WITHIN:.0f} s")


def check(cloud: Cloud, mark: str, agents: int, snapshot: dict[str, Any]) -> None:
    """That what was measured is what is said: so many agents, so many calls, all well."""
    url = f"{cloud.openai_base_url.removesuffix('/v1')}/local/requests"
    calls = len(httpx.get(url, params={"match": mark}, trust_env=False).json())
    room = snapshot["room"]
    found = (room["status"], room["status_reason"], len(snapshot["tasks"]), calls)
    if found != ("completed", None, agents, 2 + 2 * agents):
        raise RuntimeError(f"the room did not go as planned: {found}")


def overheads(cloud: Cloud, room_id: str, wall: float, thinking: float) -> dict[str, float]:
    """Seconds of each state beside the model's; `around`: before the first, between them and behind the last."""
    arn = cloud.room_workflow_arn.replace(":stateMachine:", ":execution:")
    history = client("stepfunctions", cloud.aws_endpoint_url).get_execution_history(
        executionArn=f"{arn}:{room_id}-1", maxResults=1000
    )["events"]
    entered, left = (
        {event[detail]["name"]: event["timestamp"].timestamp() for event in history if detail in event}
        for detail in ("stateEnteredEventDetails", "stateExitedEventDetails")
    )
    spent = {name: left[name] - entered[name] for name in PHASES}
    own = {name.lower(): round(spent[name] - calls * thinking, 2) for name, calls in PHASES.items()}
    return {**own, "around": round(wall - sum(spent.values()), 2)}


def warm_run(cloud: Cloud, user: Phone, agents: int) -> dict[str, Any]:
    warm_up = opened(cloud, user, agents, WARM_UP_THINKING)
    overhead = warm_up["wall_s"] - warm_up["critical_path_s"]
    return opened(cloud, user, agents, THINKING) | {"warm_up_overhead_s": round(overhead, 2)}


def measured(cloud: Cloud) -> list[dict[str, Any]]:
    with Phone.sign_up(cloud, "bench") as user:
        return [warm_run(cloud, user, agents) for agents in AGENTS]


def brief_runs(cloud: Cloud) -> list[dict[str, Any]]:
    """One room on cold workers, with a model that does not think."""
    with Phone.sign_up(cloud, "bench") as user:
        return [opened(cloud, user, agents=1, thinking=0.0)]


def main(run: Run) -> None:
    runs = brief_runs(run.cloud) if run.brief else measured(run.cloud)
    tasks = room_tokens.measured(run.cloud, run.sized((4, 8, 16), (4,)))
    figures = {"thinking_s": THINKING, "model_calls_in_a_row": CALLS, "goal": GOAL, "runs": runs}
    run.write("rooms", figures | {"goal_for_twice_the_calls": room_tokens.GOAL, "tasks": tasks})
    rows = [
        [each["agents"], each["wall_s"], each["critical_path_s"], each["ratio"], *each["overhead_s"].values()]
        for each in runs
    ]
    columns = (
        "agents",
        "wall s",
        "critical path s",
        "ratio",
        *(f"+ {name}" for name in runs[0]["overhead_s"]),
    )
    run.show(f"A room's wall time over its critical path (goal: {GOAL:.2f})", columns, rows)
    run.show(
        f"Tokens that a task sends (goal for twice the calls: {room_tokens.GOAL:.1f} times)",
        ("calls", "tokens sent", "over half the calls", "the last call"),
        [[each["calls"], each["sent"], each["over_half_the_calls"], each["last_call"]] for each in tasks],
    )
