"""Chat Completions, for Gemini and for every server that speaks OpenAI's language, each told only what it knows.

Gemini: https://ai.google.dev/gemini-api/docs/openai and /docs/thought-signatures. What servers send beside their
documentation is put right in `tool_calls` and here.
"""

from typing import Any

from shared.llm.answer import Answer
from shared.llm.client import as_object, whole_number
from shared.llm.dialects.tool_calls import Calls
from shared.llm.errors import Refusal
from shared.llm.providers import Model, is_openai_itself, user_hash
from shared.llm.request import Message, Request
from shared.llm.structured import sendable_arguments

PATH = "/chat/completions"
# What Gemini takes for the signature of a call that another provider's model made; without one it answers 400.
UNSIGNED = {"google": {"thought_signature": "skip_thought_signature_validator"}}
_KNOWN = ("role", "content", "tool_calls", "tool_call_id")
NOTHING = "(nothing)"  # Gemini refuses an empty part
# Any other word for an end is taken for a cut, unless the answer is whole: "abort", "network_error", "model_length" …
_ENDED = frozenset({"stop", "stop_sequence", "end_turn", "end", "eos", "eos_token", "complete", "completed"})
_CALLED = frozenset({"tool_calls", "tool_use", "function_call"})
_FILTERED = frozenset(
    {"content_filter", "safety", "recitation", "blocklist", "prohibited_content", "spii", "language", "refusal"}
)
# https://ai.google.dev/gemini-api/docs/structured-output: what is not listed there is left out; Pydantic checks it all.
_SCHEMA_KEYWORDS = frozenset(
    {"type", "title", "description", "properties", "required", "items", "prefixItems", "enum", "anyOf", "format"}
    | {"minItems", "maxItems", "minimum", "maximum"}
)
_SCHEMA_FORMATS = frozenset({"date", "date-time", "time"})


