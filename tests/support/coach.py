"""A turn and what it works with, for tests that need no database."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from shared.actions.action import Action
from shared.coach.schemas import Message, Role, SentMessage, Turn
from shared.coach.turn.work import HistoryMessage, TurnWork
from shared.database.client import Database
from shared.knowledge.queries import Passage
from shared.llm import tokens
from shared.llm.answer import Finish, ToolCall
from shared.llm.call import ModelCall
from shared.llm.request import Request
from shared.quotas import Usage
from shared.safety.situation import StoredAthlete

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
USER, SESSION, TURN = UUID(int=1), UUID(int=2), UUID(int=3)
NOBODY = StoredAthlete(profile=None, plan=None, workouts=[])


def turn(**fields: Any) -> Turn:
    nothing = dict.fromkeys(("error_code", "partial_content", "ended_at"))
    known = {
        "id": TURN,
        "session_id": SESSION,
        "replaces": None,
        "status": "running",
        "cancel_requested": False,
        "started_at": NOW,
    }
    return Turn.model_validate(nothing | known | fields)


def message(role: Role, content: str, turn_id: UUID = TURN) -> HistoryMessage:
    id_, length = uuid5(turn_id, role), tokens.count(content)
    return HistoryMessage(id=id_, turn_id=turn_id, role=role, content=content, token_count=length, created_at=NOW)


def passage(content: str, title: str = "Deloads", heading: str | None = "Deloads > How often") -> Passage:
    known = {"chunk_id": UUID(int=7), "source": "deload.md", "version": 3, "score": 0.8, "rank_score": 0.03}
    return Passage.model_validate(known | {"title": title, "heading": heading, "content": content})


def proposal(**fields: Any) -> Action:
    """An earlier proposal, which the user has rejected."""
    nothing = dict.fromkeys(Action.model_fields)
    known = {"id": UUID(int=5), "session_id": SESSION, "action_type": "log_workout", "status": "rejected", "version": 1}
    stored = {"payload": {}, "payload_hash": "", "preview": [], "target_version": "", "origin": {}}
    return Action.model_validate(nothing | known | stored | {"expires_at": NOW, "created_at": NOW} | fields)


def work(question: str = "How deep should I squat?", **fields: Any) -> TurnWork:
    nothing: dict[str, Any] = {name: [] for name in ("actions", "history", "passages", "events", "listeners")}
    known = {"user_id": USER, "question": question, "question_id": UUID(int=4), "turn": turn(), "first": False}
    embedded = {"embedding_model": "minilm-l6-int8", "embedding_tokens": 6}
    return TurnWork.model_validate(nothing | known | embedded | {"athlete": NOBODY, "history_total": 0} | fields)


def usage() -> Usage:
    counts = dict.fromkeys(
        [f"{unit}_{kind}" for unit in ("messages", "tokens", "cost") for kind in ("limit", "used", "reserved")], 0
    )
    period = {"period_start": NOW.date(), "period_end": NOW.date(), "resets_at": NOW}
    return Usage.model_validate(counts | period | {"plan": "free", "cost_complete": True})


class FakeDatabase(Database):
    """Takes each call of an SQL function, and answers as the migrated database does for a turn that nobody watches.

    A test replaces the answer of a function in `answers`; an exception in there is raised.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "checkpoint_turn": lambda _: {"proceed": True, "listeners": []},
            "finish_turn": _finished,
            "fail_turn": lambda _: {"events": [], "listeners": []},
            "claim_turn": lambda _: work().model_dump(mode="json"),
            "claim_title": lambda _: {"session_id": str(SESSION), "question": work().question},
            "set_model_title": lambda _: True,
            "claim_summary": lambda _: {
                "session_id": str(SESSION),
                "summary": None,
                "messages": [{"role": "user", "content": "I train at six."}],
                "until": NOW.isoformat(),
            },
            "set_summary": lambda _: True,
        }

    def rpc(self, function: str, **arguments: Any) -> Any:
        self.calls.append((function, arguments))
        return self.answers[function](arguments)

    def asked(self, function: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == function]


def _finished(asked: dict[str, Any]) -> dict[str, Any]:
    ended = turn(status=asked["p_status"], ended_at=NOW)
    said = message("assistant", asked["p_content"]).model_dump()
    stored = Message.model_validate(said | {"session_id": SESSION, "metadata": asked["p_metadata"]})
    response = SentMessage(turn=ended, message=stored, usage=usage())
    return {"response": response.model_dump(mode="json"), "events": [], "listeners": [], "user_listeners": []}


@dataclass
class Said:
    """What a fake model says in one call. With `waits` it goes on for ever, until it is left."""

    text: str = ""
    calls: Sequence[ToolCall] = ()
    finish: Finish = "stop"
    refusal: str = ""
    waits: bool = False


class FakeCall(ModelCall):
    """A call of a model that says what it was told to say; it states 100 tokens read and 20 written."""

    said: Said | Exception
    left: threading.Event

    def pieces(self) -> Iterator[str]:
        if isinstance(self.said, Exception):
            raise self.said
        self._is_paid = True
        self.answer.usage.state(100, 20, 0)
        yield self.answer.say(self.said.text)
        if self.said.waits:
            self.left.wait()
            return
        self.answer.calls, self.answer.finish, self.answer.refusal = (
            list(self.said.calls),
            self.said.finish,
            self.said.refusal,
        )
        yield ""

    def leave(self) -> None:
        super().leave()
        self.left.set()


@dataclass
class FakeModel:
    """Makes the calls of a turn: each says the next of `script`, or raises it."""

    script: list[Said | Exception]
    calls: list[FakeCall] = field(default_factory=list)

    def __call__(self, *arguments: Any) -> FakeCall:
        call = FakeCall(*arguments)
        call.said, call.left = self.script[len(self.calls)], threading.Event()
        self.calls.append(call)
        return call

    @property
    def requests(self) -> list[Request]:
        return [call.request for call in self.calls]


def answer_of(text: str, *citations: dict[str, str]) -> str:
    """An answer as the model is asked to write it."""
    return json.dumps({"urgent": None, "answer": text, "citations": citations})


def urgent(kind: str, quote: str, answer: str = "") -> str:
    """The same of a model that sees somebody in need."""
    return json.dumps({"urgent": {"kind": kind, "quote": quote}, "answer": answer, "citations": []}, ensure_ascii=False)
