from typing import Any

import pytest

from shared.llm.call import ModelCall
from shared.llm.request import Request
from shared.platform.errors import UnavailableError
from shared.rooms.steps import ModelSteps, Orchestrator
from shared.rooms.work import Worker
from tests.support.room_doubles import MODEL, ScriptedDatabase, in_time, says
from tests.support.room_work import USER_ID, room_state


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
