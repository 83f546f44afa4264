"""What a Responses request refers to: answers that the server keeps, calls and thoughts of earlier rounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from infra.local.offline_models.conversation import Message
from infra.local.offline_models.dialects.reasoning import opened
from infra.local.offline_models.dialects.responses_items import (
    FunctionCallItem,
    FunctionCallOutputItem,
    InputItem,
    ItemReference,
    MessageItem,
    ReasoningItem,
)
from infra.local.offline_models.dialects.responses_requests import ResponsesRequest
from infra.local.offline_models.errors import ApiError

KEPT, THOUGHTS_KEPT = 200, 5000
_OUTPUT: TypeAdapter[list[Any]] = TypeAdapter(list[InputItem])


@dataclass
class ResponseStore:
    """The last 200 answers that were not asked with `store: false`, each as the items of its whole conversation."""

    _kept: OrderedDict[str, list[Any]] = field(default_factory=OrderedDict)
    _thoughts: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def keep(self, response: dict[str, Any], items: Sequence[Any]) -> None:
        self._kept[response["id"]] = [*items, *_OUTPUT.validate_python(response["output"])]
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def note_thought(self, output: Sequence[dict[str, Any]]) -> None:
        """Remember which thought led to which item, for an answer that is not kept as well."""
        for thought, item in pairwise(output):
            if thought["type"] == "reasoning":
                self._thoughts[item["id"]] = thought["id"]
        while len(self._thoughts) > THOUGHTS_KEPT:
            self._thoughts.popitem(last=False)

    def thought_before(self, item: str | None) -> str | None:
        return self._thoughts.get(item or "")

    def history(self, request: ResponsesRequest) -> list[Any]:
        """The items of the request behind those of the answer that it goes on from.

        Raises ApiError for an answer that is not kept.
        """
        if request.previous_response_id is None:
            return request.items
        if request.previous_response_id not in self._kept:
            message = f"Previous response with id '{request.previous_response_id}' not found."
            raise ApiError(400, message, param="previous_response_id", code="previous_response_not_found")
        return [*self._kept[request.previous_response_id], *request.items]

    def knows(self, item: str) -> bool:
        return any(getattr(each, "id", None) == item for items in self._kept.values() for each in items)


def messages_of(items: Sequence[Any], store: ResponseStore) -> list[Message]:
    """The items as messages; the calls of one round are one message, as the other dialect says them.

    Raises ApiError, with OpenAI's words, for calls and thoughts that are torn from what belongs to them.
    """
    _check_references(items, store)
    _check_calls(items)
    return list(_joined(items))


def _check_references(items: Sequence[Any], store: ResponseStore) -> None:
    # 404 as in can1357/oh-my-pi#41 and router-for-me/CLIProxyAPI#2381
    for place, item in enumerate(items):
        if isinstance(item, ItemReference):
            raise _not_found(item.id)
        if isinstance(item, (MessageItem, FunctionCallItem)):
            _check_thought_before(item, items[place - 1] if place else None, store)
        if isinstance(item, ReasoningItem):
            if item.encrypted_content is None and not (item.id and store.knows(item.id)):
                raise _not_found(item.id or "")
            following = items[place + 1] if place + 1 < len(items) else None
            _check_thought(item, following)


def _not_found(item: str) -> ApiError:
    message = (
        f"Item with id '{item}' not found. Items are not persisted when `store` is set to false. "
        "Try again with `store` set to true, or remove this item from your input."
    )
    return ApiError(404, message, param="input")


def _check_thought(item: ReasoningItem, following: Any) -> None:
    """The words are those of openai/codex#10722 and continuedev/continue#8933."""
    name, wanted = opened(item.encrypted_content) if item.encrypted_content else (item.id, "")
    if item.id not in (None, name):
        raise ApiError(
            400, f"The encrypted content for item {item.id} could not be verified.", code="invalid_encrypted_content"
        )
    if not isinstance(following, (MessageItem, FunctionCallItem)) or wanted not in ("", following_of(following)):
        message = f"Item '{name}' of type 'reasoning' was provided without its required following item."
        raise ApiError(400, message, param="input")


def _check_thought_before(item: MessageItem | FunctionCallItem, before: Any, store: ResponseStore) -> None:
    """An item that is called by its id brings its thought along: continuedev/continue#11309 has the words."""
    thought = store.thought_before(item.id)
    if thought and not isinstance(before, ReasoningItem):
        message = (
            f"Item '{item.id}' of type '{item.type}' was provided without its required 'reasoning' item: '{thought}'."
        )
        raise ApiError(400, message, param="input")


def following_of(item: MessageItem | FunctionCallItem) -> str:
    """What a thought led to: a call by its id, an answer as such (clients may keep it in words of their own)."""
    return f"call:{item.call_id}" if isinstance(item, FunctionCallItem) else item.role


def _check_calls(items: Sequence[Any]) -> None:
    """The words are those of tjardoo/openai-client#124 and microsoft/vscode#320060."""
    called: set[str] = set()
    open_calls: dict[str, None] = {}
    for item in items:
        if isinstance(item, FunctionCallItem):
            called.add(item.call_id)
            open_calls[item.call_id] = None
        elif isinstance(item, FunctionCallOutputItem):
            if item.call_id not in called:
                message = f"No tool call found for function call output with call_id {item.call_id}."
                raise ApiError(400, message, param="input")
            open_calls.pop(item.call_id, None)
    for call in open_calls:
        raise ApiError(400, f"No tool output found for function call {call}.", param="input")


def _joined(items: Sequence[Any]) -> Iterator[Message]:
    waiting: Message | None = None
    for item in items:
        if isinstance(item, ReasoningItem):
            continue
        message: Message = item.plain()
        if waiting and message.calls:
            waiting = Message("assistant", waiting.text, (*waiting.calls, *message.calls))
            continue
        if waiting:
            yield waiting
        waiting = message if message.role == "assistant" else None
        if waiting is None:
            yield message
    if waiting:
        yield waiting
