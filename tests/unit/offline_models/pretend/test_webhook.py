from copy import deepcopy

import pytest

from infra.local.offline_models.conversation import Tool
from tests.unit.offline_models.pretend.calling import OFFERED, chosen, payload


def offered(*endpoints: str) -> list[Tool]:
    (tool,) = (deepcopy(tool) for tool in OFFERED if tool.name == "webhook")
    tool.parameters["properties"]["endpoint"] = {"type": "string", "enum": list(endpoints)}
    return [tool]


def test_an_endpoint_that_the_schema_lists_is_found_in_the_question() -> None:
    ((_, arguments),) = chosen("Send my squat record to the gym", offered("garmin", "gym")).calls
    assert arguments == {
        "endpoint": "gym",
        "event": "coach.message",
        "data": [{"name": "text", "value": "my squat record"}],
    }
    assert chosen("Send my squat record to my mother", offered("garmin", "gym")).calls == ()


@pytest.mark.parametrize("question", ["Notify the gym endpoint that I am late", "Send that I am late to webhook gym."])
def test_without_a_list_the_question_must_call_it_an_endpoint(question: str) -> None:
    sent = payload("webhook", question)
    assert sent["endpoint"] == "gym"
    assert "I am late" in sent["data"][0]["value"]


def test_sending_the_user_something_is_no_webhook() -> None:
    assert chosen("Send me something to eat").calls == ()
