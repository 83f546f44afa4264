"""A task room from its prompt to its files, with a question on the way; and one that is cancelled."""

import hashlib
from typing import Any

import httpx

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.checks import are_offline, check
from infra.local.demo.knowledge import check_quotes
from infra.local.demo.phone import Phone
from infra.local.demo.room_stream import RoomStream, open_inputs, opened, stored_events
from infra.local.demo.room_view import RoomView
from infra.local.demo.stage import Stage
from infra.local.processes import eventually

TASK = (
    "How should I build up my running as a beginner? How much of my running should be easy? "
    "Write me guide.md, and a pace calculator in Python. Ask me which race I am training for."
)
WANTED = ("guide.md", "pace_calculator.py")  # a real model may name them otherwise
ANSWER = "A 10 km race"
THINKING = 0.5  # seconds
LINES = 14  # of a file that are shown
STOPPED_WITHIN = 60.0  # seconds


def slow_down(cloud: Cloud) -> None:
    """Let the offline model think for a moment before each answer in a room, so that an eye can follow."""
    switch = {"kind": "delay", "match": TASK, "seconds": THINKING, "times": None}
    url = cloud.openai_base_url.removesuffix("/v1")
    if url.startswith("http://127.0.0.1:"):
        httpx.post(f"{url}/local/behaviours", json=switch, trust_env=False)  # another server has no such switch


def watch(stage: Stage, user: Phone) -> str:
    """Open a room, watch it, answer what it asks; returns its id when it has ended well. Raises StepError."""
    stage.decision("opens a room", {"task_prompt": TASK})
    with opened(user, TASK) as stream:
        view = RoomView(stage.console, stream)
        with view.shown():
            for event in stream.events():
                view.event(event)
                if event["type"] in ("input.requested", "budget.reached"):
                    _answer(view, stream)
        offline, reason = are_offline(stream.refresh()), stream.room["status_reason"]
        check(stream.room["status"] == "completed", f"the room is completed: {stream.room}")
        check(not (offline and reason), f"nothing is wrong with what it delivered: {stream.room['issues']}")
        if reason:
            stage.note(f"{reason}: {stream.room['issues']}")
        _check_events(stage, stream, offline=offline)
    return stream.room_id


def open_files(stage: Stage, user: Phone, stranger: Phone, room_id: str) -> None:
    """Read each file by its presigned URL, as a browser would; show the document. Raises StepError."""
    files = user.get(f"/v1/rooms/{room_id}/files")["items"]
    texts = {file["filename"]: _read(user, room_id, file) for file in files}
    check(any(text.strip() for text in texts.values()), f"something was delivered: {[*texts]}")
    if are_offline(user.get(f"/v1/rooms/{room_id}")):
        check(texts.keys() >= {*WANTED}, f"the files that were asked for are there: {[*texts]}")
        check(ANSWER in texts["guide.md"], "the document knows the owner's answer")
        check_quotes(texts["guide.md"])
    for name in sorted(texts, key=lambda name: name not in WANTED)[: len(WANTED)]:
        stage.note(f"--- {name}")
        for line in texts[name].splitlines()[:LINES]:
            stage.note(f"| {line}")
    stranger.call("GET", f"/v1/rooms/{room_id}/files/{files[0]['id']}").expect(404)


def cancel(stage: Stage, cloud: Cloud, user: Phone) -> None:
    """Cancel a room while its agents work. Raises StepError unless it, its tasks and its execution end by that."""
    cancelled = False
    with opened(user, TASK) as stream:
        view = RoomView(stage.console, stream)
        with view.shown():
            for event in stream.events():
                view.event(event)
                if event["type"] == "task.started" and not cancelled:
                    cancelled = True
                    view.said("You", "cancel the room")
                    user.call("POST", f"/v1/rooms/{stream.room_id}/cancel").expect(200)
            stream.refresh()
    check(stream.room["status_reason"] == "cancelled", f"the room is cancelled: {stream.room}")
    states = {task["status"] for task in stream.tasks.values()}
    check(bool(states) and states <= {"done", "cancelled", "skipped"}, f"no task is left open: {states}")
    arn = f"{cloud.room_workflow_arn.replace(':stateMachine:', ':execution:')}:{stream.room_id}-1"
    workflows = client("stepfunctions", cloud.aws_endpoint_url)
    stopped = eventually(lambda: workflows.describe_execution(executionArn=arn)["status"] == "ABORTED", STOPPED_WITHIN)
    check(stopped, "its execution is stopped")
    stage.note(f"the execution {stream.room_id}-1 is ABORTED")


def _answer(view: RoomView, stream: RoomStream) -> None:
    """Whatever is open: several agents may ask at once, and a real model may want more than the usual budget."""
    snapshot = stream.refresh()
    waiting = open_inputs(snapshot)
    for asked in waiting:
        if asked["kind"] == "question":
            view.said("Agent asks", asked["question"])
            view.said("You", ANSWER)
            stream.answer({"input_id": asked["id"], "answer": ANSWER})
    if any(asked["kind"] == "budget" for asked in waiting):
        more = {name: 2 * snapshot["budget"]["limits"][name] for name in ("tokens", "cost", "calls")}
        view.said("You", f"go on, with {more}")
        stream.answer({"budget": more})


def _check_events(stage: Stage, stream: RoomStream, *, offline: bool) -> None:
    """What was heard is what is stored, in order, without a hole; what the offline model does is known beforehand."""
    stored = stored_events(stream.user, stream.room_id)
    heard = [stream.heard[seq] for seq in sorted(stream.heard)]
    check([event["seq"] for event in stored] == [*range(1, len(stored) + 1)], "events are numbered without a hole")
    check(heard == stored[-len(heard) :], "what was heard is what is stored")
    stage.note(f"{len(heard)} events, {len(stream.fetched)} of them by events?after= since no push of them came")
    check(len(stream.fetched) < len(heard) / 2, "the socket brings the events")
    if offline:
        check([event["type"] for event in stored].count("input.requested") == 1, "one question was asked")
        check(_max_at_work(stored) > 1, "agents were at work at the same time")


def _max_at_work(events: list[dict[str, Any]]) -> int:
    """How many agents worked side by side, at most."""
    working: set[str] = set()
    most = 0
    for event in events:
        if event["type"] == "task.started":
            working.add(event["data"]["task"]["key"])
        elif event["type"] in ("task.completed", "task.failed"):
            working.discard(event["data"]["task"]["key"])
        most = max(most, len(working))
    return most


def _read(user: Phone, room_id: str, file: dict[str, Any]) -> str:
    url = user.get(f"/v1/rooms/{room_id}/files/{file['id']}")["url"]
    content = httpx.get(url, trust_env=False).raise_for_status().content
    check(hashlib.sha256(content).hexdigest() == file["sha256"], f"{file['filename']} is what was delivered")
    return content.decode()
