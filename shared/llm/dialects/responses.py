"""OpenAI's Responses: input items, typed events, reasoning that is handed back.

Nothing is stored there, so what the model thought comes encrypted and goes back with what followed from it; without it
the model thinks anew in each round. https://platform.openai.com/docs/guides/reasoning, /docs/guides/streaming-responses
"""

from collections.abc import Iterator
from typing import Any

from shared.llm.answer import Answer, ToolCall
from shared.llm.client import is_openai_itself, user_hash
from shared.llm.errors import Refusal
from shared.llm.providers import Model
from shared.llm.request import Message, Request
from shared.llm.structured import sendable_arguments

PATH = "/responses"
LEAST_OUTPUT = 16  # tokens; less is refused
_DELTAS = {"response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta"}


def body(model: Model, request: Request) -> Message:
    """The request as JSON."""
    effort = model.effort(request)
    asked: Message = {
        "model": model.name,
        "input": [item for message in request.messages for item in _items(message, model)],
        "max_output_tokens": max(LEAST_OUTPUT, model.most_tokens(request)),
        "store": False,
        "stream": True,
    }
    if effort:
        asked["reasoning"] = {"effort": effort}
        asked["include"] = ["reasoning.encrypted_content"]
    if request.tools:
        asked["tools"] = [{"type": "function", **tool["function"]} for tool in request.tools]
    if request.schema:
        asked["text"] = {"format": {"type": "json_schema", "name": "answer", "strict": True, "schema": request.schema}}
    if is_openai_itself():
        # The cache is looked for on one machine by this key; one user's prompts share more than others'.
        named = user_hash(request.user_id)
        asked |= {"safety_identifier": named, "prompt_cache_key": named[:32]}
    return asked


def _items(message: Message, model: Model) -> Iterator[Message]:
    """One message as input items: what was thought stands before what came of it."""
    if message["role"] == "tool":
        yield {"type": "function_call_output", "call_id": message["tool_call_id"], "output": message["content"]}
        return
    if message["role"] != "assistant":
        yield {"type": "message", "role": message["role"], "content": message["content"]}
        return
    said = list(_said(message))
    thought = message.get("reasoning") or {}
    # Only the model that thought it can read it.
    places = (
        {item["at"]: item["item"] for item in thought.get("items", ())} if thought.get("model") == model.name else {}
    )
    for number, item in enumerate(said):
        if number in places:
            yield places[number]
        yield item


def _said(message: Message) -> Iterator[Message]:
    if message.get("content"):
        phase = {"phase": message["phase"]} if message.get("phase") else {}
        # OpenAI does without the type, llama.cpp tells the model's own messages by it.
        yield {"type": "message", "role": "assistant", "content": message["content"], **phase}
    for call in message.get("tool_calls") or ():
        function = call["function"]
        yield {
            "type": "function_call",
            "call_id": call["id"],
            "name": function["name"],
            "arguments": sendable_arguments(function["arguments"]),
        }


