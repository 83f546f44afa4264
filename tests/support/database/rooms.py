"""A user's rooms through the database's own functions, as the workflow and its agents call them."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.threads import at_once
from tests.support.database.turns import Refusal

T = TypeVar("T")
SHA = "a" * 64


class Rooms:
    """One user's rooms, with a connection."""

    def __init__(self, connection: Connection, user: UUID | None = None) -> None:
        self.connection = connection
        self.user = user or add_user(connection)

    def call(self, function: str, **arguments: Any) -> Any:
        """The function's result, or the refusal. Documents go as JSON; a refusal undoes what the function did."""
        named = ", ".join(f"p_{name} => %({name})s" for name in arguments)
        sent = {name: Jsonb(x) if isinstance(x, dict | list) else x for name, x in arguments.items()}
        try:
            with self.connection.transaction():
                row = self.connection.execute(f"select public.{function}({named})", sent).fetchone()
        except psycopg.Error as error:
            return Refusal(error.sqlstate or "", error.diag.message_primary or "", error.diag.message_detail or "")
        assert row is not None
        return row[0]

    def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, arguments).fetchall()

    def value(self, query: str, *arguments: Any) -> Any:
        ((found,),) = self.rows(query, *arguments)
        return found

    # ------------------------------------------------------------------------------------------------ owner
    def create(self, key: str | None = None, **room: Any) -> Any:
        wanted = {"task_prompt": "Write a squat guide."} | room
        return self.call("create_room", user_id=self.user, room=wanted, idempotency_key=key, request_hash=SHA)

    def opened(self, **limits: Any) -> str:
        """The id of a new room with these limits, at work."""
        room = str(self.create(limits=limits)["room"]["id"])
        self.call("start_room", room_id=room, execution_arn="arn:x")
        return room

    def upload(self, filename: str = "in.md", size: int = 5) -> str:
        return str(self.register(file=written(filename, size))["file"]["id"])

    def register(self, **more: Any) -> Any:
        return self.call("register_upload", user_id=self.user, **more)

    def answer(self, room: str, key: str | None = None, **answer: Any) -> Any:
        return self.call(
            "answer_input", user_id=self.user, room=room, answer=answer, idempotency_key=key, request_hash=SHA
        )

    def answered_long_ago(self, wait: str) -> None:
        """As if an input had been answered 20 minutes ago."""
        change = "set answered_at = answered_at - interval '20 minutes' where"
        self.connection.execute(f"update room_inputs {change} id = %s", (wait,))
        self.connection.execute(f"update private.room_task_tokens {change} input_id = %s", (wait,))

    def cancel(self, room: str) -> Any:
        return self.call("cancel_room", user_id=self.user, room=room)

    def retry(self, room: str) -> Any:
        return self.call("retry_room", user_id=self.user, room=room)

    def share(self, room: str, on: bool) -> Any:
        return self.call("share_room", user_id=self.user, room=room, on=on)

    def snapshot(self, room: str) -> Any:
        return self.call("room_snapshot", user_id=self.user, room=room)

    # --------------------------------------------------------------------------------------------- workflow
    def plan(self, room: str, **tasks: str) -> list[str]:
        """The ids of tasks given as key="keys of those before it"."""
        planned = [task(key, *before.split()) for key, before in tasks.items()]
        return ids(self.call("store_plan", room_id=room, plan={"criteria": ["whole"]}, tasks=planned))

    def begin(self, room: str, task: str, lease: float = 60, run: int | None = None) -> Any:
        return self.call("begin_task", room_id=room, task_id=task, lease_seconds=lease, run=run)

    def release(self, room: str, task: str, attempt: int | None = None) -> bool:
        return bool(self.call("release_task", room_id=room, task_id=task, attempt=attempt)["released"])

    def begin_step(self, room: str, task: str | None, tokens: int = 10, cost: float = 0, **more: Any) -> Any:
        return self.call("begin_step", room_id=room, task_id=task, tokens=tokens, cost=Decimal(str(cost)), **more)

    def record(self, room: str, task: str | None, step: str = "1", tokens: int = 10, **more: Any) -> Any:
        attempt = more.pop("attempt", None)
        messages = more.pop("messages", [])
        said = {"agent_name": "@writer", "content": "Write.", "step": step, "tokens": tokens, "token_count": tokens}
        return self.call(
            "record_step", room_id=room, task_id=task, step=said | more, messages=messages, attempt=attempt
        )

    def draft(self, room: str, task: str, filename: str = "a.md", size: int = 5, attempt: int | None = None) -> Any:
        return self.call("draft_file", room_id=room, task_id=task, file=written(filename, size), attempt=attempt)

    def finish_task(self, room: str, task: str, attempt: int | None = None) -> Any:
        return self.call("finish_task", room_id=room, task_id=task, summary="Done.", attempt=attempt)

    def fail_task(self, room: str, task: str, attempt: int | None = None) -> Any:
        return self.call("fail_task", room_id=room, task_id=task, error_code="stuck", attempt=attempt)

    def ask(self, room: str, task: str, kind: str = "question", attempt: int | None = None) -> Any:
        return self.call("request_input", room_id=room, task_id=task, kind=kind, question="How heavy?", attempt=attempt)

    def save_token(self, wait: str, token: str) -> Any:
        return self.call("save_task_token", wait_id=wait, token=token)

    def finish(self, room: str, **outcome: Any) -> Any:
        return self.call("finish_room", room_id=room, outcome=outcome)

    def do(self, room: str, task: str, tokens: int = 10, cost: float = 0, provider: str = "OpenAI") -> Any:
        """A task from its beginning to its end, in one call."""
        assert self.begin(room, task)["outcome"] == "run"
        assert self.begin_step(room, task, tokens, cost)["proceed"]
        self.record(room, task, tokens=tokens, cost=cost, provider=provider, model_used="m")
        return self.finish_task(room, task)

    # ------------------------------------------------------------------------------------------- what there is
    def events(self, room: str) -> list[str]:
        """The types of a room's events in their order; of tasks with the task's key and status."""
        found = self.rows("select type, data from ai_events where stream = 'room:' || %s order by seq", room)
        return [" ".join([kind, *self._of(data)]) for kind, data in found]

    def _of(self, data: dict[str, Any]) -> list[str]:
        if "task" in data:
            return [data["task"]["key"], data["task"]["status"]]
        return [data["room"]["status"]] if "room" in data else []

    def statuses(self, room: str) -> list[str]:
        return [row[0] for row in self.rows("select status from room_tasks where room_id = %s order by position", room)]

    def room(self, room: str) -> tuple[str, str | None]:
        """Its status and the reason."""
        ((status, reason),) = self.rows("select status, status_reason from rooms where id = %s", room)
        return status, reason

    def week(self) -> tuple[int, int, float, float]:
        """Tokens used and reserved, cost used and reserved, over all weeks."""
        return self.rows(
            "select coalesce(sum(tokens_used), 0)::int, coalesce(sum(tokens_reserved), 0)::int, "
            "coalesce(sum(cost_estimate), 0)::float, coalesce(sum(cost_reserved), 0)::float from ai_usage "
            "where user_id = %s",
            self.user,
        )[0]

    def lease_left(self, task: str) -> float:
        """Seconds for which its worker may still be silent."""
        return float(
            self.value("select extract(epoch from lease_until - clock_timestamp()) from room_tasks where id = %s", task)
        )

    def kill_worker(self, task: str) -> None:
        """As if a worker had been silent for longer than its lease."""
        self.connection.execute("update room_tasks set lease_until = now() - interval '1 s' where id = %s", (task,))


def task(key: str, *before: str, role: str = "writer") -> dict[str, Any]:
    return {"key": key, "role": role, "brief": f"Do {key}.", "deliverables": [f"{key}.md"], "depends_on": list(before)}


def ids(work: Any) -> list[str]:
    return [str(found["id"]) for found in work["tasks"]]


def written(filename: str, size: int) -> dict[str, Any]:
    return {"filename": filename, "key": f"rooms/x/{uuid4()}", "size": size, "sha256": SHA, "mime": "text/markdown"}


def rooms_at_once(url: str, user: UUID, *acts: Callable[[Rooms], T]) -> list[T]:
    """What each act returned, all of them begun together on connections of their own."""
    return at_once(url, *(partial(_of, user, act) for act in acts))


def _of(user: UUID, act: Callable[[Rooms], T], connection: Connection) -> T:
    return act(Rooms(connection, user))
