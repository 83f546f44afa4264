"""What a function loads before its first request, counted in modules: cold starts are made of imports."""

import json
import subprocess
import sys

import pytest

from infra.local.processes import ROOT
from infra.packaging.table import functions

# Modules at most, by the class that the table of functions gives; about a tenth above what was measured of the class's
# largest, for the differences between Python 3.11 and 3.13.
BUDGETS = {
    "light": 440,  # one call of the database
    "worker": 515,  # no HTTP request: documents, rooms, sockets
    "probe": 540,  # answers for itself
    "api": 735,
    "coach": 790,  # what an action or an answer may hold, and its safety
}
WITHOUT_FASTAPI = {"light", "worker"}
HEAVY = {
    "openai",
    "httpx2",
    "pydantic.v1",
    "boto3",
    "botocore.session",
    "supabase",
    "pypdfium2",
    "openpyxl",
    "selectolax",
    "numpy",
}
SCRIPT = """
import importlib, json, sys
from tests.bench.harness.layer import hide_development_tools
hide_development_tools()
importlib.import_module(sys.argv[1])
sys.stdout.write(json.dumps(sorted(name for name, module in sys.modules.items() if module)))
"""


def loaded(function: str) -> set[str]:
    command = [sys.executable, "-c", SCRIPT, f"functions.{function}.handler"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(("function", "entry"), sorted(functions(ROOT).items()))
def test_a_function_stays_within_the_budget_of_its_class_and_loads_nothing_heavy(
    function: str, entry: dict[str, str]
) -> None:
    modules = loaded(function)

    assert len(modules) <= BUDGETS[entry["class"]]
    assert not modules & HEAVY
    assert ("fastapi" in modules) == (entry["class"] not in WITHOUT_FASTAPI)
