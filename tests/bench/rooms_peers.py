"""A room of Hercules beside the same work in LangGraph (in process and `langgraph dev`) and CrewAI, on the same models.

A planner, agents side by side with two calls each, a reviewer; every call takes 2 s, so that the critical path is 8 s.
Measured warm: the wall time over that path; after a kill, while the last agent is at its second call and the others
are done, how many calls are paid again and how long it takes to the end; what two answers with status 500 cost that
come at once (what a provider thinks before it fails, nobody can save); and how many tokens are sent with a call of an
agent. Hercules runs on its laptop cloud, over HTTP, with users, limits and a database of others; the peers are what
somebody writes with them in 50 lines (harness/peers/), in environments of their own. Their prompts are a sentence;
those of Hercules are the product's.
"""

import statistics
import time
import uuid
from datetime import datetime
from typing import Any

import psutil

from infra.local.cloud.description import Cloud
from infra.local.cloud.running import running_cloud
from infra.local.demo.phone import Phone
from infra.local.offline_models.server import running_models
from tests.bench import rooms
from tests.bench.harness.room_peers import LEAST_CALLS, PEERS, Peer, Script
from tests.bench.harness.run import Run
from tests.support.e2e.rooms_script import Room
from tests.support.e2e.rooms_script import Script as RoomScript
from tests.support.waiting import eventually

AGENTS = (1, 3, 6)
THINKING = 2.0
PATH = 4 * THINKING
REPEATS = 3  # of which the median counts
SLOW = 60.0  # seconds of the call in which the room is killed
GOALS = {"ratio": 1.06, "calls_paid_again": 1, "seconds_after_a_kill": 40.0, "two_500s_s": 3.0}

Figures = dict[str, Any]


# ------------------------------------------------------------------------------------------------------------ Hercules
def of_hercules(cloud: Cloud) -> Figures:
    with Phone.sign_up(cloud, "bench") as user:
        walls = {str(agents): _wall(cloud, user, agents) for agents in AGENTS}
        again, seconds = _after_a_kill(cloud, user)
        script, wall = _room(cloud, user, fails=2)
        return {
            "walls_s": walls,
            "calls_paid_again": again,
            "seconds_after_a_kill": seconds,
            "two_500s_s": round(wall - walls["1"], 2),
            "tokens_per_agent_call": _tokens(script),
        }


def _wall(cloud: Cloud, user: Phone, agents: int) -> float:
    rooms.opened(cloud, user, agents, rooms.WARM_UP_THINKING)
    walls = [float(rooms.opened(cloud, user, agents, THINKING)["wall_s"]) for _ in range(REPEATS)]
    return round(statistics.median(walls), 2)


def _scripted(cloud: Cloud, agents: int) -> RoomScript:
    script = RoomScript(cloud)
    script.plans(*(script.task(f"t{number}") for number in range(1, agents + 1)))
    for key in (f"t{number}" for number in range(1, agents + 1)):
        # By what the agent has done, so that whoever goes on with it is answered as the first time.
        script.behave(f"Written: {script.file(key)}", "script", content="Delivered.", times=None)
        script.works(key, script.writes(key))
    return script


def _room(cloud: Cloud, user: Phone, fails: int) -> tuple[RoomScript, float]:
    """A room with one agent, whose only provider answers 500 so many times, at once: what is measured is ours."""
    script = _scripted(cloud, agents=1)
    script.behave(script.brief("t1"), "status", status=500, times=fails)
    script.behave(script.brief("t1"), "delay", seconds=0, times=fails)
    script.behave(script.word, "delay", seconds=THINKING, times=None)
    began = time.time()
    room = Room.open(user, script, provider="OpenAI")
    _expect_completed(room)
    return script, _ended_at(room) - began


