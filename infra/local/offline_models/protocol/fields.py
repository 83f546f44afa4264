"""What requests of both dialects are made of."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Verbosity = Literal["low", "medium", "high"]
# 16 pairs, keys of 64, values of 512 characters: https://platform.openai.com/docs/api-reference/responses/create
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]
# "with a maximum length of 128 characters": openai 3.54, types/responses/response_create_params.py
SafetyIdentifier = Annotated[str, StringConstraints(max_length=128)]


class Strict(BaseModel):
    """Anything that is not named is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Function(Strict):
    """A tool. One without `strict` is made strict by OpenAI itself, where it can be."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class StreamOptions(Strict):
    include_usage: bool = False
    include_obfuscation: bool = False


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
