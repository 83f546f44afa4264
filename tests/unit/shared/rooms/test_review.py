import json
from typing import Any

import pytest

from shared.llm.answer import Answer
from shared.rooms.errors import ProviderMisconfigured, ProviderRateLimited, ProviderUnavailable
from shared.rooms.review import MAX_REPAIRS, Delivery, outcome_of, repairs_of, review_of
from shared.rooms.schemas import Review, ReviewedCriterion, Task
from shared.rooms.throttling import MOST_SECONDS
from shared.rooms.work import PlannedTask
from tests.support.room_doubles import ScriptedDatabase, ScriptedOrchestrator, in_time, says
from tests.support.room_work import agent_file, room_state, room_work, stored_task

WHOLE = {"t1.md": b"# One", "t2.md": b"# Two"}
REFUSES = says("", finish="content_filter")
TASKS = (stored_task(1, status="done"), stored_task(2, status="done"))


def delivery(contents: dict[str, bytes] = WHOLE, tasks: tuple[Task, ...] = TASKS, given: str = "") -> Delivery:
    """A room of two tasks, each with a file; `given` is one of the owner's."""
    return Delivery(room_work(*tasks, files=[agent_file(given, task_id=None)] if given else []), contents)


def reviewer(*answers: Answer | Exception | None) -> ScriptedOrchestrator:
    return ScriptedOrchestrator(ScriptedDatabase(), room_state(), 1, in_time(), list(answers))


def repair(*names: str, **changed: Any) -> dict[str, Any]:
    return {"role": "writer", "brief": "Name the source.", "deliverables": list(names)} | changed


def says_repairs(*repairs: dict[str, Any]) -> Answer:
    return says(json.dumps({"criteria": [], "repairs": repairs}))


def made(orchestrator: ScriptedOrchestrator, of: Delivery) -> list[PlannedTask]:
    return repairs_of(orchestrator, of, review_of(orchestrator, of, 1))


def repaired(orchestrator: ScriptedOrchestrator, of: Delivery | None = None) -> list[list[str]]:
    """The files of each repair."""
    return [task.deliverables for task in made(orchestrator, of or delivery())]


# -------------------------------------------------------------------------------------------------------------- repairs
def test_what_is_good_is_not_repaired() -> None:
    assert repaired(reviewer(says_repairs())) == []


def test_the_reviewers_repairs_become_tasks_of_their_own() -> None:
    (task,) = made(reviewer(says_repairs(repair("t1.md"))), delivery())
    assert (task.key, task.role, task.brief, task.deliverables) == ("r1", "writer", "Name the source.", ["t1.md"])
    assert task.depends_on == []


def test_the_reviewer_is_shown_the_files_and_what_is_wrong_with_them() -> None:
    orchestrator = reviewer(says_repairs())
    made(orchestrator, delivery({"t1.md": b"# One"}))
    ((_, shown),) = orchestrator.asked
    assert "# One" in shown
    assert "t2.md was not delivered." in shown


@pytest.mark.parametrize(
    "wrong",
    [
        repair("../t1.md"),
        repair("t1.exe"),
        repair(),
        repair("a.md", "b.md", "c.md", "d.md", "e.md"),
        repair("t1.md", brief=" \x00"),
        repair("t1.md", role="editor"),
        repair("Mine.md"),
    ],
    ids=str,
)
def test_a_repair_that_makes_no_sense_is_left_out(wrong: dict[str, Any]) -> None:
    assert repaired(reviewer(says_repairs(wrong, repair("t2.md"))), delivery(given="mine.md")) == [["t2.md"]]


def test_no_file_is_repaired_by_two_tasks_at_once_and_there_are_so_many_at_most() -> None:
    many = [repair(f"{number}.md") for number in range(MAX_REPAIRS + 2)]
    assert repaired(reviewer(says_repairs(repair("t1.md"), repair("T1.md"), repair("t2.md")))) == [["t1.md"], ["t2.md"]]
    assert len(repaired(reviewer(says_repairs(*many)))) == MAX_REPAIRS


