"""The models of events and frames, and the AsyncAPI document that is made of them."""

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from infra.contract import asyncapi
from infra.contract.events import EVENTS, types_of
from infra.contract.frames import ANSWERS, REQUESTS, Ids, MessageDelta, TruncatedEvent
from infra.contract.shape import nodes
from infra.openapi import DOCUMENT as OPENAPI
from infra.openapi import ROOT
from shared.realtime.frames import FRAME_LIMIT, Delta, Writing, render
from shared.realtime.requests import respond
from tests.support.contract_events import check_event

STREAM = "user:3f0c8f52-6a0b-4c8e-9d3e-0b8a1f6f9a11"
DOCUMENT = asyncapi.document()
TOLD = {"v": 1, "seq": 1, "ts": "2026-11-29T10:00:00Z"}
WARNING = TOLD | {"stream": STREAM.replace("user", "room"), "type": "budget.warning"}


def test_every_type_that_a_function_of_the_database_names_has_a_model() -> None:
    sql = "".join(path.read_text() for path in sorted((ROOT / "supabase" / "schemas").glob("*.sql")))
    kinds = ("turn", "message", "usage", "action", "room", "task", "file", "input", "budget", "event")
    named = set(re.findall(rf"'((?:{'|'.join(kinds)})\.[a-z]+)'", sql))

    assert {"turn.started", "usage.updated", "budget.reached"} <= named <= EVENTS.keys()


@pytest.mark.parametrize("document", [DOCUMENT, json.loads(OPENAPI.read_text())], ids=["asyncapi", "openapi"])
def test_what_refers_to_something_refers_to_what_is_there(document: dict[str, Any]) -> None:
    for node in nodes(document):
        if isinstance(reference := node.get("$ref"), str):
            found: Any = document
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]


@pytest.mark.parametrize("sent", [{"type": "ping", "id": "7"}, {"type": "subscribe", "stream": "nowhere"}, {}])
def test_what_answers_a_client_is_one_of_the_frames(sent: dict[str, str]) -> None:
    frame = json.loads(str(respond({"requestContext": {"connectionId": "c"}, "body": json.dumps(sent)})["body"]))
    (model,) = [one for one in ANSWERS if frame["type"] in types_of(one)]

    assert model.model_validate(frame).model_dump(exclude_none=True) == frame


def test_a_preview_is_as_its_model_says() -> None:
    envelope = Delta(Writing.of_turn("3f0c8f52-6a0b-4c8e-9d3e-0b8a1f6f9a11"), 0, 0, "Rest.").envelope(STREAM)
    assert MessageDelta.model_validate(envelope).data.text == "Rest."
    assert envelope["data"].keys() == type(MessageDelta.model_validate(envelope).data).model_fields.keys()


def test_an_event_that_fits_into_no_frame_is_as_its_model_says() -> None:
    action = {"id": "a", "session_id": "s", "payload": "x" * FRAME_LIMIT}
    told = {**TOLD, "stream": STREAM, "type": "action.pending"}
    cut = TruncatedEvent.model_validate_json(render({**told, "data": {"action": action}}))

    assert cut.data == Ids(truncated=True, action_id="a", session_id="s")


@pytest.mark.parametrize(
    "changed",
    [
        {"data": {"limit": "tokens"}},
        {"data": {"limit": "tokens", "share": 0.8, "who": "me"}},
        {"data": {"limit": "patience", "share": 0.8}},
        {"stream": STREAM},
        {"stream": "room:1"},
        {"type": "budget.forgotten"},
        {"seq": 0},
    ],
    ids=str,
)
def test_an_event_that_the_contract_does_not_know_is_found(changed: dict[str, Any]) -> None:
    known = {**WARNING, "data": {"limit": "tokens", "share": 0.8}}
    check_event(known)
    with pytest.raises((AssertionError, ValidationError)):
        check_event(known | changed)


def test_what_a_client_sends_is_named_in_the_document() -> None:
    messages = DOCUMENT["operations"]["ask"]["messages"]
    assert [one["$ref"].rpartition("/")[2] for one in messages] == [one.__name__ for one in REQUESTS]
