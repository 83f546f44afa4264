"""docs/events.md: every event and every frame of a socket."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from infra.contract.asyncapi import document
from infra.contract.events import EVENTS, STREAMS
from infra.contract.frames import ANSWERS, PREVIEWS, REQUESTS, TruncatedEvent
from infra.contract.shape import REFERENCE, Json

HEAD = """# Events

Made from the code by `make openapi`. [`infra/asyncapi.json`](../infra/asyncapi.json) has the same for machines
(AsyncAPI 3); [live events](using.md#live-events) shows how a client keeps up.

## Events of a stream

Over the socket and from `GET …/events` an event has one form: `v` (1), `stream`, `seq`, `type`, `ts` and `data`. A type
that a client does not know is to be passed over: there may be more in a later version.
"""
FRAMES = """## Frames of a socket

Each is one JSON object. A client may give its frame an `id` (a text of at most 100 characters), which the answer
repeats. What the socket sends has `v` (1) besides.
"""
STREAM_TITLES = {
    "session": "`session:<session id>`: a conversation",
    "room": "`room:<room id>`: a room, for its owner and, while it is shared, for whoever watches it",
    "user": "`user:<user id>`: the account, for an app that shows no conversation or room at the moment",
}


def page() -> str:
    schemas: Json = document()["components"]["schemas"]
    parts = [HEAD]
    for stream, kinds in STREAMS.items():
        names = {kind: name for name, kind in EVENTS.items()}
        rows = [(f"`{names[kind]}`", _said(kind), _data(schemas, kind)) for kind in kinds]
        parts += [f"### {STREAM_TITLES[stream]}\n", _table(("type", "what has happened", "`data`"), rows)]
    parts += [FRAMES, "### Sent by a client\n", _frames(schemas, REQUESTS)]
    parts += ["### Sent to a client, besides events\n", _frames(schemas, (*ANSWERS, *PREVIEWS, TruncatedEvent))]
    parts += ["## What `data` holds\n", _members(schemas)]
    return "\n".join(parts)


def _frames(schemas: Json, frames: Sequence[type[BaseModel]]) -> str:
    rows = []
    for frame in frames:
        members = schemas[frame.__name__]["properties"]
        kind = members["type"].get("const")
        told = [
            _member(name, part, name in schemas[frame.__name__].get("required", [])) for name, part in members.items()
        ]
        rows.append((f"`{kind}`" if kind else "of an event", _said(frame), "<br>".join(one for one in told if one)))
    return _table(("`type`", "what it says", "members"), rows)


def _member(name: str, part: Json, required: bool) -> str:
    if name in ("v", "type", "ts", "id"):
        return ""
    said = f": {part['description']}" if "description" in part else ""
    return f"`{name}`{'' if required else ' (optional)'}{said}"


def _data(schemas: Json, kind: type[BaseModel]) -> str:
    """Its members with the names of their schemas."""
    data = schemas[_name(schemas[kind.__name__]["properties"]["data"])]
    return ", ".join(f"`{name}`: {_kind(part)}" for name, part in data.get("properties", {}).items()) or "nothing"


def _kind(part: Json) -> str:
    ways = [_kind(way) for way in part.get("anyOf", [])]
    if ways:
        return " or ".join(ways)
    if "$ref" in part:
        return f"[{_name(part)}](../infra/openapi.json)"
    types = part.get("type")
    return " or ".join(types) if isinstance(types, list) else str(types)


def _name(part: Json) -> str:
    return str(part["$ref"]).removeprefix(REFERENCE)


def _members(schemas: Json) -> str:
    """What is of events alone: all else is described with the endpoints that answer with it."""
    rows = []
    for owner in ("RequestedInput", "BudgetShare", "Delta", "AgentText", "CalledTool", "Ids"):
        for name, part in schemas[owner]["properties"].items():
            rows.append((owner, f"`{name}`", _kind(part), part.get("description", "")))
    return _table(("", "member", "type", ""), rows)


def _said(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"