def body(model: Model, request: Request) -> Message:
    """The request as JSON."""
    openai = model.provider == "OpenAI" and is_openai_itself()
    # Servers of others know the older name alone, and some ignore the newer without a word (ollama#18575).
    limit = "max_completion_tokens" if openai or model.provider == "Gemini" else "max_tokens"
    asked: Message = {
        "model": model.name,
        "messages": _messages(model, request),
        limit: model.most_tokens(request),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if effort := model.effort(request):
        asked["reasoning_effort"] = effort
    if request.tools:
        asked["tools"] = [_tool(model, tool) for tool in request.tools]
    # Beside tools a grammar of the answer is refused by Gemini ("Function calling with a response mime type … is
    # unsupported") and keeps others from calling any: there the prompt's word for it must do.
    if request.schema and (openai or not request.tools):
        schema = for_gemini(request.schema) if model.provider == "Gemini" else request.schema
        answer = {"name": "answer", "strict": True, "schema": schema}
        asked["response_format"] = {"type": "json_schema", "json_schema": answer}
    if openai:
        named = user_hash(request.user_id)
        asked |= {"store": False, "safety_identifier": named, "prompt_cache_key": named[:32]}
    return asked


def _tool(model: Model, tool: Message) -> Message:
    """Gemini knows no `strict`, no `$ref`, and no object without properties."""
    if model.provider != "Gemini":
        return tool
    function = {name: part for name, part in tool["function"].items() if name not in ("strict", "parameters")}
    parameters = for_gemini(tool["function"]["parameters"])
    return {"type": "function", "function": function | ({"parameters": parameters} if parameters["properties"] else {})}


def for_gemini(schema: Message) -> Message:
    """A schema of ours (no recursion in it) with each `$ref` replaced by what it stands for."""
    plain: Message = _plain(schema, schema.get("$defs", {}))
    return plain


def _plain(schema: Any, defs: Message) -> Any:
    if isinstance(schema, list):
        return [_plain(item, defs) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        known = defs[str(schema["$ref"]).rpartition("/")[2]]
        return _plain(known | {name: part for name, part in schema.items() if name != "$ref"}, defs)
    kept = {name: _part(name, part, defs) for name, part in schema.items() if name in _SCHEMA_KEYWORDS}
    if "const" in schema:
        kept["enum"] = [schema["const"]]
    if kept.get("format") not in _SCHEMA_FORMATS:
        kept.pop("format", None)
    return kept


def _part(name: str, part: Any, defs: Message) -> Any:
    """Names of properties are no keywords, and the values of an enumeration no schemas."""
    if name == "properties":
        return {each: _plain(schema, defs) for each, schema in part.items()}
    return part if name in ("enum", "required", "type") else _plain(part, defs)


def _messages(model: Model, request: Request) -> list[Message]:
    calls = (call for message in request.messages for call in message.get("tool_calls") or ())
    names = {call["id"]: call["function"]["name"] for call in calls}
    # A model's empty answer says nothing to it, and Gemini refuses it.
    kept = (it for it in request.messages if it.get("content") or it.get("tool_calls") or it["role"] == "tool")
    return _joined([_message(model, message, names) for message in kept])


def _joined(messages: list[Message]) -> list[Message]:
    """Neighbours of the application, and of the user, as one each.

    Templates of many servers take no second system message (litellm#26879), and some demand that the roles alternate.
    """
    found: list[Message] = []
    for message in messages:
        before = found[-1] if found else {}
        if message["role"] in ("system", "user") and before.get("role") == message["role"]:
            found[-1] = before | {"content": _together(before["content"], message["content"])}
        else:
            found.append(message)
    return found


def _together(first: str | list[Message], second: str | list[Message]) -> str | list[Message]:
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [part for content in (first, second) for part in ([_text(content)] if isinstance(content, str) else content)]


def _text(text: str) -> Message:
    return {"type": "text", "text": text}


def _message(model: Model, message: Message, names: Message) -> Message:
    said: Message = {name: message[name] for name in _KNOWN if name in message}
    if message.get("images"):  # https://ai.google.dev/gemini-api/docs/openai#image-understanding
        shown = [{"type": "image_url", "image_url": {"url": url}} for url in message["images"]]
        said["content"] = [_text(message["content"]), *shown]
    if said["role"] == "tool":
        said["content"] = said["content"] or NOTHING
        if model.provider == "Gemini":
            said["name"] = names.get(said["tool_call_id"], "")
    if said.get("tool_calls"):
        said["tool_calls"] = _signed(model, said["tool_calls"])
    return said


def _signed(model: Model, calls: list[Message]) -> list[Message]:
    """Signatures of Gemini's go back to Gemini unchanged, and to nobody else."""
    calls = [call | {"function": _sendable(call["function"])} for call in calls]
    if model.provider != "Gemini":
        return [{name: part for name, part in call.items() if name != "extra_content"} for call in calls]
    # Of calls made at once only the first carries a signature.
    if calls[0].get("extra_content"):
        return calls
    return [calls[0] | {"extra_content": UNSIGNED}, *calls[1:]]


def _sendable(function: Message) -> Message:
    return function | {"arguments": sendable_arguments(function["arguments"])}


class Reader:
    """Takes an answer's chunks in."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._calls = Calls(answer.request.tool_names)
        self.silent = True  # the model may be thinking: no sign of life is owed

    def take(self, chunk: Any) -> str:
        """Take one chunk in; returns the text it added. Raises ModelError where it tells of a failure."""
        if not isinstance(chunk, dict):
            return ""
        self._count(chunk.get("usage"))
        choices = chunk.get("choices")
        if chunk.get("error"):
            raise Refusal.said(chunk).as_fault()
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return ""
        choice = choices[0]
        piece = self._said(as_object(choice.get("delta") or choice.get("message")))
        self._end(choice.get("finish_reason"))
        return piece

    def _said(self, said: Message) -> str:
        self._answer.refusal += text_of(said.get("refusal"))
        for name in ("reasoning_content", "reasoning"):
            self._answer.thought += len(text_of(said.get(name)))
        self._calls.take(said.get("tool_calls"), said.get("function_call"))
        self._answer.calls = self._calls.made
        if (text := text_of(said.get("content"))) or said.get("tool_calls") or said.get("function_call"):
            self.silent = False
        return self._answer.say(text)

    def _end(self, reason: Any) -> None:
        if not isinstance(reason, str) or not reason or self._answer.finish == "length":
            return
        known = reason.lower().partition(":")[0].rpartition(".")[2].strip()
        if known == "error":
            raise Refusal(status=500).as_fault()
        ended = known in _ENDED or known in _CALLED
        self._answer.finish = "content_filter" if known in _FILTERED else "stop" if ended else "length"

    def _count(self, usage: Any) -> None:
        """Thoughts are paid as output, though some providers leave them out of it (not of the total)."""
        usage = as_object(usage)
        names = ("prompt_tokens", "completion_tokens", "total_tokens")
        prompt, said, total = (whole_number(usage.get(name)) for name in names)
        cached = as_object(usage.get("prompt_tokens_details")).get("cached_tokens")
        self._answer.usage.state(prompt, max(said, total - prompt), cached)


def text_of(content: Any) -> str:
    """The text of a content, which some servers send in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(text_of(part) for part in content)
    # A part of thought has a type of its own.
    if isinstance(content, dict) and content.get("type", "text") in ("text", "output_text"):
        return text_of(content.get("text"))
    return ""
