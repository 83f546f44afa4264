"""The AsyncAPI project's own parser reads the contract of the socket."""

import json
import subprocess
from typing import Any

from infra.contract import asyncapi
from infra.contract.events import EVENTS
from infra.openapi import ROOT

PARSER = ROOT / "tests" / "support" / "asyncapi.mjs"


def parsed(document: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        ["node", PARSER], input=json.dumps(document), cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_parser_has_nothing_against_the_document_and_finds_every_message() -> None:
    document = asyncapi.document()
    found = parsed(document)

    assert found["faults"] == []
    names = {name for each in found["operations"].values() for name in each}
    assert found["operations"].keys() == document["operations"].keys()
    assert names == document["components"]["messages"].keys()
    assert {model.__name__ for model in EVENTS.values()} <= names


def test_the_parser_finds_what_is_wrong() -> None:
    document = asyncapi.document()
    document["operations"]["ask"]["action"] = "shout"
    del document["info"]["version"]

    faults = parsed(document)["faults"]
    assert any("operations.ask.action" in fault for fault in faults)
    assert any("info" in fault for fault in faults)
