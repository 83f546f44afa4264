"""How a test calls a handler as Lambda does: the context, the user, the request and what comes back."""

import importlib
import json
from dataclasses import dataclass
from typing import Any

from tests.support.functions.events import http_event

BUCKET = "knowledge"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Context:
    """What Lambda says of an invocation."""

    seconds_left: float = 60.0
    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:test"
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True)
class User:
    id: str
    token: str


def run(function: str, event: dict[str, Any], context: Context | None = None) -> Any:
    """What the function's handler returns for an event."""
    return importlib.import_module(f"functions.{function}.handler").handler(event, context or Context())


def request(function: str, *arguments: Any, context: Context | None = None, **headers: Any) -> Answer:
    """Call an HTTP function: method, path, token, body."""
    result = run(function, http_event(*arguments, **headers), context)
    return Answer(result["statusCode"], json.loads(result["body"] or "null"), result["headers"])
