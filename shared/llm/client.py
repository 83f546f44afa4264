"""Speaks to a provider over HTTPS: JSON there, and JSON or the stream of an answer back.

The package `openai` would do no more for us, and takes half a second to load: docs/decisions/no-sdk-for-models.md.
"""

import os
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from shared.llm.request import Message
from shared.platform.process import keep
from shared.platform.tls import trusted

MAX_TOKENS = 10_000_000  # that a provider may state; more is no usage


@keep
def connections(base_url: str) -> httpx.Client:
    """Of this process, kept open between invocations. They say which function it is."""
    named = {"Accept": "application/json", "User-Agent": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "hercules")}
    return httpx.Client(base_url=base_url, headers=named, verify=trusted(), follow_redirects=True)


@dataclass(frozen=True)
class Client:
    """It never asks twice: whoever calls knows whether another provider stands in, and how much time there is."""

    connections: httpx.Client
    key: str

    def ask(self, path: str, body: Message, patience: httpx.Timeout) -> Any:
        """The whole answer. Raises what `open` raises, and ValueError for what is no JSON."""
        with closing(self.open(path, body, patience)) as answer:
            answer.read()
            return answer.json()

    def open(self, path: str, body: Message, patience: httpx.Timeout) -> httpx.Response:
        """An answer of which the headers have come. Raises httpx.HTTPError: HTTPStatusError for a refusal."""
        headers = {"Authorization": f"Bearer {self.key}"}
        request = self.connections.build_request("POST", path, json=body, headers=headers, timeout=patience)
        answer = self.connections.send(request, stream=True)
        if not answer.is_success:
            with closing(answer), suppress(httpx.HTTPError):  # what breaks off is a refusal as well: nobody asks again
                answer.read()  # its body says why
            answer.raise_for_status()
        return answer


# -------------------------------------------------------------------------------- what a provider sent, as it should be
def as_object(value: Any) -> dict[str, Any]:
    """What a provider should have sent as an object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str:
    """What a provider should have sent as text; empty for anything else."""
    return value if isinstance(value, str) else ""


def whole_number(value: Any) -> int:
    """A count as a provider states it: 0 for what is none."""
    try:
        return max(0, min(int(value or 0), MAX_TOKENS))
    except (TypeError, ValueError, OverflowError):
        return 0
