"""What an invocation leaves for another one."""

import json
from typing import Any

import pytest

from shared.coach.turn import background
from shared.coach.turn.background import BackgroundTask, answer_later, begin_later_job, with_background_tasks
from shared.platform.deadline import Deadline
from shared.platform.errors import UnavailableError
from shared.platform.observability import logger
from tests.support.coach import TURN, USER, FakeDatabase, message, passage, proposal, work
from tests.support.functions.invocations import Context
from tests.support.waiting import eventually

Events = list[dict[str, Any]]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The events of the invocations that were asked for, as Lambda would hand them on."""
    invoked: Events = []
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "hercules-test-send_message")
    monkeypatch.setattr(background, "invoke_self", lambda event: invoked.append(json.loads(json.dumps(event))))
    return invoked


def test_another_invocation_is_told_which_turn_to_answer_and_nothing_of_what_is_in_it(
    database: FakeDatabase, events: Events
) -> None:
    logger.set_correlation_id("request-1")
    begun = work(passages=[passage("Rest.")], history=[message("user", "Hi")], actions=[proposal()], first=True)
    answer_later(database, begun, Deadline.after(60))
    ran: list[BackgroundTask] = []
    handler = with_background_tasks(lambda *_: pytest.fail("no request"), lambda task, _: ran.append(task))
    handler(events[0], Context())
    assert ran == [BackgroundTask(user_id=begun.user_id, turn_id=begun.turn.id, request_id="request-1")]
    named = {"user_id": str(USER), "turn_id": str(TURN), "job": "answer", "request_id": "request-1"}
    assert events == [{"background": named}]
    assert database.calls == []


@pytest.mark.parametrize("request_id", ["request-1", None])
def test_what_is_logged_of_it_is_of_the_request_that_it_comes_from_and_of_no_other(request_id: str | None) -> None:
    task = BackgroundTask(user_id=USER, turn_id=TURN, request_id=request_id)
    logger.set_correlation_id("of somebody else, before")
    seen: list[str | None] = []
    handler = with_background_tasks(
        lambda *_: pytest.fail("no request"), lambda *_: seen.append(logger.get_correlation_id())
    )
    handler({"background": task.model_dump(mode="json")}, Context())

    assert seen == [request_id]


def test_a_request_is_none_of_that() -> None:
    handler = with_background_tasks(lambda event, _: event["path"], lambda *_: pytest.fail("a request"))
    assert handler({"path": "/v1"}, Context()) == "/v1"


def test_a_turn_that_cannot_be_left_to_another_invocation_is_ended(
    database: FakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> None:
        raise UnavailableError(code="background_unavailable")

    monkeypatch.setattr(background, "invoke_self", refuse)
    with pytest.raises(UnavailableError):
        answer_later(database, work(), Deadline.after(60))
    (ended,) = database.asked("fail_turn")
    assert (ended["p_error_code"], ended["p_used"]) == ("background_unavailable", None)


def test_only_the_first_turn_of_a_session_asks_for_a_title(events: Events) -> None:
    begin_later_job(work())
    begin_later_job(work(first=True))
    (event,) = eventually(lambda: list(events))
    assert event["background"]["job"] == "title"


def test_outside_of_lambda_nobody_is_asked_for_a_title(events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    begin_later_job(work(first=True))
    assert events == []
