"""Switches with which a test makes the models slow, failing, or say what it wants.

A behaviour concerns the requests that hold its `match` in a message or input, so that parallel tests do not
disturb each other. One request meets at most one behaviour of each kind, the oldest, which is spent after
`times` requests (null: never). A request that is refused (`status`) or left hanging spends nothing but a delay.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from infra.local.offline_models.conversation import Failure, FinishReason

Endpoint = Literal["chat", "embeddings", "moderations"]
Provider = Literal["openai", "gemini"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Behaviour(_Strict):
    match: str = Field(min_length=1)
    endpoint: Endpoint = "chat"
    provider: Provider | None = None  # none: whichever is asked
    times: int | None = Field(default=1, ge=1)


class Delay(_Behaviour):
    """Nothing is sent for `seconds`."""

    kind: Literal["delay"]
    seconds: float = Field(ge=0)


class Pace(_Behaviour):
    """A stream waits `first_delay` behind its headers and `seconds` between its chunks."""

    kind: Literal["pace"]
    endpoint: Literal["chat"] = "chat"
    seconds: float = Field(default=0, ge=0)
    first_delay: float = Field(default=0, ge=0)


class Status(_Behaviour):
    """An error instead of an answer; `retry_after` in seconds becomes a header, like whatever else `headers` names."""

    kind: Literal["status"]
    status: int = Field(ge=400, le=599)
    message: str = "Made to fail by a local behaviour."
    code: str | None = None
    type: str | None = None
    param: str | None = None
    retry_after: float | None = None
    headers: dict[str, str] = {}

    @property
    def all_headers(self) -> dict[str, str]:
        waiting = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        return {**waiting, **self.headers}


class Raw(_Behaviour):
    """The body is sent as it is given: a text, or the parts of a stream."""

    kind: Literal["raw"]
    body: str | list[str]
    content_type: str | None = None  # none: an event stream where there are parts, else JSON
    status: int = Field(default=200, ge=200, le=599)


class Cut(_Behaviour):
    """The connection breaks after `after` chunks of a stream, or after half of a whole answer."""

    kind: Literal["cut"]
    after: int = Field(default=1, ge=0)


class Malformed(_Behaviour):
    """The answer's JSON breaks off in the middle, though the HTTP response is whole."""

    kind: Literal["malformed"]


class Hang(_Behaviour):
    """The request is accepted and never answered."""

    kind: Literal["hang"]


class Gullible(_Behaviour):
    """The model falls for injection: it calls what any text in the prompt orders as `CALL tool {json}`."""

    kind: Literal["gullible"]
    endpoint: Literal["chat"] = "chat"


class Scores(_Behaviour):
    """What the moderation makes of a text, by category; those that are left out are next to nothing."""

    kind: Literal["scores"]
    endpoint: Literal["moderations"] = "moderations"
    scores: dict[str, float]


class ScriptedCall(_Strict):
    """`arguments` given as text are sent as they are, however broken."""

    name: str
    arguments: str | dict[str, Any]
    id: str | None = None

    @property
    def arguments_text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


class ScriptedUsage(_Strict):
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


class Step(_Strict):
    """One scripted answer, given verbatim; what is left out follows from the rest."""

    content: str | None = None
    tool_calls: list[ScriptedCall] = []
    refusal: str | None = None
    finish_reason: FinishReason | None = None
    usage: ScriptedUsage | None = None
    error: Failure | None = None  # behind whatever was said


class Script(_Behaviour):
    """Answers with its steps one after the other, `times` times over; a single one may be written without `steps`."""

    kind: Literal["script"]
    endpoint: Literal["chat"] = "chat"
    steps: list[Step] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _of_one_step(cls, fields: dict[str, Any]) -> dict[str, Any]:
        step = {name: part for name, part in fields.items() if name in Step.model_fields}
        rest = {name: part for name, part in fields.items() if name not in step}
        return rest | {"steps": [step]} if step else fields


Behaviour = Annotated[
    Delay | Pace | Status | Raw | Cut | Malformed | Hang | Gullible | Script | Scores, Field(discriminator="kind")
]
BEHAVIOUR: TypeAdapter[Behaviour] = TypeAdapter(Behaviour)


@dataclass(frozen=True)
class Plan:
    """What is to happen to one request: at most one behaviour of each kind, of a script its next step."""

    delay: Delay | None = None
    pace: Pace | None = None
    status: Status | None = None
    raw: Raw | None = None
    cut: Cut | None = None
    malformed: Malformed | None = None
    hang: Hang | None = None
    gullible: Gullible | None = None
    script: Step | None = None
    scores: Scores | None = None


class Behaviours:
    """The switches that are on."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._live: dict[str, Behaviour] = {}
        self._used: dict[str, int] = {}

    def add(self, behaviour: Behaviour) -> str:
        name = f"b{next(self._ids)}"
        self._live[name], self._used[name] = behaviour, 0
        return name

    def remove(self, name: str) -> bool:
        return self._live.pop(name, None) is not None

    def plan(self, endpoint: Endpoint, texts: Sequence[str], provider: Provider = "openai") -> Plan:
        """The plan for a request with these messages or inputs; spends the behaviours in it."""
        due = {self._live[name].kind: name for name in reversed([*self._matching(endpoint, texts, provider)])}
        for final in ("hang", "status"):
            if final in due:
                due = {kind: name for kind, name in due.items() if kind in ("delay", final)}
        planned: dict[str, Any] = {kind: self._spend(name) for kind, name in due.items()}
        return Plan(**planned)

    def _matching(self, endpoint: Endpoint, texts: Sequence[str], provider: Provider) -> Iterator[str]:
        for name, behaviour in self._live.items():
            concerned = behaviour.endpoint == endpoint and behaviour.provider in (None, provider)
            if concerned and any(behaviour.match in text for text in texts):
                yield name

    def _spend(self, name: str) -> Behaviour | Step:
        behaviour, used = self._live[name], self._used[name]
        self._used[name] = used + 1
        steps = behaviour.steps if isinstance(behaviour, Script) else [behaviour]
        if behaviour.times is not None and used + 1 == behaviour.times * len(steps):
            del self._live[name]
        return steps[used % len(steps)]
