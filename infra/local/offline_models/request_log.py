"""What the models were asked lately, for tests that look at prompts, count calls or abort streams."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.local.offline_models.behaviours import Endpoint, Provider
from infra.local.offline_models.conversation import Json

Dialect = Literal["chat_completions", "responses"]
KEPT = 500
MAX_BODY = 256 * 1024  # bytes; a larger body is logged without its content: 500 records stay under 128 MB


@dataclass
class Record:
    """One request; `status` is None while it is unanswered, `chunks_sent` counts a stream's events."""

    endpoint: Endpoint
    provider: Provider
    model: str | None
    inputs: int
    body: Json | None
    texts: Sequence[str] = field(repr=False)
    dialect: Dialect | None = None
    status: int | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    chunks_sent: int = 0
    aborted: bool = False

    def as_json(self) -> Json:
        return {name: part for name, part in vars(self).items() if name != "texts"}


class RequestLog:
    """The last 500 requests, oldest first."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)

    def open(
        self, endpoint: Endpoint, body: Json, size: int, provider: Provider = "openai", dialect: Dialect | None = None
    ) -> Record:
        """Note a request of `size` bytes; the caller fills in how it went."""
        model, texts = body.get("model"), texts_of(endpoint, body)
        inputs = len(texts) if endpoint == "embeddings" else 0
        kept, searched = (body, texts) if size <= MAX_BODY else (None, [])
        model = model if isinstance(model, str) else None
        record = Record(endpoint, provider, model, inputs, kept, searched, dialect)
        self._records.append(record)
        return record

    def matching(self, text: str) -> list[Record]:
        return [record for record in self._records if not text or any(text in known for known in record.texts)]


def texts_of(endpoint: Endpoint, body: Json) -> list[str]:
    """The message contents or inputs of a request that has not been validated yet, whatever its dialect."""
    if endpoint != "chat":
        return _strings(body.get("input"))
    return [text for name in ("instructions", "messages", "input") for text in _said(body.get(name))]


def _said(part: Any) -> list[str]:
    if not isinstance(part, list):
        return _strings(part)
    contents = (item.get(name) for item in part if isinstance(item, dict) for name in ("content", "output"))
    return [text for content in contents for text in _strings(content)]


def _strings(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return [text for text in texts if isinstance(text, str)]
