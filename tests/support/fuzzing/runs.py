"""Schemathesis against a cloud: each operation of the contract, as a user, as an operator and as one who leaves."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.accounts.__main__ import account, signed_in
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone, supabase_client
from infra.openapi import DOCUMENT, ROOT

SETTINGS = Path(__file__).with_name("schemathesis.toml")
OF_OPERATORS = ("--include-tag-regex", "knowledge|operations", "--include-operation-id", "inspectDeployment")
OF_LEAVERS = ("--include-operation-id", "deleteAccount")
OF_USERS = (
    *("--exclude-tag-regex", "knowledge|operations"),
    *("--exclude-operation-id", "deleteAccount", "--exclude-operation-id", "inspectDeployment"),
)


@dataclass(frozen=True)
class Run:
    """What schemathesis asked and found. `said` is its report, to be read."""

    requests: int
    operations: int
    failures: int
    said: str


def runs(cloud: Cloud, folder: Path, *options: str) -> Iterator[tuple[str, Run]]:
    """By who it asks as: a user who has something of everything, an operator, and one whose account is deleted."""
    with Phone.sign_up(cloud, "fuzzed") as user, Phone.sign_up(cloud, "leaving") as leaver:
        _furnish(user)
        tokens = {"user": user.token, "operator": _operator(cloud), "leaver": leaver.token}
        of = {"user": OF_USERS, "operator": OF_OPERATORS, "leaver": OF_LEAVERS}
        for who, token in tokens.items():
            yield who, _run(cloud, token, folder / f"{who}.json", *of[who], *options)


def _furnish(user: Phone) -> None:
    """So that lists have something in them, from which it goes on."""
    session = user.open_session("Fuzzed")
    user.ask(session, "Please make me a 3-day full body plan for 4 weeks.").expect(200)
    workout = {"performed_on": "2026-11-20", "minutes": 40, "notes": None, "exercises": [SQUAT]}
    user.call("POST", "/v1/workout-logs", workout).expect(201)
    user.call("POST", "/v1/rooms", {"task_prompt": "Write a short guide to deload weeks."}).expect(201)


SQUAT = {"name": "Squat", "sets": 3, "reps": 8, "load_kg": 60, "rest_seconds": 120}


def _operator(cloud: Cloud) -> str:
    """The token of a new one."""
    email = f"operator-{uuid.uuid4().hex[:8]}@example.com"
    with supabase_client(cloud, cloud.service_key) as admin:
        password = str(account(admin, email, "", operator=True))
    return signed_in(cloud, email, password)


def _run(cloud: Cloud, token: str, report: Path, *options: str) -> Run:
    command = [
        *(Path(sys.executable).with_name("st"), "--config-file", SETTINGS, "run", DOCUMENT, "--url", cloud.api_url),
        *("-H", f"Authorization: Bearer {token}", "--report", "json", "--report-json-path", report, *options),
    ]
    # Its folder for replays is made where it runs.
    done = subprocess.run(
        [*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"}
    )
    told = json.loads(report.read_text()) if report.exists() else {}
    if not told.get("operations"):
        raise RuntimeError(f"schemathesis did not run: {done.stdout}{done.stderr}")
    # Where an operation is asked alone, nothing goes on from it.
    errors = [error for error in told["errors"] if error["title"] != "Missing Open API links"]
    failures = told["test_cases"]["unique_failures"] + len(errors)
    return Run(told["test_cases"]["generated"], told["operations"]["tested"], failures, done.stdout)