def _after_a_kill(cloud: Cloud, user: Phone) -> tuple[int, float]:
    script = _scripted(cloud, agents=3)
    script.behave(f"Written: {script.file('t3')}", "delay", seconds=SLOW)
    script.behave(script.word, "delay", seconds=THINKING, times=None)
    room = Room.open(user, script)
    tasks = ("t1", "t2")
    eventually(lambda: all(room.tasks.get(key, {}).get("status") == "done" for key in tasks), rooms.WITHIN)
    eventually(lambda: script.asked("t3") == 2, rooms.WITHIN)
    for worker in _workers():
        worker.kill()
    killed = time.time()
    _expect_completed(room)
    calls = len(script.requests(script.word))
    return calls - LEAST_CALLS - 2 * 3, round(_ended_at(room) - killed, 1)


def _workers() -> list[psutil.Process]:
    """In which the emulator runs agents: those of this process's own cloud."""
    from tests.e2e.conftest import workers

    return workers("run_agent")


def _expect_completed(room: Room) -> None:
    if (status := room.wait()) != ("completed", None):
        raise RuntimeError(f"the room did not go as planned: {status}")


def _ended_at(room: Room) -> float:
    return datetime.fromisoformat(room.shown["room"]["ended_at"]).timestamp()


def _tokens(script: RoomScript) -> float:
    asked = (each for each in script.requests(script.brief("t1")) if each["body"].get("tools"))
    return round(statistics.mean(float(each["prompt_tokens"]) for each in asked if each["prompt_tokens"]), 1)


# --------------------------------------------------------------------------------------------------------------- peers
def of_peer(peer: Peer) -> Figures:
    with running_models() as models:

        def script(agents: int) -> Script:
            return Script(models, uuid.uuid4().hex, agents, THINKING)

        def armed(agents: int) -> Script:
            made = script(agents)
            made.arm()
            return made

        walls = {
            str(agents): round(statistics.median(peer.run(armed(agents)) for _ in range(REPEATS)), 2)
            for agents in AGENTS
        }
        killing = script(3)
        models.behave(f"Written: {killing.file(3)}", "delay", seconds=SLOW)
        killing.arm()
        seconds = peer.killed(killing)
        failing = script(1)
        models.behave(failing.brief(1), "status", status=500, times=2)
        models.behave(failing.brief(1), "delay", seconds=0, times=2)
        failing.arm()
        wall = peer.run(failing)
        return {
            "walls_s": walls,
            "calls_paid_again": len(killing.requests()) - LEAST_CALLS - 2 * 3,
            "seconds_after_a_kill": None if seconds is None else round(seconds, 1),
            "two_500s_s": round(wall - walls["1"], 2),
            "tokens_per_agent_call": failing.tokens_per_agent_call(),
        }


def main(run: Run) -> None:
    if run.brief:
        with Phone.sign_up(run.cloud, "bench") as user:
            rooms.opened(run.cloud, user, 1, 0.0)
        return
    with running_cloud(aws=("--limits", "waits")) as cloud:  # the state machine's, as long as they are on AWS
        own = of_hercules(cloud)
    found = {"Hercules": own} | {peer.name: of_peer(peer) for peer in PEERS}
    for figures in found.values():
        figures["ratios"] = {agents: round(wall / PATH, 3) for agents, wall in figures["walls_s"].items()}
    run.write("rooms_peers", {"thinking_s": THINKING, "critical_path_s": PATH, "goals": GOALS, "rooms": found})
    columns = ("", *(f"k={agents}" for agents in AGENTS), "paid again", "s after a kill", "two 500s", "tokens a call")
    rows = [
        [
            name,
            *(f"{figures['walls_s'][str(agents)]} ({figures['ratios'][str(agents)]})" for agents in AGENTS),
            figures["calls_paid_again"],
            "never" if figures["seconds_after_a_kill"] is None else figures["seconds_after_a_kill"],
            figures["two_500s_s"],
            figures["tokens_per_agent_call"],
        ]
        for name, figures in found.items()
    ]
    run.show(f"A room beside its peers (goals of Hercules: {GOALS})", columns, rows)