@pytest.mark.parametrize(
    "fault",
    [None, ProviderUnavailable(), ProviderRateLimited(), ProviderMisconfigured(), says("", finish="content_filter")],
)
def test_what_is_missing_or_broken_is_repaired_without_a_reviewer(fault: Answer | Exception | None) -> None:
    assert repaired(reviewer(fault), delivery({"t1.md": b"\x00"})) == [["t1.md"], ["t2.md"]]


def test_a_reviewer_without_capacity_is_waited_for_while_there_is_time() -> None:
    with pytest.raises(ProviderRateLimited):
        review_of(reviewer(ProviderRateLimited(5)), delivery(), 1, waited=0)
    assert review_of(reviewer(ProviderRateLimited(5)), delivery(), 1, waited=MOST_SECONDS - 30) is None


@pytest.mark.parametrize("useless", [says("I like it."), says('{"repairs": [{"role"', finish="length")], ids=repr)
def test_a_review_that_cannot_be_read_is_asked_for_once_more(useless: Answer) -> None:
    orchestrator = reviewer(useless, says_repairs(repair("t1.md")))
    assert repaired(orchestrator) == [["t1.md"]]
    assert [name for name, _ in orchestrator.asked] == ["review-1", "review-2"]
    assert repaired(reviewer(useless, useless)) == []


# -------------------------------------------------------------------------------------------------------------- the end
def test_a_room_whose_files_are_whole_is_completed() -> None:
    outcome = outcome_of(delivery())
    assert (outcome.status, outcome.reason, outcome.issues) == ("completed", None, [])


def test_a_room_with_a_planned_task_that_has_no_result_has_failed() -> None:
    outcome = outcome_of(delivery({"t1.md": b"# One"}, (TASKS[0], stored_task(2, status="failed"))))
    assert (outcome.status, outcome.reason, outcome.issues) == ("failed", "task_failed", [])


def reviewed(*met: bool) -> Delivery:
    criteria = [ReviewedCriterion(criterion=f"It is {n}.", met=each, reason="See t1.") for n, each in enumerate(met)]
    work = room_work(*TASKS, review=Review(criteria=criteria, round=2))
    return Delivery(work, WHOLE)


def test_a_criterion_that_is_not_met_is_named() -> None:
    outcome = outcome_of(reviewed(True, False))
    assert (outcome.reason, outcome.issues) == ("completed_with_issues", ["Not met: It is 1. See t1."])


def test_a_room_that_was_not_reviewed_is_not_all_well() -> None:
    outcome = outcome_of(Delivery(room_work(*TASKS, review=None), WHOLE))
    assert (outcome.status, outcome.issues) == ("completed", ["The work was not reviewed."])


def test_an_issue_carries_nothing_out() -> None:
    done = stored_task(1, status="done", deliverables=["www.evil.example.md"])
    assert outcome_of(delivery({}, (done,))).issues == [" was not delivered."]


@pytest.mark.parametrize("status", ["failed", "skipped", "cancelled"])
def test_a_repair_that_was_not_made_is_an_issue(status: str) -> None:
    repairs = stored_task(3, status=status, round=1, deliverables=["t1.md"])
    outcome = outcome_of(delivery({"t1.md": b"# One"}, (*TASKS, repairs)))
    assert outcome.reason == "completed_with_issues"
    assert outcome.issues == ["t2.md was not delivered.", "t1.md was not repaired."]


def test_quotes_that_are_not_in_their_sources_are_an_issue() -> None:
    files = [agent_file("t1.md", quotes_dropped=2), agent_file("t2.md")]
    outcome = outcome_of(Delivery(room_work(*TASKS, files=files), WHOLE))
    assert outcome.reason == "completed_with_issues"
    assert outcome.issues == ["t1.md had quotes that are not in their sources: 2."]
