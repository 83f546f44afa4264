"""Puts the OpenAPI document into the form that client generators type best; what is given is changed."""

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
TAGS = {
    "chat": "Conversations with the coach: sessions, questions, answers, what was said.",
    "actions": "What the coach proposes: the user approves, rejects or takes back.",
    "rooms": "Task rooms: several agents work on a task and write files.",
    "account": "Who the user is and trains for: profile, memories, training, usage, export, deletion.",
    "knowledge": "The knowledge base, for operators.",
    "operations": "Use, cost, quality and safety over all users, and their plans, for operators.",
    "realtime": "Tickets for sockets, and the events that a socket sends, to read on from.",
    "platform": "Whether it is there.",
}
SERVERS: list[Json] = [
    {
        "url": "https://{api}",
        "description": "As `make deploy` and `make url` print it.",
        "variables": {"api": {"default": "api.example.com"}},
    }
]
_PAGE = re.compile(r"\bPage_(\w+?)_(?=\b|$)")
REFERENCE = "#/components/schemas/"


# Of text that is sent: PostgreSQL can hold any character but one.
WITHOUT_NUL = "^[^\\u0000]*$"


def shape(document: Json) -> Json:
    """Plain names, null as one of the types, what text may be sent, tags, servers."""
    document["components"]["schemas"] = {
        _plain(name): schema for name, schema in document["components"]["schemas"].items()
    }
    for node in nodes(document):
        if isinstance(reference := node.get("$ref"), str) and reference.startswith(REFERENCE):
            node["$ref"] = REFERENCE + _plain(reference.removeprefix(REFERENCE))
    tidy(document["components"]["schemas"])
    for schema in _queries(document):
        _without_null(schema)
        schema.pop("title", None)  # the parameter's own name; generators try it as a model's
    for node in nodes([_queries(document), [document["components"]["schemas"][name] for name in sent(document)]]):
        if "string" in node.get("type", ()) and node.keys().isdisjoint(("pattern", "format", "enum", "const")):
            node["pattern"] = WITHOUT_NUL
    document["tags"] = [{"name": name, "description": said} for name, said in TAGS.items()]
    document["servers"] = SERVERS
    return document


def tidy(schemas: Json) -> None:
    """Null as one of the types, titles that are names, and none that says a property's name in other words."""
    for schema in nodes(schemas):
        with_null_as_type(schema)
    for name, schema in schemas.items():
        schema["title"] = name
        for part in schema.get("properties", {}).values():
            part.pop("title", None)


def sent(document: Json) -> set[str]:
    """The names of the schemas of requests, and of all that they are made of."""
    operations = (operation for item in document["paths"].values() for operation in item.values())
    return reached(document, [operation.get("requestBody", {}) for operation in operations])


def reached(document: Json, roots: list[Any]) -> set[str]:
    """The names of the schemas that are named there, and of all that they are made of."""
    found: set[str] = set()
    while roots:
        for name in _named(roots.pop()) - found:
            found.add(name)
            roots.append(document["components"]["schemas"][name])
    return found


def _queries(document: Json) -> list[Json]:
    """The schemas of what is said in addresses."""
    operations = (operation for item in document["paths"].values() for operation in item.values())
    said = (parameter for operation in operations for parameter in operation.get("parameters", ()))
    return [parameter["schema"] for parameter in said if parameter["in"] == "query"]


def _without_null(schema: Json) -> None:
    """What an address does not say is left out: nothing there is null."""
    if {"type": "null"} in schema.get("anyOf", ()):
        (way,) = (way for way in schema.pop("anyOf") if way != {"type": "null"})
        schema.update({**way, **schema})


def _named(value: Any) -> set[str]:
    references = [str(node.get("$ref", "")) for node in nodes(value)]
    return {reference.removeprefix(REFERENCE) for reference in references if reference.startswith(REFERENCE)}


def _plain(name: str) -> str:
    """`Page_Action_` is ActionPage."""
    return _PAGE.sub(lambda page: f"{page[1]}Page", name)


def with_null_as_type(schema: Json) -> None:
    """`anyOf: [{type: string}, {type: "null"}]` is `type: [string, "null"]`; generators lose the former's null."""
    ways = schema.get("anyOf")
    if not (isinstance(ways, list) and len(ways) == 2 and ways[1] == {"type": "null"}):
        return
    way = ways[0]
    if isinstance(way.get("type"), str):
        del schema["anyOf"]
        schema.update({**way, **schema, "type": [way["type"], "null"]})
        if "const" in schema:
            schema["enum"] = [schema.pop("const")]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]


def nodes(value: Any) -> Iterator[Json]:
    """Every object of a document, the inner ones first."""
    if isinstance(value, dict):
        for part in list(value.values()):
            yield from nodes(part)
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from nodes(part)
