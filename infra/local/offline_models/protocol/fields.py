"""What requests of both dialects are made of."""

import base64
import binascii
import re
from io import BytesIO
from typing import Annotated, Any, Literal

import PIL.Image
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from infra.local.offline_models import conversation

Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]
# 16 pairs, keys of 64, values of 512 characters: https://platform.openai.com/docs/api-reference/responses/create
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]


ImageDetail = Literal["low", "high", "auto", "original"]  # openai.types.responses.ImageDetail
_IMAGE = re.compile(r"data:image/(png|jpeg|webp|gif);base64,(.+)", re.DOTALL)


def image_of(url: str) -> str:
    """The URL itself. Raises ValueError for one that holds no picture: nothing is fetched here."""
    found = _IMAGE.fullmatch(url)
    try:
        content = base64.b64decode(found[2], validate=True) if found else b""
        with PIL.Image.open(BytesIO(content), formats=[found[1]] if found else []) as picture:
            picture.load()
    except (binascii.Error, OSError, SyntaxError, ValueError):
        raise ValueError("The image data you provided does not represent a valid image.") from None
    return url


Image = Annotated[str, AfterValidator(image_of)]


class Strict(BaseModel):
    """Anything that is not named is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Function(Strict):
    """A tool. One without `strict` is made strict by OpenAI itself, where it can be."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None

    def plain(self) -> conversation.Tool:
        nothing = {"type": "object", "properties": {}}
        return conversation.Tool(self.name, self.parameters or nothing, self.description or "")


class NamedFunction(Strict):
    name: str


class JsonSchema(Strict):
    name: Name
    description: str | None = None
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class StreamOptions(Strict):
    include_usage: bool = False
    include_obfuscation: bool = False


class CommonRequest(Strict):
    """What both dialects name alike. The sampling and bookkeeping fields are taken and change nothing here."""

    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    parallel_tool_calls: bool | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    store: bool | None = None
    metadata: Metadata | None = None
    user: str | None = None
    # "with a maximum length of 128 characters": openai 3.54, types/responses/response_create_params.py
    safety_identifier: str | None = Field(default=None, max_length=128)
    prompt_cache_key: str | None = None

    def check_stream(self) -> None:
        """Raises ValueError."""
        if self.stream_options and not self.stream:
            raise ValueError("'stream_options' is only allowed when 'stream' is true.")


def _tag(value: Any) -> str:
    """Which of the things that may stand here: no tag is an identifier, so that an error's place leaves it out."""
    if isinstance(value, str):
        return "<text>"
    if isinstance(value, list):
        return "<list>"
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"<{kind or 'message'}>"


BY_KIND = Discriminator(_tag)
Words = Annotated[str, Tag("<text>")]
