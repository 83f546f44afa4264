"""Requests of /v1/chat/completions: the parts that are served here; anything else is a 400."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from infra.local.offline_models import conversation
from infra.local.offline_models.conversation import Call, Request, Role, ToolChoice
from infra.local.offline_models.protocol.fields import (
    CommonRequest,
    Effort,
    Function,
    Image,
    ImageDetail,
    JsonSchema,
    NamedFunction,
    Strict,
    Verbosity,
)
from infra.local.offline_models.protocol.model_rules import effort_of


class TextPart(Strict):
    type: Literal["text"]
    text: str


class ImageUrl(Strict):
    url: Image
    detail: ImageDetail | None = None


class ImagePart(Strict):
    """openai.types.chat.ChatCompletionContentPartImageParam; of data URLs alone, as Gemini's own guide has them."""

    type: Literal["image_url"]
    image_url: ImageUrl

    @property
    def text(self) -> str:
        return ""


class FunctionCall(Strict):
    name: str
    arguments: str


class ToolCall(Strict):
    """A call in the history; Gemini hangs `extra_content` on it."""

    id: str
    type: Literal["function"]
    function: FunctionCall
    extra_content: Any = None


class Message(Strict):
    role: Role
    content: str | list[TextPart | ImagePart] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and not (self.role == "assistant" and (self.tool_calls or self.refusal)):
            raise ValueError(f"a message of role '{self.role}' needs 'content'.")
        if self.role != "user" and any(isinstance(part, ImagePart) for part in self.content or ()):
            raise ValueError("'image_url' is only allowed in messages of role 'user'.")
        if (self.role == "tool") != (self.tool_call_id is not None):
            raise ValueError("'tool_call_id' belongs to messages of role 'tool', and to all of them.")
        return self

    def plain(self) -> conversation.Message:
        text = "".join(part.text for part in self.content) if isinstance(self.content, list) else self.content or ""
        calls = tuple(Call(each.id, each.function.name, each.function.arguments) for each in self.tool_calls or [])
        return conversation.Message(self.role, text, calls, self.tool_call_id)


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


class NamedTool(Strict):
    type: Literal["function"]
    function: NamedFunction


class ChatRequest(CommonRequest):
    messages: list[Message] = Field(min_length=1)
    stop: str | list[str] | None = None
    max_completion_tokens: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    response_format: ResponseFormat | None = None
    tools: list[Tool] | None = Field(default=None, min_length=1, max_length=128)
    tool_choice: ToolChoice | NamedTool | None = None
    n: Literal[1] | None = None
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    seed: int | None = None
    reasoning_effort: Effort | None = None
    verbosity: Verbosity | None = None
    service_tier: str | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        self.check_stream()
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

    def plain(self) -> Request:
        return Request(
            self.model,
            tuple(message.plain() for message in self.messages),
            tuple(tool.function.plain() for tool in self.tools or []),
            self.tool_choice if isinstance(self.tool_choice, str) else "auto",
            self._named_tool,
            self.json_schema.schema_ if self.json_schema else None,
            self.response_format is not None and self.response_format.type != "text",
            self.max_completion_tokens or self.max_tokens,
            effort_of(self.model, self.reasoning_effort),
        )


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
