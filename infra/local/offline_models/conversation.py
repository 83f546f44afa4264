"""A request to the model and its response, in one form whichever dialect they come in."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

Role = Literal["system", "developer", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
ToolChoice = Literal["none", "auto", "required"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call; `arguments` is JSON unless a script or the token limit broke it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Message:
    """`calls` are those of an assistant; a tool's message `answers` the call of that id."""

    role: Role
    text: str = ""
    calls: tuple[Call, ...] = ()
    answers: str | None = None


@dataclass(frozen=True)
class Tool:
    name: str
    parameters: Json
    description: str = ""


@dataclass(frozen=True)
class Request:
    """`schema` or `as_json` say that the answer is JSON; `token_limit` bounds thoughts and text together."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = "auto"
    named_tool: str | None = None
    schema: Json | None = None
    as_json: bool = False
    token_limit: int | None = None
    effort: str | None = None


@dataclass(frozen=True)
class Failure:
    """Why a response broke off on the provider's side."""

    code: str
    message: str


@dataclass(frozen=True)
class Response:
    """What the model says, and its price in tokens; `completion_tokens` hold the `reasoning_tokens`."""

    content: str | None = None
    calls: tuple[Call, ...] = ()
    refusal: str | None = None
    finish_reason: FinishReason = "stop"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    error: Failure | None = None

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


def new_call_id() -> str:
    return f"call_{uuid4().hex[:24]}"
