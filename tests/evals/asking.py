"""Asks the coach what a case says, through the API of a cloud, and grades what it answers."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from infra.local.cloud.description import Cloud
from infra.local.demo.checks import StepError
from infra.local.demo.knowledge import DOCUMENTS, documents
from infra.local.demo.phone import Phone
from tests.evals.cases import Athlete, Case, athletes
from tests.evals.grading import Told, faults
from tests.evals.judging import Judge
from tests.evals.people import join, today

SIDE_BY_SIDE = 4  # conversations at a time
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Result:
    """`faults` is empty when all was as it should be; `unjudged`: there was no judge for what only one can tell."""

    id: str
    category: str
    faults: list[str] = field(default_factory=list)
    unjudged: bool = False
    answer: str = ""
    dollars: float = 0.0
    seconds: float = 0.0  # of the last answer
    first_token: float | None = None  # seconds
    prompt_hash: str = ""

    @property
    def passed(self) -> bool:
        return not self.faults


class Budget:
    """Dollars that may be spent; what is under way when they are is finished."""

    def __init__(self, dollars: float) -> None:
        self.dollars = dollars
        self.spent = 0.0
        self._lock = threading.Lock()

    def take(self, dollars: float) -> None:
        with self._lock:
            self.spent += dollars

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.dollars


def put_documents(cloud: Cloud, cases: Iterable[Case], names: Iterable[str] | None = None) -> None:
    """Take the shipped documents, or some, and those of the cases into the knowledge base, as an operator does."""
    shipped = [path.name for path in documents()] if names is None else names
    texts = {name: (DOCUMENTS / name).read_text() for name in shipped}
    texts |= {_source(case): case.document for case in cases if case.document}

    def put(source: str) -> None:
        body, key = {"source": source, "text": texts[source]}, {"apikey": cloud.service_key}
        url = f"{cloud.api_url}/v1/knowledge/documents"
        httpx.post(url, json=body, headers=key, timeout=120, trust_env=False).raise_for_status()

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        list(pool.map(put, texts))


def side_by_side(ask: Callable[[T], R], each: Sequence[T], budget: Budget) -> Iterator[R]:
    """What comes of each, as long as the budget is not spent."""

    def asked(one: T) -> list[R]:
        return [] if budget.is_spent else [ask(one)]

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for results in pool.map(asked, each):
            yield from results


def grade(cloud: Cloud, case: Case, judge: Judge | None, budget: Budget) -> Result:
    """Never raises for what the product or the judge's provider does: that is a fault of the case."""
    result, athlete = Result(case.id, case.category), athletes()[case.athlete]
    try:
        with closing(_Conversation(cloud, case, athlete)) as conversation:
            told = conversation.held(result)
        result.faults += faults(case.expect, told)
        _judge(result, conversation.lines[:-1], case, athlete, judge)
    except (StepError, httpx.HTTPError, OSError) as fault:
        result.faults.append(str(fault)[:300] or type(fault).__name__)
    budget.take(result.dollars)
    return result


class _Conversation:
    def __init__(self, cloud: Cloud, case: Case, athlete: Athlete) -> None:
        self._case, self._athlete = case, athlete
        self._user: Phone = join(cloud, athlete)
        self.lines: list[str] = []

    def close(self) -> None:
        self._user.__exit__()

    def held(self, result: Result) -> Told:
        """The last answer; what all of them cost is noted in the result. Raises StepError."""
        session = self._user.open_session(self._case.id)
        for said in self._case.said:
            answer = self._user.ask(session, said)
            message: dict[str, Any] = answer.expect(200).body["message"]
            receipt = message["metadata"].get("receipt") or {}
            result.dollars += receipt.get("cost", 0.0)
            self.lines += [f"user: {said}", f"coach: {message['content']}"]
        first = receipt.get("first_token_ms")
        result.seconds, result.first_token = answer.seconds, None if first is None else first / 1000
        result.prompt_hash, result.answer = receipt.get("prompt_hash", ""), message["content"]
        proposals, case = self._proposals(message), self._case
        return Told(message["content"], message["metadata"], proposals, case.document, today(self._athlete))

    def _proposals(self, message: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        proposed = message["metadata"].get("actions") or []
        found = [self._user.get(f"/v1/actions?status={status}")["items"] for status in ("pending", "executed")]
        actions = [action for items in found for action in items if action["id"] in proposed]
        return [(action["action_type"], action["payload"]) for action in actions]


def _judge(result: Result, before: list[str], case: Case, athlete: Athlete, judge: Judge | None) -> None:
    import openai

    if not case.expect.judge or result.faults:
        return
    if judge is None:
        result.unjudged = True
        return
    data = json.dumps(athlete.model_dump(exclude_defaults=True), ensure_ascii=False)
    try:
        verdict = judge.verdict(case.expect.judge, data, before, result.answer)
    except openai.OpenAIError as fault:
        result.faults.append(f"the judge cannot be asked: {type(fault).__name__}")
        return
    result.dollars += verdict.dollars
    if not verdict.holds:
        result.faults.append(f"judge: {verdict.why}"[:300])


def _source(case: Case) -> str:
    return f"eval-{case.id}.md"
