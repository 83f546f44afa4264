import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from shared.llm.call import ModelCall
from shared.llm.errors import ModelError
from shared.llm.providers import Model
from shared.llm.request import Request
from shared.platform.errors import UnavailableError
from shared.realtime.push import Pusher
from shared.rooms import steps
from shared.rooms.errors import NotPermittedError, ProviderRateLimited
from shared.rooms.preview import TaskPreview
from shared.rooms.steps import ModelSteps, Orchestrator, persistently
from shared.rooms.work import Worker
from tests.support.room_doubles import MODEL, ScriptedDatabase, in_time, says
from tests.support.room_work import USER_ID, room_state, task_work


class Unheard(ScriptedDatabase):
    """Does what it is asked, but its first answers are lost."""

    lost = 2

    def rpc(self, function: str, **arguments: Any) -> Any:
        answer = super().rpc(function, **arguments)
        if self.lost:
            self.lost -= 1
            raise UnavailableError
        return answer


def test_what_was_paid_is_recorded_again_until_the_database_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.platform.repetition.time.sleep", lambda _seconds: None)
    database = Unheard(record_step={"proceed": True})
    call = ModelCall([MODEL], Request([], 100, USER_ID), in_time())
    call.answer = says("Done.")
    steps = ModelSteps(database, Worker("room", "task", 1), "@writer", in_time())

    assert steps.record(call, "1", "Write.").proceed
    assert [arguments["p_step"]["step"] for _, arguments in database.asked] == ["1", "1", "1"]


def test_what_was_recorded_is_read_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    database = ScriptedDatabase(begin_step={"proceed": True, "recorded": "A plan."})
    answer = Orchestrator(database, room_state(), 3, in_time()).ask(
        "plan-1", [{"role": "user", "content": "Plan."}], {}, 100, "@orchestrator"
    )

    assert answer is not None
    assert (answer.text, answer.is_cut, answer.is_refused) == ("A plan.", False, False)
    (asked,) = database.asked
    assert (asked[0], asked[1]["p_step"], asked[1]["p_attempt"]) == ("begin_step", "plan-1", 3)


def test_each_model_is_asked_again_and_one_that_nobody_stands_in_for_once_more() -> None:
    other = Model("Gemini", "gemini-3.8-flash")
    assert persistently([MODEL, other]) == [MODEL, MODEL, other, other]
    assert persistently([MODEL]) == [MODEL] * 3


# -------------------------------------------------------------------------------------------------------- signs of life
@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "RENEWAL_SECONDS", 0.01)


def asking(database: ScriptedDatabase, *, until: threading.Event, monkeypatch: pytest.MonkeyPatch) -> ModelSteps:
    """Whose model says nothing until then."""

    def pieces(_call: ModelCall) -> Iterator[str]:
        until.wait(30)
        yield from ()

    monkeypatch.setattr(ModelCall, "pieces", pieces)
    monkeypatch.setattr(ModelCall, "paid", lambda call: [call.answer])
    return ModelSteps(database, Worker("room", "task", 1), "@writer", in_time())


@pytest.mark.usefixtures("impatient")
def test_a_task_stays_with_its_worker_while_a_model_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    class Watched(ScriptedDatabase):
        def rpc(self, function: str, **arguments: Any) -> Any:
            answer = super().rpc(function, **arguments)
            if self.functions.count("renew_task") == 3:
                answered.set()
            return answer

    database = Watched(renew_task={"held": True})
    asking(database, until=answered, monkeypatch=monkeypatch).call([MODEL], Request([], 100, USER_ID))
    assert database.functions[:3] == ["renew_task"] * 3


@pytest.mark.usefixtures("impatient")
def test_a_call_whose_task_is_lost_is_left_and_what_it_cost_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    database = ScriptedDatabase(renew_task={"held": False}, record_step={"proceed": False})
    silent = threading.Event()
    with pytest.raises(NotPermittedError):
        asking(database, until=silent, monkeypatch=monkeypatch).call([MODEL], Request([], 100, USER_ID))
    silent.set()
    assert database.functions == ["renew_task", "record_step"]


@pytest.mark.usefixtures("impatient")
def test_a_database_that_does_not_hear_a_sign_of_life_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    class Down(ScriptedDatabase):
        def rpc(self, function: str, **arguments: Any) -> Any:
            super().rpc(function, **arguments)
            answered.set()
            raise UnavailableError

    database = Down()
    asking(database, until=answered, monkeypatch=monkeypatch).call([MODEL], Request([], 100, USER_ID))
    assert "renew_task" in database.functions


@pytest.mark.usefixtures("impatient")
def test_a_sign_of_life_says_who_watches_and_the_answer_is_shown_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    heard: list[tuple[str, ...]] = []

    class Watching(Pusher):
        def listen(self, ids: Sequence[str]) -> None:
            heard.append(tuple(ids))
            if ids:
                answered.set()

    database = ScriptedDatabase(renew_task={"held": True, "listeners": ["one"]})
    pusher = Watching("room:1", ())
    asked = asking(database, until=answered, monkeypatch=monkeypatch)
    asked.preview = TaskPreview(task_work(), pusher, ())
    asked.call([MODEL], Request([], 100, USER_ID))
    assert heard[-1] == ("one",)


def test_what_a_provider_asks_for_is_told_and_whether_it_had_answered_before(monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces(_call: ModelCall) -> Iterator[str]:
        raise ModelError(code="model_rate_limited", retry_after=17)
        yield

    monkeypatch.setattr(ModelCall, "pieces", pieces)
    database = ScriptedDatabase(record_step={"proceed": True})
    made = ModelSteps(database, Worker("room", "task", 1), "@writer", in_time())
    answered = ModelCall([MODEL], Request([], 100, USER_ID), in_time())
    answered.answer = says("Done.")
    for got_on in (False, True):
        with pytest.raises(ProviderRateLimited) as limited:
            made.call([MODEL], Request([], 100, USER_ID))
        assert (limited.value.seconds, limited.value.got_on) == (17, got_on)
        made.record(answered, "1", "Write.")
