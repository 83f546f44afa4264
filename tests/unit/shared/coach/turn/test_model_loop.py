"""The rounds of a turn with a model: what it is asked, and when it is asked again."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from shared.coach.turn import lookups, model_loop, prompt
from shared.coach.turn.model_loop import ModelLoop, TurnStoppedError
from shared.llm.answer import ToolCall
from shared.llm.errors import ContextTooLongError, ModelError
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.realtime.frames import Writing
from shared.realtime.push import Pusher
from tests.support.coach import FakeDatabase, FakeModel, Said, answer_of, passage, work
from tests.unit.shared.coach.conftest import Scripted

REST = Said(answer_of("Rest well."))
CUT = Said('{"answer": "Rest first. Then for a w', finish="length")
GOALS = ToolCall("call-1", "update_profile", json.dumps({"goals": ["run 5 km"]}))


class RecordedPusher(Pusher):
    """Keeps what it is given to push."""

    def __init__(self) -> None:
        self.deltas: list[str] = []
        self.listeners: list[str] = []

    def delta(self, writing: Writing, text: str) -> None:  # noqa: ARG002
        self.deltas.append(text)

    def listen(self, ids: Sequence[str]) -> None:
        self.listeners = list(ids)


@pytest.fixture
def pusher() -> RecordedPusher:
    return RecordedPusher()


@pytest.fixture
def loop(database: FakeDatabase, pusher: RecordedPusher, model: Scripted) -> ModelLoop:
    database.answers["action_target"] = lambda _: {"state": {"goals": []}, "pending": None}
    return ModelLoop(database, work(passages=[passage("Rest well. " * 120)] * 6), Deadline.after(60), pusher)


def offers_tools(fake: FakeModel) -> list[bool]:
    return [bool(request.tools) for request in fake.requests]


def said_since_the_prompt(loop: ModelLoop, fake: FakeModel) -> list[dict[str, Any]]:
    return list(fake.requests[-1].messages[len(loop.prompt.messages) :])


def test_a_model_that_answers_is_asked_once_and_may_propose(loop: ModelLoop, model: Scripted) -> None:
    fake = model(REST)
    loop.run()
    assert offers_tools(fake) == [True]
    assert loop.answer.text == REST.text


def test_each_call_of_a_tool_is_answered_with_what_became_of_it(loop: ModelLoop, model: Scripted) -> None:
    fake = model(Said(calls=[GOALS, ToolCall("call-2", "fly", "{}")]), REST)
    loop.run()
    asked, first, second = said_since_the_prompt(loop, fake)
    assert [call["id"] for call in asked["tool_calls"]] == ["call-1", "call-2"]
    assert (first["tool_call_id"], json.loads(first["content"])["status"]) == ("call-1", "proposed")
    assert (second["tool_call_id"], json.loads(second["content"])["status"]) == ("call-2", "invalid")
    assert [proposal.action_type for proposal in loop.proposals.proposed] == ["update_profile"]


def test_the_last_round_offers_no_tools(loop: ModelLoop, model: Scripted) -> None:
    fake = model(*[Said(calls=[GOALS])] * (prompt.MAX_ROUNDS - 1), REST)
    loop.run()
    assert offers_tools(fake) == [True] * (prompt.MAX_ROUNDS - 1) + [False]


def test_a_call_that_was_cut_off_proposes_nothing(loop: ModelLoop, model: Scripted) -> None:
    fake = model(Said(calls=[GOALS], finish="length"), REST)
    loop.run()
    assert json.loads(said_since_the_prompt(loop, fake)[1]["content"]) == model_loop.CUT_CALL
    assert loop.proposals.proposed == []


@pytest.mark.parametrize("useless", [CUT, Said("<think>hm</think>"), Said("")])
def test_an_answer_of_no_use_is_asked_for_once_more_shorter_and_without_thinking(
    loop: ModelLoop, model: Scripted, useless: Said
) -> None:
    fake = model(useless, useless)
    loop.run()
    assert offers_tools(fake) == [True, False]
    assert [request.effort for request in fake.requests] == [None, "none"]
    assert said_since_the_prompt(loop, fake) == prompt.ask_shorter(useless.text)


def test_a_refusal_is_not_asked_about_again(loop: ModelLoop, model: Scripted) -> None:
    fake = model(Said(refusal="I will not."))
    loop.run()
    assert len(fake.calls) == 1


def test_a_model_that_cannot_read_all_gets_a_shorter_prompt_and_keeps_it(loop: ModelLoop, model: Scripted) -> None:
    fake = model(ContextTooLongError(), Said(calls=[GOALS]), REST)
    loop.run()
    whole, less, later = ([message["content"] for message in request.messages] for request in fake.requests)
    assert sum(map(len, less)) < sum(map(len, whole))
    assert later[: len(less)] == less
    assert loop.prompt.passages.keys() < {"p1", "p2", "p3", "p4", "p5", "p6"}


@pytest.mark.parametrize("between", [[], [Said(calls=[GOALS])]], ids=["at once", "in a later round"])
def test_what_is_too_long_even_then_is_an_error(loop: ModelLoop, model: Scripted, between: list[Said]) -> None:
    fake = model(ContextTooLongError(), *between, ContextTooLongError(), REST)
    with pytest.raises(ContextTooLongError):
        loop.run()
    assert len(fake.calls) == 2 + len(between)


def test_the_answer_is_pushed_and_a_second_try_is_not(loop: ModelLoop, model: Scripted, pusher: RecordedPusher) -> None:
    model(CUT, REST)
    loop.run()
    assert "".join(pusher.deltas) == "Rest first."


def test_a_second_try_is_pushed_where_nothing_was_seen_of_the_first(
    loop: ModelLoop, model: Scripted, pusher: RecordedPusher
) -> None:
    model(Said(""), REST)
    loop.run()
    assert "".join(pusher.deltas) == "Rest well."


def test_a_cancelled_turn_leaves_the_model(
    loop: ModelLoop, model: Scripted, database: FakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_loop, "CHECKPOINT_INTERVAL", 0.0)
    database.answers["checkpoint_turn"] = lambda _: {"proceed": False, "listeners": []}
    fake = model(Said(CUT.text, waits=True))
    with pytest.raises(TurnStoppedError):
        loop.run()
    assert fake.calls[0].left.is_set()
    assert [answer.text for answer in loop.paid] == [CUT.text]


def test_a_checkpoint_keeps_what_was_shown_and_learns_who_listens(
    loop: ModelLoop,
    model: Scripted,
    database: FakeDatabase,
    pusher: RecordedPusher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_loop, "CHECKPOINT_INTERVAL", 0.0)
    fake = model(Said(CUT.text, waits=True))
    looks: list[str] = []

    def look(asked: dict[str, Any]) -> Any:
        looks.append(asked["p_partial_content"])
        if len(looks) == 1:
            raise UnavailableError  # which stops nothing
        fake.calls[0].left.set()
        return {"proceed": True, "listeners": ["a-socket"]}

    database.answers["checkpoint_turn"] = look
    loop._call([], [], again=False)  # noqa: SLF001 - the model ends without an end, which run would repair
    assert looks[:2] == ["Rest first."] * 2  # what is not finished may yet be anything
    assert pusher.listeners == ["a-socket"]
    used = database.asked("checkpoint_turn")[0]["p_used"]
    assert used["tokens"] > loop.work.embedding_tokens + fake.requests[0].prompt_tokens
    assert (used["model"], used["estimated"]) == ("gpt-6-luna", True)


def test_a_model_that_has_said_nothing_yet_has_cost_nothing_but_what_was_before_it(
    loop: ModelLoop, model: Scripted
) -> None:
    model(Said(calls=[GOALS]), REST)
    loop.run()
    first, last = loop.calls
    last.answer.raw = ""
    assert (loop.used.tokens, loop.used.estimated) == (120 + loop.work.embedding_tokens, False)
    loop.calls = [last]
    assert loop.used.tokens == 0
    loop.calls = [first]  # a call of a tool is something said, too
    assert loop.used.tokens > first.request.prompt_tokens


def test_what_is_pushed_carries_nothing_out(loop: ModelLoop, model: Scripted, pusher: RecordedPusher) -> None:
    model(Said(answer_of("Rest ![ok](https://evil.example/?knee) well, see https://evil.example/?knee now.")))
    loop.run()
    assert "".join(pusher.deltas) == "Rest ok well, see  now."


def test_a_model_that_takes_too_long_is_left(loop: ModelLoop, model: Scripted) -> None:
    loop.deadline = Deadline.after(0)
    fake = model(Said(CUT.text, waits=True))
    with pytest.raises(ModelError) as late:
        loop.run()
    assert late.value.reason == "model_timeout"
    assert fake.calls[0].left.is_set()


def test_the_bill_is_for_every_call_and_for_the_question(loop: ModelLoop, model: Scripted) -> None:
    model(Said(calls=[GOALS]), ContextTooLongError(), REST)
    loop.run()
    assert loop.bill.tokens == 2 * (100 + 20) + loop.work.embedding_tokens
    assert loop.bill.model == "gpt-6-luna"
    assert loop.bill.estimated is False
    assert loop.bill.cost.dollars > 0


def test_what_is_looked_up_is_told_and_can_be_cited(
    loop: ModelLoop, model: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = passage("Sleep eight hours.").model_copy(update={"chunk_id": UUID(int=9)})
    monkeypatch.setattr(lookups, "search", lambda *_: [found])
    fake = model(Said(calls=[ToolCall("a", "search_knowledge", '{"query": "sleep"}')]), REST)
    loop.run()
    told = said_since_the_prompt(loop, fake)[1]["content"]
    assert "Sleep eight hours." in told
    assert found in loop.prompt.passages.values()
    assert str(found.chunk_id) in json.dumps(dict(loop.proposals.origin))
    assert loop.bill.tokens == 2 * 120 + loop.work.embedding_tokens + 1
