"""Schemathesis, with all of its checks: whatever it sends is answered as the contract says. `make fuzz` sends more."""

import json
from pathlib import Path

from infra.local.cloud.description import Cloud
from infra.openapi import DOCUMENT
from tests.support.fuzzing.runs import runs

BRIEFLY = ("--phases", "fuzzing,stateful", "--max-examples", "4", "--seed", "1")  # without every boundary: two minutes


def test_every_operation_keeps_to_the_contract_whatever_it_is_sent(cloud: Cloud, tmp_path: Path) -> None:
    asked = 0
    for who, run in runs(cloud, tmp_path, *BRIEFLY):
        assert not run.failures, f"as {who}: {run.said}"
        asked += run.operations
    assert asked == sum(len(item) for item in json.loads(DOCUMENT.read_text())["paths"].values())
