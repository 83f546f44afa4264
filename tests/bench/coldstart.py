"""From the first import to the first answer, per function, beside the same function written naively.

The naive form imports fastapi, supabase, openai, boto3 and Powertools and makes their clients at the top, and then does
the same work on the same services. Each run is a fresh process; the two forms take turns; medians.
"""

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from infra.local.aws_emulator.environment import STAGE, of_clients
from infra.local.cloud.description import Cloud
from infra.local.cloud.services import OFFLINE_CHAT_MODEL, OFFLINE_EMBEDDING_MODEL
from infra.local.demo.phone import Phone
from infra.local.processes import ROOT
from tests.bench.harness.run import Run
from tests.support.functions.events import http_event, sqs_event, websocket_event

RUNS = 5
NOTHING = "00000000-0000-4000-8000-000000000000"  # looked up like any other id, and as often as one likes
HARNESS = ROOT / "tests" / "bench" / "harness"
OPERATORS = "/v1/knowledge/"  # paths that take the service key instead of a user's token


def events(cloud: Cloud, user: Phone, leaving: Phone) -> dict[str, dict[str, Any]]:
    """A request for each function that makes it do its work."""
    prepared = events_of_users(user.token, leaving.token, user.open_session("Bench"))
    for event in prepared.values():
        if event.get("rawPath", "").startswith(OPERATORS):
            event["headers"]["apikey"] = cloud.service_key
    return prepared


def events_of_users(token: str, leaving: str, session: str) -> dict[str, dict[str, Any]]:
    messages = f"/v1/chat/sessions/{session}/messages"
    document = {"source": "deload.md", "text": "# Deload\n\nA planned easier week."}
    upload = {"source": "deload.md", "content_type": "text/markdown", "size": 5}
    return {
        "create_session": http_event("POST", "/v1/chat/sessions", token, {}),
        "list_sessions": http_event("GET", "/v1/chat/sessions", token),
        "send_message": http_event("POST", messages, token, {"content": "How often should I deload?"}),
        "list_messages": http_event("GET", messages, token),
        "get_profile": http_event("GET", "/v1/profile", token),
        "update_profile": http_event("PATCH", "/v1/profile", token, {"goals": ["run"]}),
        "get_usage": http_event("GET", "/v1/usage", token),
        "embed_doc": http_event("POST", "/v1/knowledge/documents", "", document),
        "create_upload": http_event("POST", "/v1/knowledge/uploads", "", upload),
        "list_docs": http_event("GET", "/v1/knowledge/documents", ""),
        "search_knowledge": http_event("POST", "/v1/knowledge/search", "", {"query": "Rest?"}),
        "delete_doc": http_event("DELETE", f"/v1/knowledge/documents/{NOTHING}", ""),
        "health": http_event("GET", "/health", ""),
        "ingest_kb": sqs_event({"Event": "s3:TestEvent"}),
        "get_session": http_event("GET", f"/v1/chat/sessions/{session}", token),
        "update_session": http_event("PATCH", f"/v1/chat/sessions/{session}", token, {"title": "Bench"}),
        "delete_session": http_event("DELETE", f"/v1/chat/sessions/{NOTHING}", token),
        "cancel_turn": http_event("POST", f"/v1/chat/sessions/{session}/turns/{NOTHING}/cancel", token),
        "rate_message": http_event("PUT", f"/v1/messages/{NOTHING}/rating", token, {"rating": 1}),
        "export_account": http_event("GET", "/v1/account/export", token),
        "delete_account": http_event("DELETE", "/v1/account", leaving),
        "sweep": {},
        "reset_usage": {},
        "ws_connect": websocket_event("c1", token=token),
        "ws_disconnect": websocket_event("c1"),
        "create_ticket": http_event("POST", "/v1/realtime/tickets", token),
        "list_events": http_event("GET", f"/v1/chat/sessions/{session}/events", token),
        "ws_message": websocket_event("c1", body='{"type": "ping"}'),
        "list_actions": http_event("GET", "/v1/actions", token),
        "approve_action": http_event("POST", f"/v1/actions/{NOTHING}/approve", token, {"version": 1}),
        "reject_action": http_event("POST", f"/v1/actions/{NOTHING}/reject", token, {}),
        "undo_action": http_event("POST", f"/v1/actions/{NOTHING}/undo", token),
        **events_of_rooms(token),
    }


