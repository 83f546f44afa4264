"""The profile over HTTP: read, changed field by field, refused where it cannot be."""

from typing import Any

import pytest

from tests.support.functions.invocations import Answer, User, request


def change(user: User, body: Any) -> Answer:
    return request("update_profile", "PATCH", "/v1/profile", user.token, body)


def test_a_field_that_is_not_sent_stays(user: User) -> None:
    sent = {"time_zone": "America/Los_Angeles", "units": "imperial", "conditions": ["asthma"], "pregnant": False}
    assert change(user, sent).status == 200
    assert change(user, {"units": "metric", "preferences": {"tone": "dry"}}).status == 200
    shown = request("get_profile", "GET", "/v1/profile", user.token).body
    assert {name: shown[name] for name in sent} == sent | {"units": "metric"}
    assert change(user, {"conditions": None, "pregnant": None}).body["conditions"] == []


@pytest.mark.parametrize(
    "body", [{"time_zone": "Mars/Olympus"}, {"country": "XX"}, {"birth_year": 1850}, {"language": "german"}]
)
def test_what_cannot_be_is_refused_by_its_name(user: User, body: dict[str, Any]) -> None:
    refused = change(user, body)
    assert (refused.status, refused.body["code"]) == (422, "invalid_request")
    assert next(iter(body)) in str(refused.body["errors"])
