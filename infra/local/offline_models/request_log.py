"""What the models were asked lately, for tests that look at prompts, count calls or abort streams."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.local.offline_models.behaviours import Dialect, Endpoint, Provider

KEPT = 500
# A larger body is logged without its content: 500 records stay under 128 MB.
MAX_BODY = 256 * 1024


@dataclass
class Record:
    """One request; `status` is None while it is unanswered, `chunks_sent` counts a stream's events."""

    endpoint: Endpoint
    provider: Provider
    model: str | None
    inputs: int
    body: dict[str, Any] | None
    texts: Sequence[str] = field(repr=False)
    status: int | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    chunks_sent: int = 0
    aborted: bool = False
    dialect: Dialect | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: part for name, part in vars(self).items() if name != "texts"}


class RequestLog:
    """The last 500 requests, oldest first."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)

    def open(
        self,
        endpoint: Endpoint,
        body: dict[str, Any],
        size: int,
        provider: Provider = "openai",
        dialect: Dialect | None = None,
    ) -> Record:
        """Note a request of `size` bytes; the caller fills in how it went."""
        model, texts = body.get("model"), texts_of(endpoint, body)
        small = size <= MAX_BODY
        record = Record(
            endpoint,
            provider,
            model if isinstance(model, str) else None,
            len(texts) if endpoint == "embeddings" else 0,
            body if small else None,
            texts if small else (),
            dialect=dialect,
        )
        self._records.append(record)
        return record

    def matching(self, text: str) -> list[Record]:
        return [record for record in self._records if not text or any(text in known for known in record.texts)]

    def clear(self) -> None:
        self._records.clear()


def texts_of(endpoint: Endpoint, body: dict[str, Any]) -> list[str]:
    """The message contents or inputs of a request that has not been validated yet, whatever its dialect."""
    if endpoint == "embeddings":
        return _strings(body.get("input"))
    told = [body.get("instructions"), *(body[name] for name in ("messages", "input") if name in body)]
    return [text for part in told for text in _said(part)]


def _said(part: Any) -> list[str]:
    if not isinstance(part, list):
        return _strings(part)
    contents = (item.get(name) for item in part if isinstance(item, dict) for name in ("content", "output"))
    return [text for content in contents for text in _strings(content)]


def _strings(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    parts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return [part for part in parts if isinstance(part, str)]
