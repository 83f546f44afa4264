"""The socket as an AsyncAPI 3 document: https://www.asyncapi.com/docs/reference/specification/v3.1.0."""

from pydantic import BaseModel

from infra.contract.events import EVENTS, types_of
from infra.contract.frames import ANSWERS, PREVIEWS, REQUESTS, TruncatedEvent
from infra.contract.schemas import schemas_of
from infra.contract.shape import REFERENCE, Json, tidy
from infra.contract.typed import type_members, typed_schemas

DESCRIPTION = (
    "Live events of conversations (`session:<id>`), rooms (`room:<id>`) and the account (`user:<id>`). A socket opens "
    "with `Authorization: Bearer <access token>`, or where no header can be sent with `?ticket=` from "
    "`POST /v1/realtime/tickets`. Events have a `seq`: where one is missing, read on with `GET …/events?after=`. "
    "docs/events.md says when each comes."
)
SECURITY: Json = {
    "token": {"type": "http", "scheme": "bearer", "description": "Access token of Supabase Auth"},
    "ticket": {"type": "httpApiKey", "name": "ticket", "in": "query", "description": "Opens one socket."},
}
SENT: tuple[type[BaseModel], ...] = (*ANSWERS, *EVENTS.values(), *PREVIEWS, TruncatedEvent)


def document() -> Json:
    frames: list[type[BaseModel]] = [*REQUESTS, *ANSWERS, *PREVIEWS, TruncatedEvent]
    schemas = typed_schemas() | schemas_of(frames)
    for unused in ("Event", "Problem", "FieldProblem", "UnsafeFinding"):
        del schemas[unused]
    type_members(schemas)
    tidy(schemas)
    schemas["Action"].pop("discriminator")  # AsyncAPI has another form of it; `action_type` is a constant of each
    return {
        "asyncapi": "3.1.0",
        "info": {"title": "Hercules, live", "version": "1", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "socket": {
                "host": "{api}",
                "pathname": "/{stage}",
                "protocol": "wss",
                "description": "`url` of a ticket has the address.",
                "variables": {"api": {"default": "socket.example.com"}, "stage": {"default": "prod"}},
                "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in SECURITY],
            }
        },
        "channels": {
            "socket": {
                "address": "/",
                "messages": {frame.__name__: _reference("messages", frame) for frame in (*REQUESTS, *SENT)},
            }
        },
        "operations": {
            "ask": _operation("receive", "What a client sends.", REQUESTS),
            "tell": _operation("send", "What the socket sends: answers to a client's frames, events, previews.", SENT),
        },
        "components": {
            "securitySchemes": SECURITY,
            "messages": {frame.__name__: _message(frame) for frame in (*REQUESTS, *SENT)},
            "schemas": schemas,
        },
    }


def _operation(action: str, said: str, frames: tuple[type[BaseModel], ...]) -> Json:
    messages = [{"$ref": f"#/channels/socket/messages/{frame.__name__}"} for frame in frames]
    return {"action": action, "channel": {"$ref": "#/channels/socket"}, "summary": said, "messages": messages}


def _message(frame: type[BaseModel]) -> Json:
    names = types_of(frame)
    return {
        "name": names[0] if len(names) == 1 else "truncated",
        "summary": frame.__doc__,
        "payload": {"$ref": REFERENCE + frame.__name__},
    }


def _reference(kind: str, frame: type[BaseModel]) -> Json:
    return {"$ref": f"#/components/{kind}/{frame.__name__}"}
