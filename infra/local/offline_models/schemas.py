"""What a client may send: the parts of OpenAI's requests that are served here; anything else is a 400."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from infra.local.offline_models.strict_schema import strictness_fault

NAME = r"^[a-zA-Z0-9_-]{1,64}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EmbeddingRequest(_Strict):
    model: str
    input: str | list[str]  # token arrays are not served: MiniLM has other tokens
    dimensions: int = Field(default=512, ge=384, le=4096)
    encoding_format: Literal["float", "base64"] = "float"
    user: str | None = None

    @model_validator(mode="after")
    def _of_texts(self) -> EmbeddingRequest:
        texts = self.texts
        if not 1 <= len(texts) <= 2048:
            raise ValueError("'input' must hold 1 to 2048 texts.")
        if not all(texts):
            raise ValueError("'input' cannot contain an empty string.")
        return self

    @property
    def texts(self) -> list[str]:
        return [self.input] if isinstance(self.input, str) else self.input


class TextPart(_Strict):
    type: Literal["text"]
    text: str


class FunctionCall(_Strict):
    name: str
    arguments: str


class ToolCall(BaseModel):
    """A call in the history; providers hang fields of their own on it (Gemini's `extra_content`)."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class Message(_Strict):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Message:
        if self.content is None and not (self.role == "assistant" and (self.tool_calls or self.refusal)):
            raise ValueError(f"a message of role '{self.role}' needs 'content'.")
        if (self.role == "tool") != (self.tool_call_id is not None):
            raise ValueError("'tool_call_id' belongs to messages of role 'tool', and to all of them.")
        return self

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class JsonSchema(_Strict):
    name: str = Field(pattern=NAME)
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None

    @model_validator(mode="after")
    def _is_strict(self) -> JsonSchema:
        _check_strictness(f"response_format '{self.name}'", self.schema_, self.strict)
        return self


class ResponseFormat(_Strict):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _has_its_schema(self) -> ResponseFormat:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise ValueError("'json_schema' belongs to type 'json_schema', and only there.")
        return self


class Function(_Strict):
    name: str = Field(pattern=NAME)
    description: str | None = None
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    strict: bool | None = None

    @model_validator(mode="after")
    def _is_strict(self) -> Function:
        _check_strictness(f"function '{self.name}'", self.parameters, self.strict)
        return self


class Tool(_Strict):
    type: Literal["function"]
    function: Function


class FunctionName(_Strict):
    name: str


class NamedTool(_Strict):
    type: Literal["function"]
    function: FunctionName


class StreamOptions(_Strict):
    include_usage: bool = False
    include_obfuscation: bool = False


class ChatRequest(_Strict):
    """The sampling and bookkeeping fields are accepted, as a real model would, and change nothing here."""

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = Field(default=None, min_length=1, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    n: Literal[1] | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    seed: int | None = None
    reasoning_effort: str | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    store: bool | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    safety_identifier: str | None = Field(default=None, max_length=64)
    prompt_cache_key: str | None = None
    service_tier: str | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> ChatRequest:
        if self.stream_options and not self.stream:
            raise ValueError("'stream_options' is only allowed when 'stream' is true.")
        if self.tool_choice and not self.tools:
            raise ValueError("'tool_choice' is only allowed when 'tools' are specified.")
        if isinstance(self.tool_choice, NamedTool):
            self.tool_named(self.tool_choice.function.name)
        _check_tool_answers(self.messages)
        return self

    def tool_named(self, name: str) -> Tool:
        for tool in self.tools or []:
            if tool.function.name == name:
                return tool
        raise ValueError(f"Tool choice '{name}' not found in 'tools' parameter.")

    @property
    def token_limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


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


def _check_strictness(owner: str, schema: dict[str, Any], strict: bool | None) -> None:
    fault = strictness_fault(schema) if strict else None
    if fault:
        raise ValueError(f"Invalid schema for {owner}: {fault}")
