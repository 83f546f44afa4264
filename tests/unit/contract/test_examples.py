"""The examples in the contract are answers that the contract allows, and hold nothing of the cloud they are from."""

import json
import re
from typing import Any

import httpx
import pytest

from infra.contract.examples import EXAMPLES
from infra.openapi import DOCUMENT
from tests.support.contract_responses import Contract

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
EXAMPLE = [
    pytest.param(method.upper(), path, int(status), content["example"], id=f"{operation['operationId']}-{status}")
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    for status, response in operation["responses"].items()
    for content in response.get("content", {}).values()
    if "example" in content
]


@pytest.mark.parametrize(("method", "path", "status", "body"), EXAMPLE)
def test_an_example_is_as_the_contract_says(method: str, path: str, status: int, body: Any) -> None:
    headers = {"x-request-id": "r"}
    name, _ = Contract().check(
        method, re.sub(r"\{\w+\}", "x", path), httpx.Response(status, json=body, headers=headers)
    )
    assert name


def test_every_answer_but_a_deletion_that_takes_long_has_an_example() -> None:
    without = {
        (operation["operationId"], status)
        for item in CONTRACT["paths"].values()
        for operation in item.values()
        for status, response in operation["responses"].items()
        if status[0] == "2" and any("example" not in content for content in response.get("content", {}).values())
    }
    assert without == {("deleteAccount", "202")}


def test_no_example_has_an_address_or_a_secret_of_where_it_is_from() -> None:
    assert not re.search(r"127\.0\.0\.1|localhost|X-Amz-Signature=|AKIA|eyJ[A-Za-z0-9]{8}|\bst-", EXAMPLES.read_text())
