"""A room as the model sees it: told by the prompts that the application writes, with tools that answer at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from openai import OpenAI

from shared.knowledge.queries import Passage
from shared.rooms import prompt_parts, prompts
from shared.rooms.files import TYPES
from shared.rooms.schemas import ROLES, Role
from shared.rooms.tools import tools_for
from shared.rooms.work import AgentFile
from tests.support.room_work import agent_file, athlete, task_work
from tests.unit.offline_models.pretend.stage import PASSAGES

TOOLS: Any = tools_for(task_work(), has_files=True)
MODEL = "hercules-extractive-1"
MOST_CALLS = 12
Call = tuple[str, dict[str, Any]]


def _schema(schema: dict[str, Any]) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def planned(client: OpenAI, request: str, roles: Sequence[Role] = ROLES, taken: Sequence[str] = ()) -> str:
    """The orchestrator's plan as it says it."""
    files = [agent_file(name, task_id=None) for name in taken]
    return _said(client, prompts.planning([request], roles, sorted(TYPES), files, athlete()), prompts.PLAN_SCHEMA)


def planned_by_responses(client: OpenAI, request: str) -> str:
    """The same, asked in the other dialect."""
    messages: Any = prompts.planning([request], ROLES, sorted(TYPES), [], athlete())
    form: Any = {"type": "json_schema", "name": "answer", "strict": True, "schema": prompts.PLAN_SCHEMA}
    return client.responses.create(model=MODEL, input=messages, text={"format": form}).output_text


def reviewed(
    client: OpenAI, request: str, criteria: Sequence[str], contents: Mapping[str, str], problems: Sequence[str] = ()
) -> dict[str, Any]:
    messages = prompts.reviewing([request], criteria, contents, problems)
    review: dict[str, Any] = json.loads(_said(client, messages, prompts.REVIEW_SCHEMA))
    return review


def _said(client: OpenAI, messages: list[Any], schema: dict[str, Any]) -> str:
    answer = client.chat.completions.create(model=MODEL, messages=messages, response_format=_schema(schema))
    return str(answer.choices[0].message.content)


@dataclass
class Room:
    """One task at a time, as its agent does it. `files` are the room's, by name; `refused` are never written."""

    client: OpenAI
    request: str
    files: dict[str, str] = field(default_factory=dict)
    passages: dict[str, str] = field(default_factory=lambda: dict(PASSAGES))
    answer: str = "A marathon"
    refused: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)

    def work(self, role: Role, brief: str, deliverables: Sequence[str], *instructions: str) -> str:
        """Let an agent work to its end; returns its last words."""
        work = task_work(role, self._rows(), brief=brief, deliverables=list(deliverables))
        room = work.room.model_copy(update={"task_prompt": self.request})
        messages: list[Any] = prompts.working(work.model_copy(update={"room": room, "steer": list(instructions)}))
        for _ in range(MOST_CALLS):
            said = self.step(messages)
            messages += said
            if not said[0].get("tool_calls"):
                return str(said[0]["content"])
        raise AssertionError(f"no end after {self.calls}")

    def step(self, messages: list[Any]) -> list[Any]:
        """What the model says to these messages, with what its calls came to."""
        answer = self.client.chat.completions.create(
            model=MODEL, messages=messages, tools=TOOLS, max_completion_tokens=prompts.ANSWER_TOKENS
        )
        message = answer.choices[0].message
        said: dict[str, Any] = {"role": "assistant", "content": message.content}
        if not message.tool_calls:
            return [said]
        said["tool_calls"] = [call.to_dict() for call in message.tool_calls]
        return [said, *(self._answered(call) for call in said["tool_calls"])]

    def called(self, name: str) -> list[dict[str, Any]]:
        return [arguments for tool, arguments in self.calls if tool == name]

    def _answered(self, call: dict[str, Any]) -> dict[str, Any]:
        name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
        self.calls.append((name, arguments))
        return {"role": "tool", "tool_call_id": call["id"], "content": self._result(name, arguments)}

    def _result(self, name: str, arguments: dict[str, Any]) -> str:
        if name == "search_knowledge":
            found = [passage(title, text) for title, text in self.passages.items()]
            return prompt_parts.passages(found) if found else "The knowledge base has nothing on this."
        if name == "ask_owner":
            return prompt_parts.tag("answer", self.answer)
        file = arguments["filename"]
        if name == "read_file":
            return prompt_parts.file_text(file, self.files[file])
        if file in self.refused:
            return "The file was not written. A room may have 50 files."
        self.files[file] = arguments["content"]
        return f"Written: {file}, {len(arguments['content'])} bytes, sha256 0."

    def _rows(self) -> list[AgentFile]:
        return [agent_file(name, size=len(text), description="") for name, text in self.files.items()]


def passage(title: str, text: str) -> Passage:
    return Passage(
        chunk_id=UUID(int=1), source=title, title=title, heading="", version=1, content=text, score=1, rank_score=1
    )
