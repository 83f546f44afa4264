"""What a function loads before its first request, counted in modules: cold starts are made of imports."""

import json
import subprocess
import sys

import pytest

from infra.local.processes import ROOT
from infra.packaging.deployed import function_names

# Modules at most; about a tenth above what was measured, for the differences between Python 3.11 and 3.13.
BUDGETS = {
    "create_session": 700,
    "list_sessions": 700,
    "send_message": 790,
    "list_messages": 700,
    "get_profile": 700,
    "update_profile": 700,
    "get_usage": 700,
    "embed_doc": 735,
    "create_upload": 700,
    "list_docs": 700,
    "search_knowledge": 735,
    "delete_doc": 700,
    "health": 540,
    "ingest_kb": 505,
    "reset_usage": 440,
    "get_session": 700,
    "update_session": 700,
    "delete_session": 700,
    "cancel_turn": 700,
    "rate_message": 700,
    "export_account": 700,
    "delete_account": 700,
    "sweep": 440,
    "ws_connect": 515,
    "ws_disconnect": 440,
    "ws_message": 440,
    "create_ticket": 700,
    "list_events": 700,
    "list_actions": 720,
    "approve_action": 765,
    "reject_action": 765,
    "undo_action": 765,
    "create_room": 735,
    "list_rooms": 725,
    "get_room": 720,
    "answer_room": 735,
    "cancel_room": 735,
    "retry_room": 735,
    "share_room": 735,
    "create_room_upload": 720,
    "list_room_files": 720,
    "get_room_file": 720,
    "plan_room": 490,
    "run_agent": 485,
    "review_room": 495,
    "ask_owner": 470,
    "finish_room": 495,
}
HEAVY = {"openai", "httpx2", "boto3", "botocore.session", "supabase", "pypdf", "numpy"}
FASTAPI_FREE = {
    *("ingest_kb", "reset_usage", "sweep", "ws_connect", "ws_disconnect", "ws_message"),
    *("plan_room", "run_agent", "review_room", "ask_owner", "finish_room"),
}
SCRIPT = """
import importlib, json, sys
from tests.bench.harness.layer import hide_development_tools
hide_development_tools()
importlib.import_module(sys.argv[1])
sys.stdout.write(json.dumps(sorted(sys.modules)))
"""


def loaded(function: str) -> set[str]:
    command = [sys.executable, "-c", SCRIPT, f"functions.{function}.handler"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("function", sorted(BUDGETS))
def test_a_function_stays_within_its_budget_and_loads_nothing_heavy(function: str) -> None:
    modules = loaded(function)

    assert len(modules) <= BUDGETS[function]
    assert not modules & HEAVY
    assert ("fastapi" in modules) == (function not in FASTAPI_FREE)


def test_every_deployed_function_has_a_budget() -> None:
    assert set(function_names(ROOT)) == BUDGETS.keys()
