"""A database that answers as a test lists it."""

from collections.abc import Sequence
from typing import Any

from shared.database.client import Database


class ScriptedDatabase(Database):
    """Answers each SQL function with what is listed for it, one after the other; the last one stays."""

    def __init__(self, **answers: Sequence[Any]) -> None:
        self.answers = {name: list(listed) for name, listed in answers.items()}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def rpc(self, function: str, **arguments: Any) -> Any:
        self.asked.append((function, arguments))
        listed = self.answers[function]
        return listed.pop(0) if len(listed) > 1 else listed[0]

    def arguments(self, function: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.asked if name == function]
