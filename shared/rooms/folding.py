"""A transcript as a model is sent it: old exchanges are a line each, so that a task's cost grows with its length.

An exchange is a message that calls tools, and what they answered. Nothing is lost for good: what is stored stays as it
is, what was searched or read can be asked for again, and what a line leaves out of a file stands in the file.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape

from shared.llm import tokens
from shared.llm.request import Message
from shared.rooms import prompt_parts

NEWEST = 2  # exchanges that stay as they were: with one, an agent could not compare what it looked up
WHOLE_TOKENS = 1_500  # what was looked up in a row stays whole up to so many: two results of 700, or many small ones
ARGUMENT_TOKENS = 12  # of a text in an older call: a query, or the heading of what was written
RESULT_TOKENS = 16  # of what came of it: some two titles
CUT = "…"
WRITING = ("write_file", "edit_file")
OF_A_FILE = ("read_file", *WRITING)  # of which the last says how the file stands
OWNERS_ANSWER = "<answer>"
_PASSAGE = re.compile(r'<passage title="([^"]*)"')
_FILE = re.compile(r'<file name="[^"]*"(?: lines="([^"]*)")?')
_WRITTEN = re.compile(r"(Written: .*?), sha256 \w+\.")


def folded(messages: Sequence[Message], newest: int = NEWEST) -> list[Message]:
    """The messages with so many exchanges as they were; of those before the newest only such as brought something.

    What was looked up right before them stays too while all of it is short. With one, for a model that cannot read as
    much, only the newest of its results is whole.
    """
    calling = [place for place, message in enumerate(messages) if message.get("tool_calls")]
    kept = [place for place in calling[-newest:] if place == calling[-1] or _looks_up(messages[place])]
    if newest == 1:
        return _with_one_result(_split(messages, kept))
    before = [place for place in calling if kept and place < kept[0]]
    looked_up = itertools.takewhile(lambda place: _looks_up(messages[place]), reversed(before))
    short = list(itertools.takewhile(lambda place: _tokens(messages[place:]) <= WHOLE_TOKENS, looked_up))
    return _split(messages, [*short[::-1], *kept])


def _split(messages: Sequence[Message], kept: Sequence[int]) -> list[Message]:
    first = kept[0] if kept else len(messages)
    return [*_folded_before(messages[:first]), *messages[first:]]


def _tokens(messages: Sequence[Message]) -> int:
    return tokens.count("".join(f"{message.get('content') or ''}{_calls(message)}" for message in messages))


def _calls(message: Message) -> str:
    return "".join(call["function"]["arguments"] for call in message.get("tool_calls") or ())


def _looks_up(message: Message) -> bool:
    return any(call["function"]["name"] not in WRITING for call in message["tool_calls"])


def _folded_before(messages: Sequence[Message]) -> Iterator[Message]:
    """What was called in a row becomes one message; what was said to the agent stays."""
    results = {message["tool_call_id"]: str(message["content"]) for message in messages if message["role"] == "tool"}
    for calling, group in itertools.groupby(messages, _is_exchange):
        if calling:
            yield _earlier([message for message in group if message["role"] == "assistant"], results)
        else:
            yield from map(_said, group)


def _is_exchange(message: Message) -> bool:
    return message["role"] == "tool" or bool(message.get("tool_calls"))


def _said(message: Message) -> Message:
    """An answer that was cut off is cut short; what the agent was told stays."""
    return message | {"content": _cut(str(message["content"]))} if message["role"] == "assistant" else message


def _earlier(messages: Sequence[Message], results: dict[str, str]) -> Message:
    """A line for each call; one for all of a kind with a file, which says what came of the last."""
    lines: dict[object, str] = {}
    times: Counter[object] = Counter()
    for number, message in enumerate(messages):
        if said := _cut(str(message.get("content") or "")):
            lines[number] = said
        for call in message["tool_calls"]:
            name, arguments = call["function"]["name"], _read(call["function"]["arguments"])
            key = (name, arguments.get("filename")) if name in OF_A_FILE else call["id"]
            times[key] += 1
            shown = {"filename": arguments.get("filename")} if name in OF_A_FILE else _short(arguments)
            again = f" x{times[key]}" if times[key] > 1 else ""
            lines[key] = f"{name} {_json(shown)}{again}: {_outcome(results.get(call['id'], ''))}"
    return {"role": "user", "content": prompt_parts.tag("earlier", "\n".join(f"- {line}" for line in lines.values()))}


def _read(written: str) -> Message:
    """What is no object is shown as it is."""
    try:
        arguments = json.loads(written)
    except ValueError:
        arguments = written
    return arguments if isinstance(arguments, dict) else {"": arguments}


def _short(arguments: Message) -> Message:
    """With texts cut short: a file's name stays whole, for it is asked for by that."""
    return {name: value if name == "filename" else _shortened(value) for name, value in arguments.items() if value}


def _shortened(value: object) -> object:
    return _cut(value, ARGUMENT_TOKENS) if isinstance(value, str) else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _outcome(result: str) -> str:
    """What came of a call, on one line. What the owner answered stays whole: nobody is asked twice."""
    if result.startswith(OWNERS_ANSWER):
        return " ".join(result.split())
    if titles := _PASSAGE.findall(result):
        return _cut(unescape("; ".join(dict.fromkeys(titles))))
    if file := _FILE.match(result):
        return f"lines {file[1]}" if file[1] else "read"
    return _cut(_WRITTEN.sub(r"\1", result))


def _with_one_result(messages: Sequence[Message]) -> list[Message]:
    results = [place for place, message in enumerate(messages) if message["role"] == "tool"]
    return [
        message | {"content": _outcome(str(message["content"]))} if place in results[:-1] else message
        for place, message in enumerate(messages)
    ]


def _cut(text: str, limit: int = RESULT_TOKENS) -> str:
    """On one line."""
    line = " ".join(text.split())
    shown = tokens.truncate(line, limit)
    return shown if len(shown) == len(line) else shown + CUT
