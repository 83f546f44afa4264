"""A room as an app follows it: one snapshot, then what its socket tells."""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from infra.local.demo.checks import StepError, check
from infra.local.demo.phone import Phone

WITHIN = 60.0  # seconds; cold functions on a busy laptop take some
PATIENCE = 600.0  # seconds in which the next event must come: a real model may work on one task for minutes
QUIET = 3.0  # seconds of silence after which is looked whether something was missed
EARLY = 10  # frames at most until a subscription is confirmed
ENDED = ("completed", "failed")

Event = dict[str, Any]


@dataclass
class RoomStream:
    """What is known of a room: `tasks` and `files` by their keys and names, the newest state of each."""

    user: Phone
    room_id: str
    socket: Connection
    room: dict[str, Any] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    heard: dict[int, Event] = field(default_factory=dict)  # by seq
    fetched: set[int] = field(default_factory=set)  # of these, what the socket did not bring in time
    as_of: int = 0
    first: int = 0  # the seq behind the first snapshot: what came before is in it

    def refresh(self) -> dict[str, Any]:
        """Read the room anew; events up to that instant tell nothing new any more."""
        snapshot = self.user.get(f"/v1/rooms/{self.room_id}")
        self.room = snapshot["room"]
        self.tasks = {task["key"]: task for task in snapshot["tasks"]}
        self.files = {file["filename"]: file for file in snapshot["files"]}
        self.as_of = max(self.as_of, snapshot["as_of"])
        return snapshot

    def events(self) -> Iterator[Event]:
        """Each event once as it comes, until the room has ended. Raises StepError when none comes for long."""
        self.first = self.as_of + 1
        deadline = time.monotonic() + PATIENCE
        while self.room["status"] not in ENDED or not self._is_complete():
            for event in self._arrived():
                if self._is_new(event):
                    deadline = time.monotonic() + PATIENCE
                    self.heard[event["seq"]] = event
                    self._take(event)
                    yield event
            if time.monotonic() > deadline:
                raise StepError(f"nothing was heard of the room for {PATIENCE:.0f} s; it is {self.room['status']}")

    def answer(self, answer: dict[str, Any]) -> None:
        self.user.call("POST", f"/v1/rooms/{self.room_id}/answer", answer).expect(200)

    def _is_new(self, event: Event) -> bool:
        """Previews of what agents write have no seq: what comes of them is told by an event."""
        seq = event.get("seq", 0)
        return seq >= self.first and seq not in self.heard

    def _is_complete(self) -> bool:
        return all(seq in self.heard for seq in range(self.first, self.as_of + 1))

    def _arrived(self) -> list[Event]:
        """The socket's next frame; when it is quiet, what it did not bring: a push may be lost, an event never is."""
        try:
            return [json.loads(self.socket.recv(timeout=QUIET))]
        except TimeoutError:
            stored = stored_events(self.user, self.room_id)
            missed = [event for event in stored if self._is_new(event)]
            self.fetched |= {event["seq"] for event in missed}
            return missed

    def _take(self, event: Event) -> None:
        data = event["data"] if event["seq"] > self.as_of else {}
        if "task" in data:
            key = data["task"]["key"]
            self.tasks[key] = self.tasks.get(key, {}) | data["task"]
        elif "file" in data:
            self.files[data["file"]["filename"]] = data["file"]
        elif data and event["type"] == "room.updated":
            self.refresh()  # the event leaves out the plan, whose tasks are to be seen before they begin


def open_inputs(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """What a room waits for its owner to say."""
    return [asked for asked in snapshot["inputs"] if not asked["closed_at"] and not asked["answered_at"]]


@contextlib.contextmanager
def opened(user: Phone, task: str) -> Iterator[RoomStream]:
    """A new room, followed. Subscribe first and read then, so that nothing falls in between."""
    room_id = user.call("POST", "/v1/rooms", {"task_prompt": task}).expect(201).body["id"]
    ticket = user.call("POST", "/v1/realtime/tickets").expect(201).body
    with connect(f"{ticket['url']}?ticket={ticket['ticket']}", open_timeout=WITHIN) as socket:
        socket.send(json.dumps({"type": "subscribe", "stream": f"room:{room_id}"}))
        # An event of the room may overtake the answer; what it says is read anew.
        frames = (json.loads(socket.recv(timeout=WITHIN)) for _ in range(EARLY))
        confirmed = next((frame for frame in frames if "seq" not in frame), None)
        check(confirmed is not None and confirmed["type"] == "subscribed", f"the socket is let in: {confirmed}")
        stream = RoomStream(user, room_id, socket)
        stream.refresh()
        yield stream


def stored_events(user: Phone, room_id: str) -> list[Event]:
    """The same events as HTTP gives them to a client that lost its socket."""
    events: list[Event] = []
    while page := user.get(f"/v1/rooms/{room_id}/events?after={events[-1]['seq'] if events else 0}")["items"]:
        events += page
    return events
