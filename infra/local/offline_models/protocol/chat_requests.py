"""Requests of /v1/chat/completions: the parts that are served here; anything else is a 400."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from infra.local.offline_models import conversation
from infra.local.offline_models.conversation import Call, Request, Role, ToolChoice
from infra.local.offline_models.protocol.fields import (
    Effort,
    Function,
    Metadata,
    Name,
    SafetyIdentifier,
    StreamOptions,
    Strict,
    Verbosity,
)


class TextPart(Strict):
    type: Literal["text"]
    text: str


class FunctionCall(Strict):
    name: str
    arguments: str


class ToolCall(BaseModel):
    """A call in the history; Gemini hangs fields of its own on it (`extra_content`)."""

    model_config = ConfigDict(extra="allow")

    id: str
    type: Literal["function"]
    function: FunctionCall


class Message(Strict):
    role: Role
    content: str | list[TextPart] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and not (self.role == "assistant" and (self.tool_calls or self.refusal)):
            raise ValueError(f"a message of role '{self.role}' needs 'content'.")
        if (self.role == "tool") != (self.tool_call_id is not None):
            raise ValueError("'tool_call_id' belongs to messages of role 'tool', and to all of them.")
        return self

    def plain(self) -> conversation.Message:
        text = "".join(part.text for part in self.content) if isinstance(self.content, list) else self.content or ""
        calls = tuple(Call(each.id, each.function.name, each.function.arguments) for each in self.tool_calls or [])
        return conversation.Message(self.role, text, calls, self.tool_call_id)


class JsonSchema(Strict):
    name: Name
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _has_its_schema(self) -> Self:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise ValueError("'json_schema' belongs to type 'json_schema', and only there.")
        return self


class Tool(Strict):
    type: Literal["function"]
    function: Function


class FunctionName(Strict):
    name: str


class NamedTool(Strict):
    type: Literal["function"]
    function: FunctionName


class ChatRequest(Strict):
    """The sampling and bookkeeping fields are accepted, as a real model would, and change nothing here."""

    model: str
    messages: list[Message] = Field(min_length=1)
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = Field(default=None, min_length=1, max_length=128)
    tool_choice: ToolChoice | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    n: Literal[1] | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    seed: int | None = None
    reasoning_effort: Effort | None = None
    verbosity: Verbosity | None = None
    store: bool | None = None
    metadata: Metadata | None = None
    user: str | None = None
    safety_identifier: SafetyIdentifier | None = None
    prompt_cache_key: str | None = None
    service_tier: str | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.stream_options and not self.stream:
            raise ValueError("'stream_options' is only allowed when 'stream' is true.")
        if self.tool_choice and not self.tools:
            raise ValueError("'tool_choice' is only allowed when 'tools' are specified.")
        if self._named_tool and self._named_tool not in {tool.function.name for tool in self.tools or []}:
            raise ValueError(f"Tool choice '{self._named_tool}' not found in 'tools' parameter.")
        _check_tool_answers(self.messages)
        return self

    @property
    def _named_tool(self) -> str | None:
        return self.tool_choice.function.name if isinstance(self.tool_choice, NamedTool) else None

    @property
    def json_schema(self) -> JsonSchema | None:
        return self.response_format.json_schema if self.response_format else None

    @property
    def includes_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def plain(self, effort: str | None) -> Request:
        """`effort` is the one that the request comes to for its model."""
        return Request(
            self.model,
            tuple(message.plain() for message in self.messages),
            tuple(plain_tool(tool.function) for tool in self.tools or []),
            self.tool_choice if isinstance(self.tool_choice, str) else "auto",
            self._named_tool,
            self.json_schema.schema_ if self.json_schema else None,
            self.response_format is not None and self.response_format.type != "text",
            self.max_completion_tokens or self.max_tokens,
            effort,
        )


def plain_tool(function: Function) -> conversation.Tool:
    nothing = {"type": "object", "properties": {}}
    return conversation.Tool(function.name, function.parameters or nothing, function.description or "")


def _check_tool_answers(messages: list[Message]) -> None:
    """Every tool call is answered right behind it, and nothing else is, as OpenAI demands."""
    waiting: set[str] = set()
    for place, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise ValueError(f"messages[{place}] of role 'tool' must answer a preceding tool call.")
            waiting.discard(message.tool_call_id)
            continue
        if waiting:
            break
        waiting = {call.id for call in message.tool_calls or []}
    if waiting:
        raise ValueError(f"These tool calls have no answer: {', '.join(sorted(waiting))}.")
