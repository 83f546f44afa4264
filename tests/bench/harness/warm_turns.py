"""Runs warm turns in this process, each beside the same model call made directly. Prints {turns, calls, plain_cpu_ms}.

A job comes in by standard input: {ask, plain, turns, gateway, models, mark}: an event of send_message and one of
get_profile, how many turns, where to look at what the gateway and the models were asked, and a word of the question.
Times are seconds of the clock that all processes of this machine share.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

JOB = json.load(sys.stdin)
sys.path.insert(0, ".")

from tests.bench.harness.context import Context  # noqa: E402
from tests.bench.harness.layer import hide_development_tools  # noqa: E402

hide_development_tools()

import httpx  # noqa: E402
import openai  # noqa: E402

from functions.get_profile import handler as get_profile  # noqa: E402
from functions.send_message import handler as send_message  # noqa: E402

WARM_UP = 3  # turns; the first has everything to import and to connect
PLAIN_CALLS = 5  # a turn
OPENING = '{"answer": "'  # of the model's answer; what follows is for the user to see


def invoke(function: Any, event: dict[str, Any]) -> Any:
    return function.handler(event, Context())


def cpu_ms(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000


def turn(log: httpx.Client) -> dict[str, Any]:
    log.delete(f"{JOB['gateway']}/local/requests")
    began, cpu = time.perf_counter(), time.process_time()
    answer = invoke(send_message, JOB["ask"])
    ended, used = time.perf_counter(), time.process_time() - cpu
    asked = log.get(f"{JOB['gateway']}/local/requests").json()
    if answer["statusCode"] != 200:
        sys.exit(f"send_message answered {answer}")
    return {
        "turn_id": json.loads(answer["body"])["turn"]["id"],
        "began": began,
        "ended": ended,
        "cpu_ms": used * 1000,
        "db_round_trips": sum(request["path"].startswith("/rest/") for request in asked),
    }


def model_call(client: openai.OpenAI, request: dict[str, Any]) -> dict[str, Any]:
    """The bare stream of one answer."""
    began, first, text = time.perf_counter(), None, ""
    for chunk in client.chat.completions.create(**request):
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        if first is None and len(text) > len(OPENING):
            first = time.perf_counter()
    return {"began": began, "first": first, "ended": time.perf_counter()}


def embedding_ms(client: openai.OpenAI, request: dict[str, Any]) -> float:
    began = time.perf_counter()
    client.embeddings.create(**request)
    return (time.perf_counter() - began) * 1000


def newest_requests(log: httpx.Client) -> dict[str, dict[str, Any]]:
    """What the last turn asked of the models, by endpoint."""
    records = log.get(f"{JOB['models']}/local/requests", params={"match": JOB["mark"]}).json()
    return {record["endpoint"]: record["body"] for record in records}


def main() -> None:
    turns, calls = [], []
    with httpx.Client() as log, openai.OpenAI(api_key="none", base_url=f"{JOB['models']}/v1") as client:
        for _ in range(WARM_UP + JOB["turns"]):
            turns.append(turn(log))
            requests = newest_requests(log)
            calls.append(model_call(client, requests["chat"]))
            calls[-1]["embedding_ms"] = embedding_ms(client, requests["embeddings"])
    plain = [cpu_ms(lambda: invoke(get_profile, JOB["plain"])) for _ in range(PLAIN_CALLS * JOB["turns"])]
    measured = {"turns": turns[WARM_UP:], "calls": calls[WARM_UP:], "plain_cpu_ms": plain[len(plain) // 10 :]}
    sys.stdout.write("\n" + json.dumps(measured | {"cold_s": turns[0]["ended"] - turns[0]["began"]}) + "\n")


main()
