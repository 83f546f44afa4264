"""Rooms and tasks as the database gives them to the workflow and its agents, for tests without one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.rooms.schemas import Review, Role, Task
from shared.rooms.work import AgentFile, RoomBrief, RoomState, RoomWork, StoredPlan, TaskBrief, TaskWork
from shared.safety.situation import StoredAthlete

ROOM_ID, USER_ID, TASK_ID = UUID(int=1), UUID(int=2), UUID(int=3)
TOKEN_LIMIT = 200_000  # as private.default_budget has it
REVIEW = Review(criteria=[], round=1)
NOON = datetime.fromisoformat("2026-11-29T12:00")  # where the owner is
CRITERIA = ["It answers the question.", "It names its sources.", "It is safe."]


def room_state(**changed: Any) -> RoomState:
    usual = {"id": ROOM_ID, "user_id": USER_ID, "task_prompt": "Plan my week", "folder_path": "rooms/1/"}
    return RoomState(
        **{
            **usual,
            "agents": [],
            "plan": StoredPlan(criteria=CRITERIA),
            "review": REVIEW,
            **changed,
        }
    )


def stored_task(number: int, *needs: int, **changed: Any) -> Task:
    """The task with the key `t<number>`, which delivers `t<number>.md`."""
    key = f"t{number}"
    usual = {"id": UUID(int=number), "key": key, "position": number, "role": "writer", "brief": f"Write {key}."}
    usual |= {"deliverables": [f"{key}.md"], "depends_on": [f"t{other}" for other in needs], "round": 0}
    unset = dict.fromkeys(("error_code", "summary", "started_at", "ended_at"))
    return Task(**{**usual, **unset, "status": "pending", "calls": 0, "part": 1, **changed})


def agent_file(name: str, task_id: UUID | None = TASK_ID, **changed: Any) -> AgentFile:
    usual = {"filename": name, "key": f"rooms/1/{name}", "size": 3, "sha256": "a" * 64, "mime": "text/markdown"}
    return AgentFile(**{**usual, "task_id": task_id, "status": "published", **changed})


def athlete(**profile: Any) -> StoredAthlete:
    return StoredAthlete(profile=profile, plan=None, workouts=[], now=NOON)


def room_work(*tasks: Task, files: list[AgentFile] | None = None, **changed: Any) -> RoomWork:
    return RoomWork(room=room_state(**changed), open=True, tasks=list(tasks), files=files or [], athlete=athlete())


def task_work(
    role: Role = "writer",
    files: list[AgentFile] | None = None,
    profile: Mapping[str, Any] | None = None,
    **changed: Any,
) -> TaskWork:
    """A task that delivers `a.md`; `profile` is the owner's, `changed` is of the task."""
    usual = {"id": TASK_ID, "role": role, "brief": "Write it.", "deliverables": ["a.md"], "attempt": 1}
    room = RoomBrief(id=ROOM_ID, user_id=USER_ID, task_prompt="Plan my week", folder_path="rooms/1/")
    task = TaskBrief(**{**usual, "tokens_used": 0, "transcript": [], **changed})
    who = athlete(**(profile or {}))
    return TaskWork(room=room, task=task, files=files or [], answers=[], steer=[], athlete=who, token_limit=TOKEN_LIMIT)
