"""Calls functions of ours in this process, as Lambda does."""

import importlib
import sys
from typing import Any

from tests.bench.harness.context import Context


def invoke(function: str, event: dict[str, Any]) -> None:
    """Let a function answer; ends the process when it does not do its work. 404 is an answer: it looked."""
    handler = importlib.import_module(f"functions.{function}.handler").handler
    try:
        answer = handler(event, Context())
    except Exception as fault:  # what is no HTTP function says so by raising
        if type(fault).__name__ != "NotFoundError":
            raise
        return
    status = answer.get("statusCode", 200) if isinstance(answer, dict) else 200
    if status >= 300 and status != 404:
        sys.exit(f"{function} answered {answer}")
