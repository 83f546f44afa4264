"""Words for tests of rooms: what is asked of the API, and what the scripted models say."""

import json
from typing import Any

import psycopg

from infra.local.offline_models.server import RunningModels
from tests.support.functions.invocations import User, request
from tests.support.model_requests import asked_messages

Connection = psycopg.Connection[tuple[Any, ...]]
CRITERIA = ["It answers the question.", "It names its sources.", "It is safe."]


def create(user: User, prompt: str, **more: Any) -> dict[str, Any]:
    answer = request("create_room", "POST", "/v1/rooms", user.token, {"task_prompt": prompt, **more})
    assert answer.status == 201, answer.body
    body: dict[str, Any] = answer.body
    return body


def snapshot(user: User, room: dict[str, Any]) -> dict[str, Any]:
    answer = request("get_room", "GET", f"/v1/rooms/{room['id']}", user.token)
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body
    return body


def task(key: str, mark: str, **changed: Any) -> dict[str, Any]:
    usual = {"role": "writer", "brief": f"brief-{key}-{mark}", "deliverables": [f"{key}.md"], "depends_on": []}
    return {"key": key, **usual, **changed}


def plans(models: RunningModels, mark: str, *tasks: dict[str, Any], request: str | None = None) -> None:
    """What the orchestrator plans and the reviewer says: nothing is to be repaired.

    What stands before the request tells their prompts from each other and from those of agents, who have it too.
    """
    plan = json.dumps({"criteria": CRITERIA, "tasks": tasks})
    models.behave(f"</files>\n<request>\n{request or mark}", "script", content=plan)
    review = json.dumps({"criteria": [], "repairs": []})
    models.behave(f"</criteria>\n<request>\n{request or mark}", "script", content=review)


def works(models: RunningModels, key: str, mark: str, *steps: dict[str, Any]) -> str:
    return models.behave(f"brief-{key}-{mark}", "script", steps=list(steps))


def calls(*named: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"tool_calls": [{"name": name, "arguments": arguments} for name, arguments in named]}


def writes(name: str, content: str = "# Plan") -> tuple[str, dict[str, Any]]:
    return "write_file", {"filename": name, "content": content, "description": "The plan."}


DONE = {"content": "Delivered."}


def requests_of(models: RunningModels, mark: str, part: str) -> list[dict[str, Any]]:
    """The bodies of the chat requests that have both, oldest first."""
    asked = [record["body"] for record in models.requests(mark) if record["endpoint"] == "chat"]
    bodies = [body | {"messages": asked_messages(body)} for body in asked]
    return [body for body in bodies if part in json.dumps(body["messages"])]


def asked_of(models: RunningModels, key: str, mark: str) -> list[dict[str, Any]]:
    """What the agent of a task sent to its model."""
    return requests_of(models, f"brief-{key}-{mark}", "<deliverables>")


def messages_of(database: Connection, room: dict[str, Any], task_id: str) -> list[Any]:
    return database.execute(
        "select step from ai_messages where room_id = %s and task_id = %s", (room["id"], task_id)
    ).fetchall()


def release(database: Connection, task_id: str) -> None:
    """The time after which a silent worker counts as dead is over."""
    database.execute("update room_tasks set lease_until = now() - interval '1 s' where id = %s", (task_id,))
