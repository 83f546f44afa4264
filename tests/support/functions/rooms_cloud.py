"""What rooms need of AWS beside the secrets: a bucket, Step Functions that note what they are asked, and their run."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest

from shared.rooms import errors
from tests.support.functions.invocations import Context, run
from tests.support.stub_server import Request, Response, StubServer, stub_server

MACHINE = "arn:aws:states:eu-central-1:000000000000:stateMachine:rooms"
WORKER = Context(seconds_left=900)


@dataclass
class RoomsCloud:
    """A bucket by keys, and the requests to Step Functions and Lambda.

    `fails` has actions and methods that are answered 500.
    """

    secrets: Callable[[Request], Response]
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    invocations: list[dict[str, Any]] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)
    on_put: Callable[[], object] = lambda: None

    def reply(self, asked: Request) -> Response:
        target = asked.headers.get("x-amz-target", "")
        if target.startswith("AWSStepFunctions."):
            return self._step_functions(target.partition(".")[2], json.loads(asked.body))
        path = unquote(urlsplit(asked.path).path)
        if path.endswith("/invocations"):
            self.invocations.append(json.loads(asked.body))
            return Response(status=202)
        if path.startswith("/rooms-bucket/"):
            return self._bucket(asked, path.removeprefix("/rooms-bucket/"))
        return self.secrets(asked)

    def said(self, action: str) -> list[dict[str, Any]]:
        return [request for name, request in self.asked if name == action]

    def _step_functions(self, action: str, request: dict[str, Any]) -> Response:
        self.asked.append((action, request))
        if action in self.fails:
            return Response(b'{"__type": "InternalError"}', 500)
        arn = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{request.get('name', '')}"
        return Response(json.dumps({"executionArn": arn}).encode())

    def _bucket(self, asked: Request, key: str) -> Response:
        if asked.method in self.fails:
            return Response(status=500)
        if asked.method == "PUT":
            source = unquote(asked.headers.get("x-amz-copy-source", "")).removeprefix("/rooms-bucket/")
            self.objects[key] = self.objects[source] if source else asked.body
            self.on_put()
            return Response()
        if asked.method == "POST":
            for gone in re.findall(r"<Key>(.*?)</Key>", asked.body.decode()):
                self.objects.pop(unescape(gone), None)
            return Response(b"<DeleteResult/>", content_type="application/xml")
        if not key:
            prefix = parse_qs(urlsplit(asked.path).query)["prefix"][0]
            found = [f"<Key>{quote(each)}</Key>" for each in sorted(self.objects) if each.startswith(prefix)]
            return Response("".join(found).encode(), content_type="application/xml")
        if asked.method == "DELETE":
            self.objects.pop(key, None)
            return Response(status=204)
        return Response(self.objects[key]) if key in self.objects else Response(status=404)


@contextmanager
def rooms_cloud(parameters: StubServer, environment: pytest.MonkeyPatch) -> Iterator[RoomsCloud]:
    """The cloud at the address of all AWS services, and the environment that the functions of rooms have."""
    with stub_server() as server:
        cloud = RoomsCloud(parameters.reply)
        server.reply = cloud.reply
        environment.setenv("AWS_ENDPOINT_URL", server.url)
        environment.setenv("ROOMS_BUCKET", "rooms-bucket")
        environment.setenv("ROOM_WORKFLOW_ARN", MACHINE)
        yield cloud


@dataclass
class Workflow:
    """Does by hand, one after the other, what the state machine does."""

    room_id: str
    run: int = 1
    waiting: list[str] = field(default_factory=list)  # tokens

    def plan(self) -> list[list[str]]:
        planned: list[list[str]] = run("plan_room", {"room_id": self.room_id, "run": self.run}, WORKER)["waves"]
        return planned

    def work(self, task_id: str, context: Context = WORKER) -> str:
        """The outcome of one run_agent; a task that waits has its token stored."""
        told = run("run_agent", {"room_id": self.room_id, "task_id": task_id, "run": self.run}, context)
        if told["outcome"] == "waiting":
            token = f"token-{told['wait_id']}"
            run("ask_owner", {"room_id": self.room_id, "task_id": task_id, "wait_id": told["wait_id"], "token": token})
            self.waiting.append(token)
        return str(told["outcome"])

    def wave(self, waves: list[list[str]]) -> list[str]:
        return [self._tried(task_id) for wave in waves for task_id in wave]

    def review(self) -> list[list[str]]:
        repairs: list[list[str]] = run("review_room", {"room_id": self.room_id, "run": self.run}, WORKER)["repairs"]
        return repairs

    def finish(self, error: str | None = None) -> str:
        return str(run("finish_room", {"room_id": self.room_id, "run": self.run, "error": error})["status"])

    def whole(self) -> str:
        self.wave(self.plan())
        while repairs := self.review():
            self.wave(repairs)
        return self.finish()

    def _tried(self, task_id: str) -> str:
        """One attempt, then the Catch."""
        try:
            return self.work(task_id)
        except (errors.ProviderUnavailable, errors.ProviderRateLimited) as fault:
            event = {"room_id": self.room_id, "task_id": task_id, "fail": type(fault).__name__}
            return str(run("run_agent", event)["outcome"])
