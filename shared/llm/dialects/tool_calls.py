"""Puts the calls of a stream together, whatever a server does to their ids, names, indexes and arguments."""

import json
from dataclasses import dataclass, field
from typing import Any

from shared.llm.answer import ToolCall
from shared.llm.client import as_object, as_text
from shared.llm.request import Message

MAX_CALLS = 64  # calls of one answer; a model that loops makes more


@dataclass
class Calls:
    """`made` are the calls so far, in their order. `known` are the names of the tools that were offered.

    By the documentation a call's first piece has its index, id and name, the others the index alone. Seen as well: the
    name or the id in each piece, index 0 or none for all calls of an answer, empty ids, arguments as an object or null.
    """

    known: frozenset[str]
    made: list[ToolCall] = field(default_factory=list)
    _places: dict[int, ToolCall] = field(default_factory=dict)

    def take(self, pieces: Any, legacy: Any = None) -> None:
        """Take the pieces of one delta in; `legacy` is a `function_call`, of which an answer has one."""
        listed = pieces if isinstance(pieces, list) else [pieces]
        for piece in [*listed, {"function": legacy, "index": 0} if isinstance(legacy, dict) else None]:
            if isinstance(piece, dict):
                self._take(piece)

    def _take(self, piece: Message) -> None:
        function = as_object(piece.get("function"))
        name, arguments = as_text(function.get("name")), _arguments(function.get("arguments"))
        call = self._call(piece, name, arguments)
        if call is None:
            return
        call.id = call.id or as_text(piece.get("id"))
        call.extra = piece.get("extra_content") or call.extra
        if name and name != call.name:  # names come whole, in pieces, or whole again and again
            joined = call.name + name
            call.name = name if name in self.known and joined not in self.known else joined
        call.arguments += arguments

    def _call(self, piece: Message, name: str, arguments: str) -> ToolCall | None:
        """The call that a piece belongs to: one that is there, or a new one."""
        place, given = piece.get("index"), as_text(piece.get("id"))
        call = next((each for each in self.made if given and each.id == given), None)
        if call is None:
            call = self._places.get(place) if isinstance(place, int) else (self.made[-1] if self.made else None)
            if call is None or _is_new(call, given, name, arguments):
                if len(self.made) == MAX_CALLS:
                    return None
                call = ToolCall()
                self.made.append(call)
        if isinstance(place, int):
            self._places[place] = call
        return call


def _is_new(call: ToolCall, given: str, name: str, arguments: str) -> bool:
    """Whether a piece begins another call than the one in its place."""
    if not name or not call.name:
        return False
    if not call.arguments:
        return bool(given and call.id and given != call.id)
    other = bool(given and call.id and given != call.id) or name != call.name
    return _is_closed(call.arguments) and (other or bool(arguments))


def _is_closed(arguments: str) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except ValueError:
        return False


def _arguments(value: Any) -> str:
    """Some servers send the object itself."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else as_text(value)