class Reader:
    """Takes an answer's events in."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._calls: dict[int, ToolCall] = {}  # by their place in the output
        self._thoughts: dict[int, Message] = {}
        self._seen: dict[str, int] = {}
        self._speaking: int | None = None  # the place of the message whose text comes
        self.silent = True  # the model may be thinking: no sign of life is owed

    def take(self, event: Any) -> str:
        """Take one event in; returns the text it added. Raises ModelError where it tells of a failure."""
        kind = event.get("type") if isinstance(event, dict) else None
        if kind in _DELTAS:
            return self._delta(kind, event)
        if kind in ("response.output_item.added", "response.output_item.done"):
            return self._item(event, done=kind.endswith("done"))
        if kind in ("response.completed", "response.incomplete", "response.failed"):
            return self._end(event.get("response") or {}, kind)
        if kind == "error":
            raise Refusal.said(event).as_fault()
        if isinstance(event, dict) and event.get("object") == "response":  # of a server that does not stream
            return self._end(event, f"response.{event.get('status') or 'completed'}")
        return ""

    def _delta(self, kind: str, event: Message) -> str:
        self.silent = False
        piece = event.get("delta")
        piece = piece if isinstance(piece, str) else ""
        if kind.endswith("text.delta"):
            return self._speak(self._place(event), piece)
        if kind.endswith("refusal.delta"):
            self._answer.refusal += piece
        elif call := self._calls.get(self._place(event)):
            call.arguments += piece
            self._answer.say("")  # counts what has come
        return ""

    def _speak(self, place: int, piece: str) -> str:
        """A second message takes the place of the first: that was a comment on the way."""
        if self._speaking not in (None, place):
            self._answer.raw = ""
        self._speaking = place
        return self._answer.say(piece)

    def _item(self, event: Message, *, done: bool) -> str:
        item = event.get("item")
        if not isinstance(item, dict):
            return ""
        place, kind = self._place(event), item.get("type")
        # Behind an item the model may think again before it begins the next.
        self.silent = done or kind == "reasoning"
        if kind == "function_call":
            self._call(place, item, done=done)
        elif kind == "reasoning" and done:
            self._thoughts[place] = item
        elif kind == "message" and done:
            return self._message(place, item)
        return ""

    def _call(self, place: int, item: Message, *, done: bool) -> None:
        call = self._calls.setdefault(place, ToolCall())
        call.id, call.name = str(item.get("call_id") or call.id), str(item.get("name") or call.name)
        if done and isinstance(item.get("arguments"), str) and item["arguments"]:
            call.arguments = item["arguments"]

    def _message(self, place: int, item: Message) -> str:
        """What the whole message says, where its deltas did not."""
        parts = [part for part in item.get("content") or () if isinstance(part, dict)]
        self._answer.phase = str(item.get("phase") or "")
        self._answer.refusal = self._answer.refusal or "".join(str(part.get("refusal") or "") for part in parts)
        text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
        if text and not (self._speaking == place and self._answer.raw):
            return self._speak(place, text)
        return ""

    def _place(self, event: Message) -> int:
        """Where an item stands in the output; llama.cpp says only which one it is."""
        place, item = event.get("output_index"), event.get("item")
        if isinstance(place, int):
            return place
        name = event.get("item_id") or (item.get("id") if isinstance(item, dict) else None)
        return self._seen.setdefault(str(name), len(self._seen))

    def _end(self, response: Message, kind: str) -> str:
        added = [self._item({"item": item, "output_index": place}, done=True) for place, item in self._unseen(response)]
        self._settle(response)
        if kind == "response.failed" or response.get("error"):
            raise Refusal.said(response.get("error") or {}).as_fault()
        reason = (response.get("incomplete_details") or {}).get("reason")
        if kind == "response.incomplete":
            self._answer.finish = "content_filter" if reason == "content_filter" else "length"
        else:
            self._answer.finish = self._answer.finish or "stop"
        return "".join(added)

    def _unseen(self, response: Message) -> Iterator[tuple[int, Any]]:
        """The output, where none of it has come as events."""
        output = response.get("output")
        if isinstance(output, list) and not self._calls and not self._thoughts and self._speaking is None:
            yield from enumerate(output)

    def _settle(self, response: Message) -> None:
        """The calls and thoughts in their order, and the usage."""
        answer = self._answer
        answer.calls = [self._calls[place] for place in sorted(self._calls)]
        before = sorted(place for place in {*self._calls, *([] if self._speaking is None else [self._speaking])})
        answer.reasoning = [
            {"at": sum(other < place for other in before), "item": _kept(item)}
            for place, item in sorted(self._thoughts.items())
            if item.get("encrypted_content")
        ]
        usage = response.get("usage")
        if isinstance(usage, dict) and isinstance(usage.get("output_tokens"), int):
            answer.usage.prompt, answer.usage.completion = int(usage.get("input_tokens") or 0), usage["output_tokens"]
            answer.usage.cached = int((usage.get("input_tokens_details") or {}).get("cached_tokens") or 0)
            answer.usage.estimated = False


def _kept(item: Message) -> Message:
    """A reasoning item as it goes back."""
    return {name: item[name] for name in ("type", "id", "summary", "encrypted_content") if name in item}
