"""What `make logs` shows of what functions log."""

import json
from typing import Any

import pytest

from infra.local.logs.__main__ import Logs, as_line


class Groups:
    """Log groups that only grow, as boto3 shows them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def get_paginator(self, operation: str) -> "Pages":
        return Pages(self, operation)


class Pages:
    def __init__(self, groups: Groups, operation: str) -> None:
        self._groups, self._operation = groups, operation

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        if self._operation == "describe_log_groups":
            return [{"logGroups": [{"logGroupName": "/aws/lambda/hercules-local-health"}]}]
        return [{"events": [event for event in self._groups.events if event["timestamp"] >= asked["startTime"]]}]


def event(moment: int, message: str) -> dict[str, Any]:
    return {"timestamp": moment, "logStreamName": "a", "message": message}


def test_a_line_has_the_function_the_level_the_message_and_what_is_special() -> None:
    logged = {"level": "ERROR", "message": "problem", "service": "hercules", "status": 503, "code": "unavailable"}
    line = as_line(0, "send_message", json.dumps(logged))

    assert line is not None
    assert line.split()[1:] == ["send_message", "ERROR", "problem", "status=503", "code=unavailable"]


@pytest.mark.parametrize("message", ["Traceback (most recent call last):", "[1, 2]", "3"])
def test_what_is_no_record_is_shown_as_it_is(message: str) -> None:
    assert (as_line(0, "health", message) or "").endswith(message)


@pytest.mark.parametrize("message", ["START RequestId: 1", "END RequestId: 1", "REPORT RequestId: 1", ""])
def test_what_lambda_says_of_every_invocation_is_left_out(message: str) -> None:
    assert as_line(0, "health", message) is None


def test_each_event_is_shown_once_also_of_one_millisecond() -> None:
    groups = Groups()
    logs = Logs(groups)
    groups.events.append(event(5, "one"))
    assert logs.new() == [(5, "health", "one")]
    groups.events.append(event(5, "two"))
    assert logs.new() == [(5, "health", "two")]
    assert logs.new() == []
