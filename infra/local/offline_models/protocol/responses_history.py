"""Calls and thoughts of earlier rounds in a Responses request. The double keeps nothing: what it meant must come along.

A thought comes sealed and goes back unchanged, in front of the item that it led to:
https://platform.openai.com/docs/guides/reasoning ("Encrypted reasoning items").
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence

from infra.local.offline_models.conversation import Message
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.protocol.responses_requests import (
    FunctionCallItem,
    FunctionCallOutputItem,
    Item,
    ItemReference,
    MessageItem,
    ReasoningItem,
    ResponsesRequest,
)

_SECRET = b"hercules offline models"  # nothing is hidden: the seal only shows what was changed
_AFTER_THOUGHT = re.compile(r"(?:msg|fc)_t(.+)")  # the ids that the double gives to what a thought led to


def sealed(thought: str, following: str) -> str:
    """The `encrypted_content` of the reasoning item `thought`, which led to `following`."""
    content = json.dumps([thought, following]).encode()
    return base64.urlsafe_b64encode(_seal(content) + content).decode()


def messages_of(request: ResponsesRequest) -> list[Message]:
    """The items as messages; the calls of one round are one message, as the other dialect says them.

    Raises ApiError, with OpenAI's words, for calls and thoughts that are torn from what belongs to them.
    """
    if request.previous_response_id is not None:
        message = f"Previous response with id '{request.previous_response_id}' not found."
        raise ApiError(400, message, param="previous_response_id", code="previous_response_not_found")
    _check_thoughts(request.items)
    _check_calls(request.items)
    return list(_joined(request.items))


def _check_thoughts(items: Sequence[Item]) -> None:
    for before, item, after in zip([None, *items], items, [*items[1:], None], strict=False):
        if isinstance(item, ItemReference) or (isinstance(item, ReasoningItem) and item.encrypted_content is None):
            # 404 as in can1357/oh-my-pi#41 and router-for-me/CLIProxyAPI#2381
            message = f"Item with id '{item.id}' not found. Items are not persisted when `store` is set to false. "
            raise ApiError(404, message + "Try again with `store` set to true, or remove this item.", param="input")
        if isinstance(item, ReasoningItem):
            _check_thought(item, str(item.encrypted_content), after)
        elif (led := _AFTER_THOUGHT.match(item.id or "")) and not isinstance(before, ReasoningItem):
            # continuedev/continue#11309 has the words
            message = f"Item '{item.id}' of type '{item.type}' was provided without its required 'reasoning' item: "
            raise ApiError(400, f"{message}'rs_{led[1]}'.", param="input")


def _check_thought(item: ReasoningItem, encrypted: str, after: Item | None) -> None:
    thought, following = _opened(encrypted)
    if item.id not in (None, thought):
        message = f"The encrypted content for item {item.id} could not be verified."
        raise ApiError(400, message, code="invalid_encrypted_content")
    # An answer is known as such only: clients may keep it in words of their own.
    found = f"call:{after.call_id}" if isinstance(after, FunctionCallItem) else getattr(after, "role", "nothing")
    if found == "nothing" or following not in ("", found):
        # openai/codex#10722, continuedev/continue#8933
        message = f"Item '{thought}' of type 'reasoning' was provided without its required following item."
        raise ApiError(400, message, param="input")


def _opened(encrypted: str) -> tuple[str, str]:
    """Raises ApiError as OpenAI does (openai/codex#8145, sub2api#2863) for what was not sealed here."""
    try:
        raw = base64.urlsafe_b64decode(encrypted)
        if not hmac.compare_digest(raw[:32], _seal(raw[32:])):
            raise ValueError("another seal")
        thought, following = json.loads(raw[32:])
    except (ValueError, binascii.Error) as fault:
        message = f"The encrypted content {encrypted[:4]}...{encrypted[-4:]} could not be verified. "
        message += "Reason: Encrypted content could not be decrypted or parsed."
        raise ApiError(400, message, code="invalid_encrypted_content") from fault
    return thought, following


def _seal(content: bytes) -> bytes:
    return hmac.digest(_SECRET, content, hashlib.sha256)


def _check_calls(items: Sequence[Item]) -> None:
    """The words are those of tjardoo/openai-client#124 and microsoft/vscode#320060."""
    called: dict[str, bool] = {}  # whether it is answered
    for item in items:
        if isinstance(item, FunctionCallItem):
            called[item.call_id] = False
        elif isinstance(item, FunctionCallOutputItem):
            if item.call_id not in called:
                message = f"No tool call found for function call output with call_id {item.call_id}."
                raise ApiError(400, message, param="input")
            called[item.call_id] = True
    if call := next((call for call, answered in called.items() if not answered), None):
        raise ApiError(400, f"No tool output found for function call {call}.", param="input")


def _joined(items: Sequence[Item]) -> Iterator[Message]:
    waiting: Message | None = None
    for item in items:
        if not isinstance(item, MessageItem | FunctionCallItem | FunctionCallOutputItem):
            continue
        message = item.plain()
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
