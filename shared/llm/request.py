"""What a model is asked, in no provider's words: the dialects put it into theirs."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from shared.llm import tokens

# As Chat Completions writes them (role, content, tool_calls, tool_call_id). One of a model may also carry what its own
# provider wants back: `reasoning` (see dialects.responses), `extra_content` on a call (Gemini's thought signatures).
# A user's may have `images`, data URLs of PNG or JPEG files, for a model that sees (`Figures.sees`).
Message = dict[str, Any]

# Of one picture, at most: OpenAI counts up to 1,536 patches, times 1.62 for small models, Gemini some 1,100 tokens.
# https://developers.openai.com/api/docs/guides/images-vision, https://ai.google.dev/gemini-api/docs/media-resolution
IMAGE_TOKENS = 2_500


@dataclass(frozen=True)
class Request:
    """`schema` is the JSON schema of an answer that calls no tool; without one it is plain text.

    `visible_tokens` bound what is said, not what is thought before. `effort` is the operator's unless given.
    """

    messages: Sequence[Message]
    visible_tokens: int
    user_id: UUID
    tools: Sequence[Message] = ()
    schema: Message | None = None
    effort: str | None = None

    @functools.cached_property
    def prompt_tokens(self) -> int:
        """An estimate, for a reservation and for a provider that states no usage."""
        said = [str(message.get("content") or "") for message in self.messages]
        called = [str(message["tool_calls"]) for message in self.messages if message.get("tool_calls")]
        offered = [str(list(self.tools))] if self.tools else []
        shaped = [str(self.schema)] if self.schema else []
        shown = sum(len(message.get("images", ())) for message in self.messages)
        return sum(map(tokens.count, [*said, *called, *offered, *shaped])) + shown * IMAGE_TOKENS

    @property
    def without_thoughts(self) -> Self:
        """The same, for a provider that cannot read the `reasoning` that it gave."""
        return replace(self, messages=[{**message, "reasoning": None} for message in self.messages])

    @property
    def tool_names(self) -> frozenset[str]:
        return frozenset(str(tool["function"]["name"]) for tool in self.tools)
