"""What the contract says of headers, and of what goes on from an answer."""

import json
from typing import Any

import pytest

from infra.contract.headers import BY_STATUS, HEADERS, LINKS, NAMES, SPECIAL
from infra.openapi import DOCUMENT
from shared.api.app import EXPOSED

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS = {operation["operationId"]: operation for item in CONTRACT["paths"].values() for operation in item.values()}
RESPONSES = [
    pytest.param(response, id=f"{name}-{status}")
    for name, operation in OPERATIONS.items()
    for status, response in operation["responses"].items()
]


def test_every_header_that_is_told_can_be_read_in_a_browser_and_the_other_way_round() -> None:
    assert {NAMES.get(name, name) for name in HEADERS} == set(EXPOSED)


@pytest.mark.parametrize("response", RESPONSES)
def test_every_answer_names_its_headers(response: dict[str, Any]) -> None:
    assert "X-Request-Id" in response["headers"]


@pytest.mark.parametrize("place", [*SPECIAL, *LINKS], ids=" ".join)
def test_what_is_said_of_an_answer_is_of_one_that_there_is(place: tuple[str, str]) -> None:
    operation, status = place
    assert status in OPERATIONS[operation]["responses"]


def test_no_error_is_told_without_its_headers() -> None:
    assert BY_STATUS.keys() <= {status for operation in OPERATIONS.values() for status in operation["responses"]}


def test_a_link_gives_parameters_that_its_operation_has() -> None:
    for operation in OPERATIONS.values():
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                target = OPERATIONS[link["operationId"]]
                assert link["parameters"].keys() <= {parameter["name"] for parameter in target["parameters"]}
