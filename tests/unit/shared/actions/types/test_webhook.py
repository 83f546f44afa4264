"""The type of action that reaches out, against a real receiver."""

import base64
import hmac
import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from shared.actions.action_type import EffectError, InapplicableError
from shared.actions.preview import preview
from shared.actions.types.webhook import TYPE, Webhook
from shared.llm.strict_schema import strict
from shared.safety.situation import Situation
from tests.support.stub_server import StubServer
from tests.unit.shared.conftest import KnowSecret

KEY = bytes(range(32))
ACTION = UUID("0198a5f0-1111-7000-8000-000000000001")
USER = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")
PAYLOAD = {
    "endpoint": "gym",
    "event": "plan.shared",
    "data": [{"name": "plan", "value": "Grüße"}, {"name": "weeks", "value": "8"}],
}


@pytest.fixture
def receiver(stub: StubServer, monkeypatch: pytest.MonkeyPatch, know_secret: KnowSecret) -> StubServer:
    """The endpoints `gym`, which lists its events, and `club`, on this laptop."""
    monkeypatch.setenv("STAGE", "local")
    gym = {
        "url": f"{stub.url}/hooks/s3cret",
        "events": ["plan.shared", "workout.done"],
        "description": "The gym's desk",
    }
    monkeypatch.setenv("WEBHOOK_ENDPOINTS", json.dumps({"gym": gym, "club": {"url": stub.url}}))
    monkeypatch.setenv("WEBHOOK_SECRET_PARAMETER", "/webhook-secret")
    know_secret("/webhook-secret", f"whsec_{base64.b64encode(KEY).decode()}")
    stub.says(b"", 204)
    return stub


def webhook(**fields: Any) -> Webhook:
    return Webhook.model_validate(PAYLOAD | fields)


def carry_out(payload: Webhook, action_id: UUID = ACTION) -> Any:
    assert TYPE.carry_out is not None
    return TYPE.carry_out(payload, USER, action_id)


def test_it_sends_what_was_approved_signed_and_under_the_actions_id(receiver: StubServer) -> None:
    assert carry_out(webhook()) == {"status": 204}

    (asked,) = receiver.asked
    document = json.loads(asked.body)
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/hooks/s3cret", "application/json")
    assert datetime.fromisoformat(document.pop("timestamp")).tzinfo is not None
    assert document == {
        "type": "plan.shared",
        "user_id": str(USER),
        "action_id": str(ACTION),
        "data": {"plan": "Grüße", "weeks": "8"},
    }
    assert asked.headers["webhook-id"] == asked.headers["idempotency-key"] == str(ACTION)
    signed = f"{ACTION}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    signature = base64.b64decode(asked.headers["webhook-signature"].removeprefix("v1,"))
    assert hmac.compare_digest(signature, hmac.new(KEY, signed, "sha256").digest())


def test_the_preview_shows_what_goes_where_and_no_path_that_may_be_a_secret(receiver: StubServer) -> None:
    shown = preview({}, TYPE.after(webhook(), {}, ACTION), TYPE.units)

    assert {line.path: line.after for line in shown} == {
        "endpoint": "gym",
        "host": receiver.url.removeprefix("http://"),
        "event": "plan.shared",
        "data": {"plan": "Grüße", "weeks": "8"},
        "sent_along": ["user_id", "action_id", "timestamp"],
    }
    assert all(line.before is None for line in shown)


def test_an_endpoint_that_the_operator_did_not_allow_cannot_be_proposed(receiver: StubServer) -> None:
    with pytest.raises(InapplicableError, match="There is no endpoint other"):
        TYPE.after(webhook(endpoint="other"), {}, ACTION)


@pytest.mark.parametrize("fields", [{"event": "membership.upgraded"}, {"endpoint": "club"}])
def test_an_event_that_the_endpoint_does_not_take_cannot_be_proposed(
    receiver: StubServer, fields: dict[str, str]
) -> None:
    with pytest.raises(InapplicableError, match="takes no event"):
        TYPE.after(webhook(**fields), {}, ACTION)


@pytest.mark.parametrize("fields", [{"endpoint": "other"}, {"event": "membership.upgraded"}])
def test_what_was_taken_off_the_list_since_is_not_sent(receiver: StubServer, fields: dict[str, str]) -> None:
    with pytest.raises(EffectError, match="Nothing was done"):
        carry_out(webhook(**fields))
    assert not receiver.asked


def test_an_endpoint_without_a_list_of_events_takes_plain_messages(receiver: StubServer) -> None:
    carry_out(webhook(endpoint="club", event="coach.message"))

    assert json.loads(receiver.asked[0].body)["type"] == "coach.message"


@pytest.mark.parametrize(
    "fields",
    [
        {"endpoint": "x" * 51},
        {"event": "x" * 51},
        {"data": [{"name": "n", "value": "x" * 1001}]},
        {"data": [{"name": "n", "value": "a\0b"}]},
        {"data": [{"name": "N", "value": "x"}]},
        {"data": [{"name": "n", "value": 1}]},
        {"data": [{"name": "n", "value": "1"}, {"name": "n", "value": "2"}]},
        {"data": [{"name": f"n{number}", "value": "x"} for number in range(21)]},
        {"data": {"n": "x"}},
        {"url": "https://evil.example"},
    ],
)
def test_a_payload_of_another_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        webhook(**fields)


def test_the_model_is_told_of_the_endpoints_and_events_that_there_are(receiver: StubServer) -> None:
    schema = strict(Webhook.model_json_schema())

    endpoint, event = (schema["properties"][name] for name in ("endpoint", "event"))
    assert endpoint["enum"] == ["club", "gym"]
    assert "gym: The gym's desk; events: plan.shared, workout.done." in endpoint["description"]
    assert event["enum"] == ["coach.message", "plan.shared", "workout.done"]
    assert schema["required"] == ["endpoint", "event", "data"]
    assert schema["$defs"]["Entry"]["required"] == ["name", "value"]


def test_without_endpoints_it_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEBHOOK_ENDPOINTS", raising=False)

    assert not TYPE.offered()


def test_with_an_endpoint_it_is_offered_and_cannot_be_undone(receiver: StubServer) -> None:
    assert TYPE.offered()
    assert TYPE.is_external
    assert TYPE.undo_for is None


@pytest.mark.parametrize("secret", ["", "no-prefix", "whsec_c2hvcnQ="])
def test_without_a_proper_secret_nothing_is_sent(receiver: StubServer, know_secret: KnowSecret, secret: str) -> None:
    know_secret("/webhook-secret", secret)
    with pytest.raises(EffectError, match="It could not be signed"):
        carry_out(webhook())
    assert not receiver.asked


def test_a_secret_that_cannot_be_read_sends_nothing_and_names_nothing(
    receiver: StubServer, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_PARAMETER", "/another")
    monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
    with pytest.raises(EffectError, match="It could not be signed") as failed:
        carry_out(webhook())
    assert "/another" not in str(failed.value)
    assert not receiver.asked


def test_what_is_not_safe_to_advise_is_not_safe_to_send_either(receiver: StubServer) -> None:
    payload = webhook(data=[{"name": "advice", "value": "Eat 500 kcal a day."}])
    after = TYPE.after(payload, {}, uuid4())

    assert TYPE.findings(payload, after, Situation({}))
    assert not TYPE.findings(webhook(), after, Situation({}))
