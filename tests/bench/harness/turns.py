"""Turns of a user with the coach, each beside what the model server said meanwhile; and what is wrong with one."""

import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from infra.local.demo.phone import Answer, Phone
from tests.bench.harness.envelopes import Envelope
from tests.bench.harness.listening import Listener
from tests.bench.harness.model_proxy import Exchange, ModelProxy

ASKED = "<question>"  # stands in the coach's prompts alone
JSON = re.compile(r'^\s*(?:`{3}\w*\s*)?[{\[]\s*["{\[]|"(?:answer|citations)"\s*:')
THOUGHTS = re.compile(r"</?(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
ENDS = ("turn.completed", "turn.failed", "turn.cancelled")


@dataclass
class Turn:
    """A question and what came of it; `answer` is None when none came in time."""

    session: str
    question: str
    seconds: float
    answer: Answer | None
    exchanges: list[Exchange]
    previewed: str = ""
    ended: bool = True  # by an event, so that no client waits for ever
    message: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.message = (self.answer.body.get("message") if self.answer else None) or {}

    @property
    def turn_id(self) -> str:
        return str((self.answer.body.get("turn") or {}).get("id", "")) if self.answer else ""

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.message.get("metadata") or {})

    @property
    def first_token(self) -> float | None:
        """Seconds, as the product noted them, of the call that answered."""
        milliseconds = (self.metadata.get("receipt") or {}).get("first_token_ms")
        return None if milliseconds is None else milliseconds / 1000

    @property
    def is_cut(self) -> bool:
        """Whether the model's last answer ended at a limit, before its end."""
        last = self.exchanges[-1].envelope if self.exchanges else Envelope()
        return last.is_cut and not last.has_whole_answer

    @property
    def calls(self) -> int:
        return sum(len(exchange.envelope.calls) for exchange in self.exchanges)

    @property
    def broken_calls(self) -> int:
        return sum(exchange.envelope.broken_calls for exchange in self.exchanges)

    def faults(self) -> list[str]:
        """Kinds of what must never happen, however bad the model is."""
        if self.answer is None:
            return ["no_answer"]
        shown = (str(self.message.get("content") or ""), self.previewed)
        whole = not self.metadata.get("truncated") and "safety" not in self.metadata
        found = {
            "5xx": self.answer.status >= 500,
            "4xx": 400 <= self.answer.status < 500,
            "raw_json": any(map(JSON.search, shown)),
            "thoughts": any(map(THOUGHTS.search, shown)),
            "cut_as_whole": self.answer.status == 200 and self.is_cut and whole,
            "no_end_event": not self.ended,
        }
        return [kind for kind, is_so in found.items() if is_so]

    def evidence(self) -> dict[str, Any]:
        """For whoever looks for the cause; of the words only their beginning."""
        envelopes = [exchange.envelope for exchange in self.exchanges]
        return {
            "faults": self.faults(),
            "question": self.question,
            "seconds": round(self.seconds, 1),
            "status": self.answer.status if self.answer else None,
            "code": self.answer.body.get("code") if self.answer else None,
            "model_calls": [(each.status, each.offers_tools, each.envelope.is_cut) for each in self.exchanges],
            "model_said": [each.text[:200] or list(each.calls.values()) for each in envelopes],
            "shown": str(self.message.get("content"))[:300],
            "previewed": self.previewed[:300],
        }


def ask(user: Phone, proxy: ModelProxy, listener: Listener, session: str, question: str) -> Turn:
    """Ask, and wait for the answer."""
    began, before = time.monotonic(), len(proxy.exchanges)
    try:
        answer: Answer | None = user.ask(session, question)
    except httpx.TransportError:
        answer = None
    seconds = time.monotonic() - began
    exchanges = [each for each in proxy.exchanges[before:] if each.is_about(question) and each.is_about(ASKED)]
    turn = Turn(session, question, seconds, answer, exchanges)
    turn.previewed = listener.previewed(turn.turn_id)
    return turn


def note_ends(user: Phone, turns: list[Turn]) -> list[str]:
    """Look up which turns have ended by an event. Returns the ids of turns that began and did not end."""
    events = [event for session in {turn.session for turn in turns} for event in _events(user, session)]
    begun = {str(event["data"]["turn"]["id"]) for event in events if event["type"] == "turn.started"}
    ended = {str(event["data"]["turn"]["id"]) for event in events if event["type"] in ENDS}
    for turn in turns:
        turn.ended = not turn.turn_id or turn.turn_id in ended
    return sorted(begun - ended)


def _events(user: Phone, session: str) -> list[dict[str, Any]]:
    """All of a session; a page is far more than a few turns make."""
    path = f"/v1/chat/sessions/{session}/events?after=0&limit=100"
    found: list[dict[str, Any]] = user.call("GET", path).expect(200).body["items"]
    return found
