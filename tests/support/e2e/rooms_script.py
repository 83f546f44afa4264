"""Rooms whose models say what a test wants: each room by a word in its prompt, each agent by one in its brief."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from websockets.sync.client import connect
from websockets.sync.connection import Connection as Socket

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.waiting import WITHIN, eventually

CRITERIA = ["It answers the question.", "It names its sources.", "It is safe."]
DONE = {"content": "Delivered."}
SLOWLY = 180.0  # seconds for a whole room, of which most are the cold starts of its five functions on a busy machine
ENDED = ("completed", "failed")

Json = dict[str, Any]


@dataclass(frozen=True)
class Script:
    """What the models say in one room."""

    cloud: Cloud
    word: str = field(default_factory=lambda: f"word{uuid4().hex[:12]}")

    def task(self, key: str, *depends_on: str, **changed: Any) -> Json:
        """A task of the plan: a writer's that delivers `file(key)`, if nothing else is said."""
        usual = {
            "key": key,
            "role": "writer",
            "brief": self.brief(key),
            "deliverables": [self.file(key)],
            "depends_on": list(depends_on),
        }
        return usual | changed

    def brief(self, key: str) -> str:
        return f"brief-{key}-{self.word}"

    def file(self, key: str) -> str:
        return f"{key}-{self.word}.md"

    def plans(self, *tasks: Json) -> None:
        """The orchestrator's plan; and a review that is content, whoever asks for one."""
        plan = {"criteria": CRITERIA, "tasks": tasks}
        self.behave(f"</files>\n<request>\n{self.word}", "script", content=json.dumps(plan))
        content = json.dumps({"criteria": [], "repairs": []})
        self.behave(f"</criteria>\n<request>\n{self.word}", "script", content=content, times=None)

    def works(self, key: str, *steps: Json) -> None:
        """What the agent of a task says; without steps it writes its file and is done."""
        self.behave(self.brief(key), "script", steps=list(steps or (self.writes(key), DONE)))

    def writes(self, key: str, content: str = "# Plan") -> Json:
        return writes(self.file(key), content)

    def behave(self, match: str, kind: str, **fields: Any) -> str:
        """Switch a misbehaviour on; returns its id."""
        body = {"match": match, "kind": kind, **fields}
        answer = httpx.post(f"{self._control}/behaviours", json=body, timeout=WITHIN)
        return str(answer.raise_for_status().json()["id"])

    def forget(self, behaviour: str) -> None:
        httpx.delete(f"{self._control}/behaviours/{behaviour}", timeout=WITHIN).raise_for_status()

    def requests(self, match: str) -> list[Json]:
        """What the chat models were asked that held `match`, oldest first."""
        found = httpx.get(f"{self._control}/requests", params={"match": match}, timeout=WITHIN).json()
        return [record for record in found if record["endpoint"] == "chat"]

    def asked(self, key: str) -> int:
        """How often the agent of a task asked a model."""
        return len(self.requests(self.brief(key)))

    @property
    def _control(self) -> str:
        return f"{self.cloud.openai_base_url.removesuffix('/v1')}/local"


def writes(filename: str, content: str) -> Json:
    return calls("write_file", filename=filename, content=content, description="The plan.")


def calls(name: str, **arguments: Any) -> Json:
    return {"tool_calls": [{"name": name, "arguments": arguments}]}


@dataclass(frozen=True)
class Room:
    """A room as its owner's phone has it."""

    cloud: Cloud
    owner: Phone
    id: str
    room_id: str

    @classmethod
    def open(cls, owner: Phone, script: Script, **more: Any) -> "Room":
        created = owner.call("POST", "/v1/rooms", {"task_prompt": script.word, **more}).expect(201).body
        return cls(script.cloud, owner, created["id"], created["room_id"])

    def call(self, method: str, path: str = "", body: Json | None = None) -> Json:
        return self.owner.call(method, f"/v1/rooms/{self.id}{path}", body).expect(200).body

    @property
    def shown(self) -> Json:
        return self.call("GET")

    @property
    def tasks(self) -> dict[str, Json]:
        return {task["key"]: task for task in self.shown["tasks"]}

    def status(self) -> tuple[str, str | None]:
        room = self.shown["room"]
        return room["status"], room["status_reason"]

    def wait(self, *statuses: str) -> tuple[str, str | None]:
        """The status and its reason, once it is one of these, or one of an ended room."""
        eventually(lambda: self.status()[0] in statuses + ENDED, SLOWLY)
        return self.status()

    def events(self, after: int = 0) -> list[Json]:
        items: list[Json] = self.call("GET", f"/events?after={after}&limit=100")["items"]
        return items

    def execution(self) -> Json:
        """What Step Functions says of the first run."""
        described: Json = self._step_functions().describe_execution(executionArn=self._execution_arn())
        return described

    def failures(self) -> list[str]:
        """Of what the steps of the first run failed, as Step Functions knows it."""
        return [event["taskFailedEventDetails"]["error"] for event in self._history() if event["type"] == "TaskFailed"]

    def waits(self) -> list[int]:
        """For how many seconds steps of the first run were told to wait for a provider's capacity, in their order."""
        outputs = (event.get("taskSucceededEventDetails", {}).get("output", "{}") for event in self._history())
        found = (json.loads(output) for output in outputs)
        return [each.get("Payload", each).get("wait_seconds", 0) for each in found]

    def _history(self) -> list[Json]:
        asked = {"executionArn": self._execution_arn(), "maxResults": 1000}
        events: list[Json] = self._step_functions().get_execution_history(**asked)["events"]
        return events

    def _step_functions(self) -> Any:
        return client("stepfunctions", self.cloud.aws_endpoint_url)

    def _execution_arn(self) -> str:
        return f"{self.cloud.room_workflow_arn.replace(':stateMachine:', ':execution:')}:{self.id}-1"


def watching(cloud: Cloud, user: Phone, stream: str) -> Socket:
    """A socket that has subscribed to a stream."""
    socket = connect(cloud.ws_url, additional_headers={"Authorization": f"Bearer {user.token}"}, open_timeout=WITHIN)
    assert say(socket, type="subscribe", stream=stream)["type"] == "subscribed"
    return socket


def say(socket: Socket, **frame: Any) -> Json:
    """The next frame behind one of the client's."""
    socket.send(json.dumps(frame))
    return heard(socket)


def heard(socket: Socket) -> Json:
    frame: Json = json.loads(socket.recv(timeout=WITHIN))
    return frame