def events_of_rooms(token: str) -> dict[str, dict[str, Any]]:
    """Of a room that there is not: a real one would be started, paid for and changed by each run."""
    room, step = f"/v1/rooms/{NOTHING}", {"room_id": NOTHING, "run": 1}
    upload = {"filename": "log.csv", "size": 9, "sha256": "0" * 64}
    return {
        "create_room": http_event("POST", "/v1/rooms", token, {"task_prompt": "Bench", "session_id": NOTHING}),
        "list_rooms": http_event("GET", "/v1/rooms", token),
        "get_room": http_event("GET", room, token),
        "answer_room": http_event("POST", f"{room}/answer", token, {"answer": "Three."}),
        "cancel_room": http_event("POST", f"{room}/cancel", token),
        "retry_room": http_event("POST", f"{room}/retry", token),
        "share_room": http_event("PUT", f"{room}/share", token, {"shared": False}),
        "create_room_upload": http_event("POST", "/v1/rooms/uploads", token, upload),
        "list_room_files": http_event("GET", f"{room}/files", token),
        "get_room_file": http_event("GET", f"{room}/files/{NOTHING}", token),
        "plan_room": step,
        "run_agent": {**step, "task_id": NOTHING},
        "review_room": step,
        "ask_owner": {**step, "wait_id": NOTHING, "token": "none"},
        "finish_room": step,
    }


def environment(cloud: Cloud) -> dict[str, str]:
    """What the deployed functions are given, and the path of this machine."""
    return {
        **of_clients(cloud.aws_endpoint_url),
        "PATH": os.environ["PATH"],
        "STAGE": STAGE,
        "SUPABASE_URL": cloud.supabase_url,
        "SUPABASE_ANON_KEY": cloud.anon_key,
        "SUPABASE_SERVICE_KEY_PARAMETER": f"/hercules/{STAGE}/supabase-service-key",
        "OPENAI_API_KEY_PARAMETER": f"/hercules/{STAGE}/openai-api-key",
        "WEBHOOK_SECRET_PARAMETER": f"/hercules/{STAGE}/webhook-secret",
        "OPENAI_BASE_URL": cloud.openai_base_url,
        "ROOMS_BUCKET": cloud.rooms_bucket,
        "ROOM_WORKFLOW_ARN": cloud.room_workflow_arn,
        "CHAT_MODEL": OFFLINE_CHAT_MODEL,
        "EMBEDDING_MODEL": OFFLINE_EMBEDDING_MODEL,
        "KNOWLEDGE_BUCKET": cloud.kb_bucket,
        "LOG_LEVEL": "CRITICAL",
    }


def measure(function: str, form: str, event: dict[str, Any], variables: dict[str, str]) -> dict[str, float]:
    """One fresh process: {modules, ms}, and of what only reads {warm_cpu_ms}."""
    said = process("first_answer.py", function, form, event=event, variables=variables)
    figures: dict[str, float] = json.loads(said.splitlines()[-1])
    return figures


def process(script: str, *arguments: str, event: dict[str, Any], variables: dict[str, str]) -> str:
    """What a script of the harness prints, told an event by standard input."""
    done = subprocess.run(
        [sys.executable, str(HARNESS / script), *arguments],
        input=json.dumps(event),
        env=variables,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def compare(function: str, event: dict[str, Any], variables: dict[str, str], times: int) -> dict[str, Any]:
    runs = [
        (measure(function, "ours", event, variables), measure(function, "naive", event, variables))
        for _ in range(times)
    ]
    ours = statistics.median(run["ms"] for run, _ in runs)
    naive = statistics.median(run["ms"] for _, run in runs)
    warm = [run["warm_cpu_ms"] for run, _ in runs if "warm_cpu_ms" in run]
    return {
        "modules": runs[0][0]["modules"],
        "ms": round(ours, 1),
        "naive_modules": runs[0][1]["modules"],
        "naive_ms": round(naive, 1),
        "ratio": round(ours / naive, 3),
        "warm_cpu_ms": round(statistics.median(warm), 2) if warm else None,
    }


def main(run: Run) -> None:
    cloud = run.cloud
    with Phone.sign_up(cloud, "bench") as user, Phone.sign_up(cloud, "leaving") as leaving:
        variables, prepared = environment(cloud), events(cloud, user, leaving)
        if run.brief:  # every event still fits its function; one function is measured
            process("every_answer.py", event=prepared, variables=variables)
        measured = run.sized(list(prepared), ["health"])
        figures = {name: compare(name, prepared[name], variables, run.sized(RUNS, 1)) for name in measured}
    run.write("coldstart", figures)
    columns = ("function", "modules", "ms", "naive modules", "naive ms", "ratio", "warm CPU ms")
    run.show("Cold start: import to first answer", columns, [(name, *row.values()) for name, row in figures.items()])
