"""What a request and its response cost in tokens; how a text is cut at a limit, and comes in pieces."""

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle

from infra.local.offline_models.conversation import Call, Request, Response
from shared.llm.tokens import count, encode, encoding, truncate

# OpenAI's own estimate: a message costs 4 tokens beside its text, the opening of the reply 3.
PER_MESSAGE, PER_REPLY = 4, 3
# The pretend model thinks so many tokens; real ones think tens to thousands.
THOUGHTS = {"minimal": 8, "low": 16, "medium": 32, "high": 64, "xhigh": 128, "max": 256}


def of_prompt(request: Request) -> int:
    texts = [message.text for message in request.messages]
    texts += [part for message in request.messages for call in message.calls for part in (call.name, call.arguments)]
    texts += [part for tool in request.tools for part in (tool.name, tool.description, json.dumps(tool.parameters))]
    if request.schema:
        texts.append(json.dumps(request.schema))
    return sum(map(count, texts)) + PER_MESSAGE * len(request.messages) + PER_REPLY


def of_thoughts(request: Request) -> int:
    return min(THOUGHTS.get(request.effort or "none", 0), request.token_limit or 2**31)


def of_response(response: Response) -> int:
    parts = [part for call in response.calls for part in (call.name, call.arguments)]
    return sum(map(count, [response.content or "", response.refusal or "", *parts]))


def cut(response: Response, limit: int) -> Response:
    """What is left of an answer, or of the arguments of its calls, under a limit."""
    if of_response(response) <= limit:
        return response
    if response.content is not None:
        return replace(response, content=truncate(response.content, limit), finish_reason="length")
    return replace(response, calls=tuple(_cut_calls(response.calls, limit)), finish_reason="length")


def _cut_calls(calls: Sequence[Call], left: int) -> Iterator[Call]:
    for call in calls:
        left -= count(call.name)
        yield replace(call, arguments=truncate(call.arguments, max(0, left)))
        left -= count(call.arguments)
        if left <= 0:
            return


def pieces(text: str) -> Iterator[str]:
    """The text as a stream of 3 to 6 tokens each; joined they are the text again."""
    tokens, sizes, start = encode(text), cycle((3, 5, 4, 6)), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    while start < len(tokens):
        size = next(sizes)
        # a character may be spread over tokens: the decoder holds it back until it is whole
        piece = decoder.decode(encoding().decode(tokens[start : start + size]))
        start += size
        if piece:
            yield piece
