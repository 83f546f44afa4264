"""What a client may send to /v1/responses: the parts that are served here; anything else is a 400."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, model_validator

from infra.local.offline_models import conversation
from infra.local.offline_models.dialects.fields import (
    BY_KIND,
    Choice,
    Effort,
    Metadata,
    Name,
    SafetyIdentifier,
    Schema,
    Strict,
    Words,
    no_parameters,
)
from infra.local.offline_models.dialects.responses_items import InputItem, MessageItem

ENCRYPTED = "reasoning.encrypted_content"


class FunctionTool(Strict):
    """A tool without `strict` is made strict by OpenAI itself, where it can be."""

    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: Schema | None = None
    strict: bool | None = None

    def plain(self) -> conversation.Tool:
        return conversation.Tool(self.name, self.parameters or no_parameters(), self.description or "")


class NamedTool(Strict):
    type: Literal["function"]
    name: str


class AllowedTools(Strict):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[NamedTool] = Field(min_length=1)


class TextFormat(Strict):
    type: Literal["text", "json_object"]


class JsonSchemaFormat(Strict):
    type: Literal["json_schema"]
    name: Name
    schema_: Schema = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


Format = Annotated[
    Annotated[TextFormat, Tag("<text>")]
    | Annotated[TextFormat, Tag("<json_object>")]
    | Annotated[JsonSchemaFormat, Tag("<json_schema>")],
    BY_KIND,
]


class Text(Strict):
    format: Format = TextFormat(type="text")
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(Strict):
    effort: Effort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None


class StreamOptions(Strict):
    include_obfuscation: bool = False


class ResponsesRequest(Strict):
    """The sampling and bookkeeping fields are accepted, as a real model would, and change nothing here."""

    model: str
    input: Annotated[Words | Annotated[list[InputItem], Tag("<list>")], BY_KIND]
    instructions: str | None = None
    tools: list[FunctionTool] | None = Field(default=None, max_length=128)
    tool_choice: Choice | NamedTool | AllowedTools | None = None
    text: Text = Text()
    reasoning: Reasoning | None = None
    max_output_tokens: int | None = Field(default=None, ge=16)
    max_tool_calls: int | None = Field(default=None, ge=1)
    store: bool | None = None
    include: list[Literal["reasoning.encrypted_content", "message.output_text.logprobs"]] | None = None
    previous_response_id: str | None = None
    metadata: Metadata | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    safety_identifier: SafetyIdentifier | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    truncation: Literal["auto", "disabled"] | None = None
    user: str | None = None
    service_tier: Literal["auto", "default", "flex", "priority", "fast"] | None = None
    background: Literal[False] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> ResponsesRequest:
        if self.stream_options and not self.stream:
            raise ValueError("'stream_options' is only allowed when 'stream' is true.")
        offered = {tool.name for tool in self.tools or []}
        for name in self._chosen:
            if name not in offered:
                raise ValueError(f"Tool choice 'function' not found in 'tools' parameter: '{name}'.")
        if self.tool_choice == "required" and not offered:
            raise ValueError("Tool choice 'required' must be specified with 'tools' parameter.")
        return self

    @property
    def items(self) -> list[Any]:
        """The input as items: a text is what a user says."""
        return [MessageItem(role="user", content=self.input)] if isinstance(self.input, str) else self.input

    @property
    def effort(self) -> str | None:
        return self.reasoning.effort if self.reasoning else None

    @property
    def _chosen(self) -> list[str]:
        if isinstance(self.tool_choice, AllowedTools):
            return [tool.name for tool in self.tool_choice.tools]
        return [self.tool_choice.name] if isinstance(self.tool_choice, NamedTool) else []

    def conversation(self, messages: list[conversation.Message], effort: str | None) -> conversation.Conversation:
        """The request in plain, with the messages of its whole history and the effort that it comes to."""
        choice, form = self.tool_choice, self.text.format
        tools = tuple(tool.plain() for tool in self.tools or [])
        mode: Choice = "auto"
        if isinstance(choice, AllowedTools):
            mode, tools = choice.mode, tuple(tool for tool in tools if tool.name in self._chosen)
        elif isinstance(choice, str):
            mode = choice
        told = [conversation.Message("developer", self.instructions)] if self.instructions else []
        return conversation.Conversation(
            self.model,
            (*told, *messages),
            tools,
            mode,
            choice.name if isinstance(choice, NamedTool) else None,
            form.schema_ if isinstance(form, JsonSchemaFormat) else None,
            form.type != "text",
            self.max_output_tokens,
            effort,
        )
