"""OpenAI's Responses: input items, typed events, reasoning that is handed back.

Nothing is stored there, so what the model thought comes encrypted and goes back with what followed from it; without it
the model thinks anew in each round. https://platform.openai.com/docs/guides/reasoning, /docs/guides/streaming-responses
"""

import json
from collections.abc import Iterator
from typing import Any

from shared.llm.answer import Answer, ToolCall
from shared.llm.client import as_object, as_text
from shared.llm.errors import Refusal
from shared.llm.providers import Model, is_openai_itself, user_hash
from shared.llm.request import Message, Request
from shared.llm.structured import sendable_arguments

PATH = "/responses"
MIN_OUTPUT = 16  # tokens; less is refused
_KEPT = ("type", "id", "summary", "encrypted_content")  # of a reasoning item, as it goes back
_ENDS = {"response.completed", "response.incomplete", "response.failed"}
_DELTAS = {"response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta"}


def body(model: Model, request: Request) -> Message:
    """The request as JSON."""
    effort = model.effort(request)
    asked: Message = {
        "model": model.name,
        "input": [item for message in request.messages for item in _items(message, model)],
        "max_output_tokens": max(MIN_OUTPUT, model.most_tokens(request)),
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
        yield {"type": "message", "role": message["role"], "content": _content(message)}
        return
    thought = message.get("reasoning") or {}
    # Only the model that thought it can read it.
    thoughts = thought.get("items", ()) if thought.get("model") == model.name else ()
    for number, item in enumerate(_said(message)):
        yield from (each["item"] for each in thoughts if each["at"] == number)
        yield item


def _content(message: Message) -> str | list[Message]:
    """With pictures, where there are any: openai.types.responses.ResponseInputImageParam."""
    if not message.get("images"):
        return str(message["content"])
    shown = [{"type": "input_image", "image_url": url, "detail": "auto"} for url in message["images"]]
    return [{"type": "input_text", "text": message["content"]}, *shown]


def _said(message: Message) -> Iterator[Message]:
    if message.get("content"):
        phase = {"phase": message["phase"]} if message.get("phase") else {}
        # OpenAI does without the type, llama.cpp tells the model's own messages by it.
        yield {"type": "message", "role": "assistant", "content": message["content"], **phase}
    for call in message.get("tool_calls") or ():
        name, arguments = call["function"]["name"], sendable_arguments(call["function"]["arguments"])
        yield {"type": "function_call", "call_id": call["id"], "name": name, "arguments": arguments}


class Reader:
    """Takes an answer's events in."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._calls: dict[int, ToolCall] = {}  # by their place in the output
        self._thoughts: dict[int, Message] = {}
        self._seen: dict[str, int] = {}
        self._speaking: int | None = None  # the place of the message whose text comes
        self.silent = True  # the model may be thinking: no sign of life is owed
        self.ended = False

    def take(self, event: Any) -> str:
        """Take one event in; returns the text it added. Raises ModelError where it tells of a failure."""
        event = as_object(event)
        kind = str(event.get("type") or "")
        if self.ended:
            return ""
        if kind in _DELTAS:
            return self._delta(kind, event)
        if kind in ("response.output_item.added", "response.output_item.done"):
            return self._item(event, done=kind.endswith("done"))
        # The whole of what deltas gave in pieces, where they did not come.
        if kind == "response.output_text.done":
            return self._message(self._place(event), {"content": event.get("text")})
        if kind == "response.function_call_arguments.done":
            self._call(self._place(event), event, done=True)
        if kind in _ENDS:
            return self._end(as_object(event.get("response")), kind)
        if kind == "error" or (event.get("error") and not kind):
            raise Refusal.said(event).as_fault()
        if event.get("object") == "response":  # of a server that does not stream
            return self._end(event, f"response.{event.get('status') or 'completed'}")
        return ""

    def _delta(self, kind: str, event: Message) -> str:
        self.silent = False
        piece = as_text(event.get("delta"))
        if kind.endswith("text.delta"):
            return self._speak(self._place(event), piece)
        if kind.endswith("refusal.delta"):
            self._answer.refusal += piece
        else:
            self._called(self._place(event)).arguments += piece
            self._answer.say("")  # counts what has come
        return ""

    def _called(self, place: int) -> ToolCall:
        """The call in a place; some servers send its arguments before they name it."""
        if place not in self._calls:
            self._calls[place] = ToolCall()
            self._answer.calls = list(self._calls.values())
        return self._calls[place]

    def _speak(self, place: int, piece: str) -> str:
        """A second message takes the place of the first: that was a comment on the way."""
        if not piece:
            return ""
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
        call, arguments = self._called(place), item.get("arguments")
        call.id, call.name = str(item.get("call_id") or call.id), str(item.get("name") or call.name)
        if done and arguments:
            call.arguments = arguments if isinstance(arguments, str) else json.dumps(arguments)
            call.arguments = call.arguments[: self._answer.most_characters + 1]
            self._answer.say("")

    def _message(self, place: int, item: Message) -> str:
        """What the whole message says, where its deltas did not."""
        content = item.get("content")
        parts = [as_object(part) for part in (content if isinstance(content, list) else [{"text": content}])]
        self._answer.phase = str(item.get("phase") or self._answer.phase)
        self._answer.refusal = self._answer.refusal or "".join(str(part.get("refusal") or "") for part in parts)
        text = "".join(as_text(part.get("text")) for part in parts)
        heard = self._answer.raw if self._speaking == place else ""
        # What came in pieces stays, unless some of them were lost.
        if len(text) <= len(heard):
            return ""
        self._speaking = None if heard else self._speaking
        self._answer.raw = "" if heard else self._answer.raw
        return self._speak(place, text)

    def _place(self, event: Message) -> int:
        """Where an item stands in the output; llama.cpp says only which one it is."""
        place, item = event.get("output_index"), event.get("item")
        if isinstance(place, int):
            return place
        name = event.get("item_id") or as_object(item).get("id")
        return self._seen.setdefault(str(name), len(self._seen))

    def _end(self, response: Message, kind: str) -> str:
        output = response.get("output")
        has_come = self._calls or self._thoughts or self._speaking is not None
        unseen = enumerate(output) if isinstance(output, list) and not has_come else ()
        added = [self._item({"item": item, "output_index": place}, done=True) for place, item in unseen]
        self.ended = kind in _ENDS
        self._settle(response)
        if kind == "response.failed" or response.get("error"):
            raise Refusal.said(response.get("error") or {}).as_fault()
        reason = as_object(response.get("incomplete_details")).get("reason")
        if kind == "response.incomplete":
            self._answer.finish = "content_filter" if reason == "content_filter" else "length"
        elif kind == "response.completed":
            self._answer.finish = self._answer.finish or "stop"
        return "".join(added)

    def _settle(self, response: Message) -> None:
        """The calls and thoughts in their order, and the usage."""
        answer = self._answer
        answer.calls = [self._calls[place] for place in sorted(self._calls)]
        before = {*self._calls, *([] if self._speaking is None else [self._speaking])}
        answer.reasoning = [
            {"at": sum(other < place for other in before), "item": {name: item[name] for name in _KEPT if name in item}}
            for place, item in sorted(self._thoughts.items())
            if item.get("encrypted_content")
        ]
        usage = as_object(response.get("usage"))
        cached = as_object(usage.get("input_tokens_details")).get("cached_tokens")
        answer.usage.state(usage.get("input_tokens"), usage.get("output_tokens"), cached)
