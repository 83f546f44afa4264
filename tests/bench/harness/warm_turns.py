"""Runs warm turns, each beside the same model call made directly. Prints {measured, read_cpu_ms, cold_s}.

A job comes in by standard input: {ask, read, turns, gateway, models, mark}: an event of send_message for each kind of
turn and one of get_profile, how many turns, where to look at what the gateway and the models were asked, and a word of
the questions. `measured` has for each kind {turn, call} of each of its turns.
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
from shared.safety.statements import statements  # noqa: E402

WARM_UP = 3  # turns; the first has everything to import and to connect
READS = 5  # a turn
OPENING = '{"urgent": null, "answer": "'  # of the model's answer; what follows is for the user to see


def invoke(function: Any, event: dict[str, Any]) -> Any:
    return function.handler(event, Context())


def cpu_ms(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return (time.process_time() - began) * 1000


def turn(log: httpx.Client, ask: Any) -> dict[str, Any]:
    log.delete(f"{JOB['gateway']}/local/requests")
    began, cpu = time.perf_counter(), time.process_time()
    answer = invoke(send_message, ask)
    ended, used = time.perf_counter(), time.process_time() - cpu
    asked = log.get(f"{JOB['gateway']}/local/requests").json()
    if answer["statusCode"] != 200:
        sys.exit(f"send_message answered {answer}")
    body = json.loads(answer["body"])
    receipt = body["message"]["metadata"]["receipt"]
    return {
        "turn_id": body["turn"]["id"],
        "searched": receipt["searched"],
        "passages": len(receipt["chunks"]),
        "began": began,
        "ended": ended,
        "cpu_ms": used * 1000,
        "db_round_trips": sum(request["path"].startswith("/rest/") for request in asked),
    }


def model_call(client: openai.OpenAI, request: dict[str, Any]) -> dict[str, Any]:
    """The bare stream of one answer, with its first word and the word behind its first sentence.

    `behind` are the pieces from the one to the other: so much later than the first word a sentence can be shown.
    """
    began, first, sentence, behind, text = time.perf_counter(), None, None, 0, ""
    for chunk in client.chat.completions.create(**request):
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        if first is None and len(text) > len(OPENING):
            first = time.perf_counter()
        if first is not None and sentence is None:
            behind += 1
            if any(statements(text[len(OPENING) :], ended=False)):
                sentence = time.perf_counter()
    return {"began": began, "first": first, "sentence": sentence, "behind": behind, "ended": time.perf_counter()}


def embedding_ms(client: openai.OpenAI, request: dict[str, Any]) -> float:
    began = time.perf_counter()
    client.embeddings.create(**request)
    return (time.perf_counter() - began) * 1000


def newest_requests(log: httpx.Client) -> dict[str, dict[str, Any]]:
    """What the last turn asked of the models, by endpoint."""
    records = log.get(f"{JOB['models']}/local/requests", params={"match": JOB["mark"]}).json()
    return {record["endpoint"]: record["body"] for record in records}


def turn_and_call(log: httpx.Client, client: openai.OpenAI, ask: Any) -> dict[str, Any]:
    asked = turn(log, ask)
    requests = newest_requests(log)
    called = model_call(client, requests["chat"])
    called["embedding_ms"] = embedding_ms(client, requests["embeddings"]) if asked["searched"] else 0.0
    return {"turn": asked, "call": called}


def main() -> None:
    measured: dict[str, list[dict[str, Any]]] = {kind: [] for kind in JOB["ask"]}
    with httpx.Client() as log, openai.OpenAI(api_key="none", base_url=f"{JOB['models']}/v1") as client:
        for _ in range(WARM_UP + JOB["turns"]):
            for kind, ask in JOB["ask"].items():
                measured[kind].append(turn_and_call(log, client, ask))
    reads = [cpu_ms(lambda: invoke(get_profile, JOB["read"])) for _ in range(READS * JOB["turns"])]
    cold = next(iter(measured.values()))[0]["turn"]
    found = {
        "measured": {kind: each[WARM_UP:] for kind, each in measured.items()},
        "read_cpu_ms": reads[len(reads) // 10 :],
        "cold_s": cold["ended"] - cold["began"],
    }
    sys.stdout.write("\n" + json.dumps(found) + "\n")


main()
