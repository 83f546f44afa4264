"""Tells a system outside, one that the operator allowed."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.actions.action_type import ActionType, EffectError, InapplicableError, State
from shared.platform import settings
from shared.platform.errors import UnavailableError
from shared.platform.observability import log_fault
from shared.platform.secrets import read_secret
from shared.platform.settings import WebhookEndpoint
from shared.platform.text import JsonObject, NoNul
from shared.safety.findings import Finding
from shared.safety.nutrition import check_text
from shared.safety.situation import Situation

UNSIGNED = "It could not be signed, so it was not sent. Nothing was done."


# What the server adds to every webhook: whose it is, and which approval it comes from.
ADDED = ("user_id", "action_id", "timestamp")


def _endpoints() -> dict[str, WebhookEndpoint]:
    return settings.load(settings.WebhookSettings).webhook_endpoints


def _name_endpoints(schema: JsonObject) -> None:
    """The model is told of the endpoints that there are, and can name no other."""
    if endpoints := sorted(_endpoints().items()):
        schema["enum"] = [name for name, _ in endpoints]
        schema["description"] = " ".join(
            f"{name}: {endpoint.description or 'no description'}; events: {', '.join(endpoint.events)}."
            for name, endpoint in endpoints
        )


def _name_events(schema: JsonObject) -> None:
    if events := sorted({event for endpoint in _endpoints().values() for event in endpoint.events}):
        schema["enum"] = events
        schema["description"] = "One of the endpoint's events."


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
    value: Annotated[str, StringConstraints(max_length=1000), NoNul]


class Webhook(BaseModel):
    """Names and texts: the strict mode of tools knows no objects with free names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str = Field(max_length=50, json_schema_extra=_name_endpoints)
    event: str = Field(max_length=50, json_schema_extra=_name_events)
    data: list[Entry] = Field(max_length=20)

    @model_validator(mode="after")
    def _has_each_name_once(self) -> Self:
        if len(self.as_object()) < len(self.data):
            raise ValueError("data must have each name once")
        return self

    def as_object(self) -> dict[str, str]:
        return {entry.name: entry.value for entry in self.data}


def _after(payload: Webhook, _before: State | None, _action_id: UUID) -> State:
    return {
        "endpoint": payload.endpoint,
        "host": urlsplit(_url(payload)).netloc,  # the path of a URL like this is often a secret
        "event": payload.event,
        "data": payload.as_object(),
        "sent_along": list(ADDED),
    }


def _url(payload: Webhook) -> str:
    endpoint = _endpoints().get(payload.endpoint)
    if endpoint is None:
        raise InapplicableError(f"There is no endpoint {payload.endpoint}.")
    if payload.event not in endpoint.events:
        raise InapplicableError(f"{payload.endpoint} takes no event {payload.event}: {', '.join(endpoint.events)}.")
    return endpoint.url


def _findings(payload: Webhook, _after: State, situation: Situation) -> list[Finding]:
    return [finding for entry in payload.data for finding in check_text(entry.value, situation.athlete)]


def _carry_out(payload: Webhook, user_id: UUID, action_id: UUID) -> JsonObject:
    from shared.actions.webhooks import delivery  # only approvals need it, and of those only these

    try:
        url = _url(payload)
    except InapplicableError:  # taken off the list since
        raise EffectError(delivery.NOT_SENT) from None
    body = _body(payload, user_id, action_id)
    return {"status": delivery.post(url, _headers(str(action_id), body), body)}


def _body(payload: Webhook, user_id: UUID, action_id: UUID) -> bytes:
    """A receiver may trust all but `data`, which is what the user approved."""
    document = {
        "type": payload.event,
        "timestamp": datetime.now(UTC).isoformat(),
        "user_id": str(user_id),
        "action_id": str(action_id),
        "data": payload.as_object(),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(message_id: str, body: bytes) -> dict[str, str]:
    from shared.actions.webhooks.signature import signed_headers

    parameter = settings.load(settings.WebhookSecretSettings).webhook_secret_parameter
    try:
        signed = signed_headers(read_secret(parameter), message_id, int(time.time()), body)
    except (UnavailableError, ValueError) as fault:
        log_fault("a webhook could not be signed", fault)
        raise EffectError(UNSIGNED) from None
    return {"content-type": "application/json", "user-agent": "hercules", "idempotency-key": message_id, **signed}


TYPE = ActionType(
    name="webhook",
    description="Propose to tell a system outside of the app, such as a gym's, what the user asked to be told "
    "there. Send no more of the user's data than was asked for.",
    payload=Webhook,
    after=_after,
    findings=_findings,
    time_to_live=timedelta(days=1),
    undo_for=None,
    fixed=frozenset({"endpoint", "event"}),
    offered=lambda: bool(_endpoints()),
    carry_out=_carry_out,
)
