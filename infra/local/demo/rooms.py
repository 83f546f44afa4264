"""A task room from its prompt to its files, with a question on the way; and one that is cancelled."""

import hashlib
from typing import Any

import httpx

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.knowledge import DOCUMENTS
from infra.local.demo.phone import Phone, check
from infra.local.demo.room_stream import RoomStream, eventually, followed, stored_events
from infra.local.demo.room_view import RoomView
from infra.local.demo.speaker import are_offline
from infra.local.demo.stage import Stage

TASK = (
    "How should I build up my running as a beginner? How much of my running should be easy? "
    "Write me guide.md, and a pace calculator in Python. Ask me which race I am training for."
)
WANTED = ("guide.md", "pace_calculator.py")  # a real model may name them otherwise
ANSWER = "A 10 km race"
THINKING = 0.5  # seconds
LINES = 14  # of a file that are shown


def slow_down(cloud: Cloud) -> None:
    """Let the offline model think for a moment before each answer in a room, so that an eye can follow."""
    switch = {"kind": "delay", "match": TASK, "seconds": THINKING, "times": None}
    url = cloud.openai_base_url.removesuffix("/v1")
    if url.startswith("http://127.0.0.1:"):
        httpx.post(f"{url}/local/behaviours", json=switch, trust_env=False)  # another server has no such switch


def watch(stage: Stage, user: Phone) -> str:
    """Open a room, watch it, answer what it asks; returns its id when it has ended well. Raises StepError."""
    stage.decision("opens a room", {"task_prompt": TASK})
    room = user.call("POST", "/v1/rooms", {"task_prompt": TASK}).expect(201).body
    with followed(user, room["id"]) as stream:
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
    return str(room["id"])


def open_files(stage: Stage, user: Phone, stranger: Phone, room_id: str) -> None:
    """Read each file by its presigned URL, as a browser would; show the document. Raises StepError."""
    files = user.call("GET", f"/v1/rooms/{room_id}/files").expect(200).body["items"]
    texts = {file["filename"]: _read(user, room_id, file) for file in files}
    check(any(text.strip() for text in texts.values()), f"something was delivered: {[*texts]}")
    if are_offline(user.call("GET", f"/v1/rooms/{room_id}").expect(200).body):
        check(texts.keys() >= {*WANTED}, f"the files that were asked for are there: {[*texts]}")
        check(ANSWER in texts["guide.md"], "the document knows the owner's answer")
        _check_quotes(texts["guide.md"])
    for name in sorted(texts, key=lambda name: name not in WANTED)[: len(WANTED)]:
        stage.note(f"--- {name}")
        for line in texts[name].splitlines()[:LINES]:
            stage.note(f"| {line}")
    stranger.call("GET", f"/v1/rooms/{room_id}/files/{files[0]['id']}").expect(404)


def cancel(stage: Stage, cloud: Cloud, user: Phone) -> None:
    """Cancel a room while its agents work. Raises StepError unless it, its tasks and its execution end by that."""
    room = user.call("POST", "/v1/rooms", {"task_prompt": TASK}).expect(201).body
    with followed(user, room["id"]) as stream:
        view = RoomView(stage.console, stream)
        with view.shown():
            for event in stream.events():
                view.event(event)
                if event["type"] == "task.started" and _count(stream, "task.started") == 1:
                    view.said("You", "cancel the room")
                    user.call("POST", f"/v1/rooms/{room['id']}/cancel").expect(200)
            stream.refresh()
    check(stream.room["status_reason"] == "cancelled", f"the room is cancelled: {stream.room}")
    states = {task["status"] for task in stream.tasks.values()}
    check(bool(states) and states <= {"done", "cancelled", "skipped"}, f"no task is left open: {states}")
    eventually(lambda: _execution(cloud, room["id"]) == "ABORTED", "its execution is stopped")
    stage.note(f"the execution {room['id']}-1 is ABORTED")


def _answer(view: RoomView, stream: RoomStream) -> None:
    """Whatever is open: several agents may ask at once, and a real model may want more than the usual budget."""
    snapshot = stream.refresh()
    waiting = [asked for asked in snapshot["inputs"] if not asked["closed_at"] and not asked["answered_at"]]
    for asked in waiting:
        if asked["kind"] == "question":
            view.said("Agent asks", asked["question"])
            _say(view, stream, ANSWER, {"input_id": asked["id"], "answer": ANSWER})
    if any(asked["kind"] == "budget" for asked in waiting):
        more = {name: 2 * snapshot["budget"]["limits"][name] for name in ("tokens", "cost", "calls")}
        _say(view, stream, f"go on, with {more}", {"budget": more})


def _say(view: RoomView, stream: RoomStream, text: str, answer: dict[str, Any]) -> None:
    view.said("You", text)
    stream.user.call("POST", f"/v1/rooms/{stream.room_id}/answer", answer).expect(200)


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
        check(_most_at_work(stored) > 1, "agents were at work at the same time")


def _most_at_work(events: list[dict[str, Any]]) -> int:
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
    found = user.call("GET", f"/v1/rooms/{room_id}/files/{file['id']}").expect(200).body
    content = httpx.get(found["url"], trust_env=False).raise_for_status().content
    check(hashlib.sha256(content).hexdigest() == file["sha256"], f"{file['filename']} is what was delivered")
    return content.decode()


def _check_quotes(document: str) -> None:
    """Each quoted line must stand, word for word, in the knowledge base."""
    known = " ".join(" ".join(path.read_text() for path in DOCUMENTS.glob("*.md")).split())
    quoted = [line.removeprefix("> ") for line in document.splitlines() if line.startswith("> ")]
    check(bool(quoted), "the document quotes its sources")
    for line in quoted:
        check(line in known, f"this is in the knowledge base: {line}")


def _count(stream: RoomStream, kind: str) -> int:
    return sum(event["type"] == kind for event in stream.heard.values())


def _execution(cloud: Cloud, room_id: str) -> str:
    arn = cloud.room_workflow_arn.replace(":stateMachine:", ":execution:")
    answer = client("stepfunctions", cloud.aws_endpoint_url).describe_execution(executionArn=f"{arn}:{room_id}-1")
    return str(answer["status"])
