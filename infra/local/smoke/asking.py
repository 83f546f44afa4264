"""What is asked of each provider, and what must come: the product's parts, never a model's words."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.checks import StepError, check
from infra.local.demo.knowledge import DOCUMENTS, checked_citations
from infra.local.demo.limits import Plan, put_on_plan
from infra.local.demo.phone import Phone
from infra.local.demo.proposals import pending
from infra.local.demo.room_stream import ENDED, open_inputs
from infra.local.smoke.providers import Provider

DOCUMENT = "deload.md"
GOAL = "Set my goal to twenty strict pull-ups."
QUESTION = "How often should I take a deload week, and what do I change in it?"
FOLLOW_UP = "And how do I know that I need one earlier?"
TASK = "Write one page on the deload week for a beginner who trains twice a week, with its sources, as deload-week.md."
ANSWER = "Do as you think best."  # whatever an agent asks
AMPLE = Plan("smoke", 10_000_000, 100, 100)  # what a turn of the dearest models may cost fits no free week
ROOM_WITHIN = 600.0  # seconds
FUNCTIONS = ("send_message", "plan_room", "run_agent", "review_room")
REFUSED = "a model provider refused a request"  # shared.llm.call
REFUSAL_FIELDS = ("status", "code", "parameter", "provider_request_id")
WHAT = ("a proposal", "a citation", "a follow-up", "a room")


Holds = Callable[[dict[str, Any]], object]  # whether a message of the coach's is as it should be


@dataclass(frozen=True)
class Outcome:
    """`wrong` is empty when all was as it should be. Seconds; dollars."""

    what: str
    wrong: str = ""
    seconds: float = 0.0
    first_token: float | None = None
    tokens: int = 0
    dollars: float = 0.0


def ask_everything(cloud: Cloud, provider: Provider) -> Iterator[Outcome]:
    """One thing after the other; what goes wrong with one is told and does not keep the next from being asked."""
    _put_document(cloud)
    with Phone.sign_up(cloud, "smoke") as user:
        put_on_plan(cloud, user, AMPLE)
        alone, talk = user.open_session("Proposal"), user.open_session("Knowledge")
        turns: list[tuple[str, str, Holds, str]] = [
            (alone, GOAL, lambda message: pending(user, message, "update_profile"), "no proposal is pending"),
            (talk, QUESTION, checked_citations, "nothing is cited"),
            (talk, FOLLOW_UP, _knows_before, "the turn before was not shown to it"),
        ]
        for what, turn in zip(WHAT, turns, strict=False):
            yield _tried(cloud, what, partial(_turn, user, provider, *turn))
        yield _tried(cloud, WHAT[-1], partial(_room, user, provider))


def _put_document(cloud: Cloud) -> None:
    body = {"source": DOCUMENT, "text": (DOCUMENTS / DOCUMENT).read_text()}
    headers = {"apikey": cloud.service_key}
    url = f"{cloud.api_url}/v1/knowledge/documents"
    answer = httpx.post(url, json=body, headers=headers, timeout=60, trust_env=False)
    check(answer.is_success, f"{DOCUMENT} is taken in: {answer.status_code} {answer.json().get('code')}")


def _tried(cloud: Cloud, what: str, ask: Callable[[], Outcome]) -> Outcome:
    """What came of it, with what the provider said where it refused."""
    since, started = time.time(), time.monotonic()
    try:
        outcome = ask()
    except (StepError, httpx.HTTPError) as fault:
        outcome = Outcome("", str(fault) or type(fault).__name__)
    said = _refusals(cloud, since) if outcome.wrong else []
    wrong = "; ".join([outcome.wrong, *said]) if outcome.wrong else ""
    return replace(outcome, what=what, wrong=wrong, seconds=outcome.seconds or time.monotonic() - started)


def _turn(user: Phone, provider: Provider, session: str, question: str, holds: Holds, otherwise: str) -> Outcome:
    answer = user.ask(session, question)
    if answer.status != 200:
        return Outcome("", f"{answer.status} {answer.body.get('code')}", answer.seconds)
    message = answer.body["message"]
    receipt = message["metadata"].get("receipt") or {}
    wrong = _wrong_with(message, receipt, provider) or ("" if holds(message) else otherwise)
    first_token = receipt.get("first_token_ms")
    seconds = None if first_token is None else first_token / 1000
    return Outcome("", wrong, answer.seconds, seconds, receipt.get("tokens", 0), receipt.get("cost", 0.0))


def _wrong_with(message: dict[str, Any], receipt: dict[str, Any], provider: Provider) -> str:
    asked, answered = (provider.name, provider.model), (receipt.get("provider"), receipt.get("model"))
    if not receipt:
        return "no model was asked"
    if answered != asked:
        return f"{answered[0]} {answered[1]} stood in"
    if message["metadata"].get("truncated"):
        return "the answer was cut off"
    return "" if message["content"].strip() else "the answer is empty"


def _knows_before(message: dict[str, Any]) -> bool:
    return bool(message["metadata"]["receipt"]["history_messages"] >= 2)  # a question and its answer


def _room(user: Phone, provider: Provider) -> Outcome:
    wanted = {"task_prompt": TASK, "agents": ["researcher", "writer"], "provider": provider.name}
    created = user.call("POST", "/v1/rooms", wanted | {"budget": {"cost": provider.max_room_dollars}}).expect(201).body
    path, started = f"/v1/rooms/{created['id']}", time.monotonic()
    snapshot = user.get(path)
    while snapshot["room"]["status"] not in ENDED and time.monotonic() < started + ROOM_WITHIN:
        waiting = open_inputs(snapshot)
        if any(each["kind"] == "budget" for each in waiting):
            break
        for asked in waiting:
            user.call("POST", f"{path}/answer", {"input_id": asked["id"], "answer": ANSWER}).expect(200)
        time.sleep(1)  # each look takes a function's time
        snapshot = user.get(path)
    used = snapshot["budget"]["used"]
    seconds = time.monotonic() - started
    return Outcome("", _wrong_with_room(snapshot, provider), seconds, None, used["tokens"], used["cost"])


def _wrong_with_room(snapshot: dict[str, Any], provider: Provider) -> str:
    room = snapshot["room"]
    made = [file for file in snapshot["files"] if file["task_id"] and file["size"]]
    if room["status"] != "completed":
        tasks = [f"{task['role']} {task['error_code']}" for task in snapshot["tasks"] if task["error_code"]]
        return ", ".join([f"{room['status']}: {room['status_reason']}", *tasks])
    if room["llm_used"] != provider.name:
        return f"{room['llm_used']} stood in"
    return "" if made else "nothing was delivered"


def _refusals(cloud: Cloud, since: float) -> list[str]:
    """What the functions' logs say of a model's refusals since then (epoch seconds), each once; users are told less."""
    lines = (line for line in _logged(cloud, since) if line.get("message") == REFUSED)
    return list(dict.fromkeys(" ".join(str(line[each]) for each in REFUSAL_FIELDS if line.get(each)) for line in lines))


def _logged(cloud: Cloud, since: float) -> Iterator[dict[str, Any]]:
    logs = client("logs", cloud.aws_endpoint_url)
    pages = logs.get_paginator("describe_log_groups").paginate()
    groups = {group["logGroupName"] for page in pages for group in page["logGroups"]}
    for group in groups & {f"/aws/lambda/hercules-local-{name}" for name in FUNCTIONS}:
        for event in logs.filter_log_events(logGroupName=group, startTime=int(since * 1000))["events"]:
            if event["message"].startswith("{"):
                yield json.loads(event["message"])
