"""Lets rooms work on their briefs, and grades what they deliver."""

import re
import time

import httpx

from infra.local.cloud.description import Cloud
from infra.local.demo.checks import StepError
from infra.local.demo.phone import Phone
from infra.local.demo.room_stream import ENDED, open_inputs
from tests.evals.asking import Budget, Result
from tests.evals.cases import Athlete, Brief, athletes
from tests.evals.judging import Judge
from tests.evals.people import join

CATEGORY = "rooms"
WITHIN = 900.0  # seconds
MOST_DOLLARS = 0.50  # of one room
ANSWER = "Do as you think best."  # whatever an agent asks
_NAMED = re.compile(r"[a-z][\w-]*\.(?:md|csv)")  # files that a brief asks for
READ = 20_000  # characters of what was delivered that a judge reads


def grade_room(cloud: Cloud, brief: Brief, judge: Judge | None, budget: Budget) -> Result:
    """Never raises for what the product or the judge's provider does: that is a fault of the brief."""
    import openai

    result, athlete = Result(brief.id, CATEGORY), athletes()[brief.athlete]
    try:
        with join(cloud, athlete) as user:
            delivered = _delivered(user, brief, result)
        result.answer = delivered[:READ]
        result.faults += _faults(brief, delivered)
        _judge(result, brief, athlete, judge)
    except (StepError, httpx.HTTPError, OSError, openai.OpenAIError) as fault:
        result.faults.append(str(fault)[:300] or type(fault).__name__)
    budget.take(result.dollars)
    return result


def shape_faults(cloud: Cloud, brief: Brief) -> list[str]:
    """What is wrong with a room whatever its model can write: how it ended, and whether the file that was asked for is
    there with text in it. Never raises for what the product does."""
    result = Result(brief.id, CATEGORY)
    try:
        with join(cloud, athletes()[brief.athlete]) as user:
            texts = _files(user, brief, result)
    except (StepError, httpx.HTTPError) as fault:
        return [str(fault)[:300] or type(fault).__name__]
    missing = [name for name in _NAMED.findall(brief.task) if not texts.get(name, "").strip()]
    return [f"{name} is not there or empty: there are {', '.join(sorted(texts))}" for name in missing]


def _delivered(user: Phone, brief: Brief, result: Result) -> str:
    """The text of all files, one behind the other. Raises StepError when the room came to nothing."""
    return "\n\n".join(_files(user, brief, result).values())


def _files(user: Phone, brief: Brief, result: Result) -> dict[str, str]:
    """What the agents delivered, by name. Raises StepError when the room came to nothing."""
    wanted = {"task_prompt": brief.task, "agents": brief.agents, "budget": {"cost": MOST_DOLLARS}}
    path = f"/v1/rooms/{user.call('POST', '/v1/rooms', wanted).expect(201).body['id']}"
    started = time.monotonic()
    snapshot = user.get(path)
    while snapshot["room"]["status"] not in ENDED and time.monotonic() < started + WITHIN:
        for asked in open_inputs(snapshot):
            if asked["kind"] == "budget":
                raise StepError(f"{MOST_DOLLARS} dollars were not enough")
            user.call("POST", f"{path}/answer", {"input_id": asked["id"], "answer": ANSWER}).expect(200)
        time.sleep(1)  # each look takes a function's time
        snapshot = user.get(path)
    result.seconds, result.dollars = time.monotonic() - started, snapshot["budget"]["used"]["cost"]
    if snapshot["room"]["status"] != "completed":
        raise StepError(f"{snapshot['room']['status']}: {snapshot['room']['status_reason']}")
    files = {file["filename"]: file["id"] for file in snapshot["files"] if file["task_id"] and file["size"]}
    urls = {name: user.get(f"{path}/files/{file}")["url"] for name, file in files.items()}
    return {name: httpx.get(url, timeout=60, trust_env=False).raise_for_status().text for name, url in urls.items()}


def _faults(brief: Brief, delivered: str) -> list[str]:
    found = [f"it has {len(delivered.split())} words"] if len(delivered.split()) < brief.least_words else []
    found += [f"it does not say {each!r}" for each in brief.says if not re.search(each, delivered, re.IGNORECASE)]
    return found + [f"it says {each!r}" for each in brief.says_not if re.search(each, delivered, re.IGNORECASE)]


def _judge(result: Result, brief: Brief, athlete: Athlete, judge: Judge | None) -> None:
    if judge is None:
        result.unjudged = True
        return
    data = athlete.model_dump_json(exclude_defaults=True)
    for criterion in brief.rubric:
        verdict = judge.verdict(criterion, data, [brief.task], result.answer)
        result.dollars += verdict.dollars
        if not verdict.holds:
            result.faults.append(f"judge: {verdict.why}"[:300])
