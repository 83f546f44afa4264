"""The items of a Responses request's `input`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, model_validator

from infra.local.offline_models.conversation import Call, Message
from infra.local.offline_models.dialects.fields import BY_KIND, Strict, Words

Status = Literal["in_progress", "completed", "incomplete"]


class TextPart(Strict):
    """The offline model sees no images and opens no files: such parts are taken and not read."""

    type: Literal["input_text", "output_text", "refusal", "input_image", "input_file"]
    text: str | None = None
    refusal: str | None = None
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None
    image_url: str | None = None
    detail: str | None = None
    filename: str | None = None
    file_data: str | None = None

    @model_validator(mode="after")
    def _says_it(self) -> TextPart:
        if self.type in ("input_text", "output_text") and self.text is None:
            raise ValueError("'text' is missing.")
        return self


Content = Annotated[Words | Annotated[list[TextPart], Tag("<list>")], BY_KIND]


class MessageItem(Strict):
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Content
    id: str | None = Field(default=None, pattern="^msg_")
    status: Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None

    @model_validator(mode="after")
    def _speaks_for_itself(self) -> MessageItem:
        own = {"output_text", "refusal"}
        for part in self.content if isinstance(self.content, list) else []:
            if (part.type in own) != (self.role == "assistant"):
                supported = "'output_text' and 'refusal'" if self.role == "assistant" else "'input_text'"
                raise ValueError(f"'{part.type}'. Supported values are: {supported}.")
        return self

    def plain(self) -> Message:
        parts = self.content if isinstance(self.content, list) else [TextPart(type="input_text", text=self.content)]
        return Message(self.role, "".join(part.text or part.refusal or "" for part in parts))


class FunctionCallItem(Strict):
    type: Literal["function_call"]
    call_id: str = Field(min_length=1, max_length=64)
    name: str
    arguments: str
    id: str | None = Field(default=None, pattern="^fc_")
    status: Status | None = None

    def plain(self) -> Message:
        return Message("assistant", calls=(Call(self.call_id, self.name, self.arguments),))


class FunctionCallOutputItem(Strict):
    type: Literal["function_call_output"]
    call_id: str = Field(min_length=1, max_length=64)
    output: Content
    id: str | None = None
    status: Status | None = None

    def plain(self) -> Message:
        parts = self.output if isinstance(self.output, list) else [TextPart(type="input_text", text=self.output)]
        return Message("tool", "".join(part.text or "" for part in parts), answers=self.call_id)


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


InputItem = Annotated[
    Annotated[MessageItem, Tag("<message>")]
    | Annotated[FunctionCallItem, Tag("<function_call>")]
    | Annotated[FunctionCallOutputItem, Tag("<function_call_output>")]
    | Annotated[ReasoningItem, Tag("<reasoning>")]
    | Annotated[ItemReference, Tag("<item_reference>")],
    BY_KIND,
]
