"""Requests of /v1/responses: the parts that are served here; anything else is a 400."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, Tag, model_validator

from infra.local.offline_models.conversation import Call, Message, Request, ToolChoice
from infra.local.offline_models.protocol.fields import (
    BY_KIND,
    CommonRequest,
    Effort,
    Function,
    Image,
    ImageDetail,
    JsonSchema,
    NamedFunction,
    Strict,
    Verbosity,
    Words,
)
from infra.local.offline_models.protocol.model_rules import effort_of

ENCRYPTED = "reasoning.encrypted_content"
Status = Literal["in_progress", "completed", "incomplete"]
CallId = Annotated[str, Field(min_length=1, max_length=64)]


class TextPart(Strict):
    type: Literal["input_text", "output_text", "refusal"]
    text: str | None = None
    refusal: str | None = None
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None

    @model_validator(mode="after")
    def _says_it(self) -> Self:
        if self.type != "refusal" and self.text is None:
            raise ValueError("'text' is missing.")
        return self


class ImagePart(Strict):
    """openai.types.responses.ResponseInputImageParam; here a picture comes with the request, or not at all."""

    type: Literal["input_image"]
    image_url: Image
    detail: ImageDetail | None = None

    @property
    def text(self) -> str:
        return ""

    @property
    def refusal(self) -> None:
        return None


Part = TextPart | ImagePart
Content = Annotated[Words | Annotated[list[Part], Tag("<list>")], BY_KIND]


class MessageItem(Strict):
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Content
    id: str | None = Field(default=None, pattern="^msg_")
    status: Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None

    @model_validator(mode="after")
    def _speaks_for_itself(self) -> Self:
        for part in self.content if isinstance(self.content, list) else []:
            if (part.type not in ("input_text", "input_image")) != (self.role == "assistant"):
                supported = "'output_text' and 'refusal'" if self.role == "assistant" else "'input_text'"
                raise ValueError(f"'{part.type}'. Supported values are: {supported}.")
        return self

    def plain(self) -> Message:
        return Message(self.role, _text(self.content))


class FunctionCallItem(Strict):
    type: Literal["function_call"]
    call_id: CallId
    name: str
    arguments: str
    id: str | None = Field(default=None, pattern="^fc_")
    status: Status | None = None

    def plain(self) -> Message:
        return Message("assistant", calls=(Call(self.call_id, self.name, self.arguments),))


class FunctionCallOutputItem(Strict):
    type: Literal["function_call_output"]
    call_id: CallId
    output: Content
    id: str | None = None
    status: Status | None = None

    def plain(self) -> Message:
        return Message("tool", _text(self.output), answers=self.call_id)


class ReasoningItem(Strict):
    type: Literal["reasoning"]
    id: str | None = Field(default=None, pattern="^rs_")
    summary: list[Any]
    content: list[Any] | None = None
    encrypted_content: str | None = None
    status: Status | None = None


class ItemReference(Strict):
    type: Literal["item_reference"] | None
    id: str


Item = MessageItem | FunctionCallItem | FunctionCallOutputItem | ReasoningItem | ItemReference
InputItem = Annotated[
    Annotated[MessageItem, Tag("<message>")]
    | Annotated[FunctionCallItem, Tag("<function_call>")]
    | Annotated[FunctionCallOutputItem, Tag("<function_call_output>")]
    | Annotated[ReasoningItem, Tag("<reasoning>")]
    | Annotated[ItemReference, Tag("<item_reference>")],
    BY_KIND,
]


class FunctionTool(Function):
    type: Literal["function"]


class NamedTool(NamedFunction):
    type: Literal["function"]


class TextFormat(Strict):
    type: Literal["text", "json_object"]


class JsonSchemaFormat(JsonSchema):
    type: Literal["json_schema"]


Format = Annotated[
    Annotated[TextFormat, Tag("<text>")]
    | Annotated[TextFormat, Tag("<json_object>")]
    | Annotated[JsonSchemaFormat, Tag("<json_schema>")],
    BY_KIND,
]


class Text(Strict):
    format: Format = TextFormat(type="text")
    verbosity: Verbosity | None = None


class Reasoning(Strict):
    effort: Effort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class ResponsesRequest(CommonRequest):
    input: Annotated[Words | Annotated[list[InputItem], Tag("<list>")], BY_KIND]
    instructions: str | None = None
    tools: list[FunctionTool] | None = Field(default=None, max_length=128)
    tool_choice: ToolChoice | NamedTool | None = None
    text: Text = Text()
    reasoning: Reasoning | None = None
    max_output_tokens: int | None = Field(default=None, ge=16)
    max_tool_calls: int | None = Field(default=None, ge=1)
    include: list[Literal["reasoning.encrypted_content", "message.output_text.logprobs"]] | None = None
    previous_response_id: str | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    truncation: Literal["auto", "disabled"] | None = None
    service_tier: Literal["auto", "default", "flex", "priority", "fast"] | None = None
    background: Literal[False] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        self.check_stream()
        offered = {tool.name for tool in self.tools or []}
        if self._named_tool and self._named_tool not in offered:
            raise ValueError(f"Tool choice 'function' not found in 'tools' parameter: '{self._named_tool}'.")
        if self.tool_choice == "required" and not offered:
            raise ValueError("Tool choice 'required' must be specified with 'tools' parameter.")
        return self

    @property
    def _named_tool(self) -> str | None:
        return self.tool_choice.name if isinstance(self.tool_choice, NamedTool) else None

    @property
    def items(self) -> list[Item]:
        """The input as items: a text is what a user says."""
        return [MessageItem(role="user", content=self.input)] if isinstance(self.input, str) else list(self.input)

    @property
    def json_schema(self) -> JsonSchema | None:
        return self.text.format if isinstance(self.text.format, JsonSchemaFormat) else None

    def plain(self, messages: list[Message]) -> Request:
        """With the messages that its input comes to."""
        instructions = [Message("developer", self.instructions)] if self.instructions else []
        return Request(
            self.model,
            (*instructions, *messages),
            tuple(tool.plain() for tool in self.tools or []),
            self.tool_choice if isinstance(self.tool_choice, str) else "auto",
            self._named_tool,
            self.json_schema.schema_ if self.json_schema else None,
            self.text.format.type != "text",
            self.max_output_tokens,
            effort_of(self.model, self.reasoning.effort if self.reasoning else None),
        )


def _text(content: str | list[Part]) -> str:
    return content if isinstance(content, str) else "".join(part.text or part.refusal or "" for part in content)
