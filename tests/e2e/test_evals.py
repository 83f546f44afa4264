"""`make eval` with the laptop's own model: what it can pass, it passes, and what is wrong is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from infra.local.cloud.description import Cloud
from tests.evals.__main__ import main
from tests.evals.asking import Budget, grade, put_documents
from tests.evals.cases import Brief, Case, Expected, athletes, briefs, cases
from tests.evals.people import join
from tests.evals.rooms import grade_room, shape_faults

OFFLINE = [case for case in cases() if case.offline]
AT_ONCE = 3  # rooms: as many workers of agents as the suite has anyway
PASSAGES = ["deload.md", "creatine.md", "protein-amount.md"]


@pytest.fixture(scope="module")
def knowledgeable(cloud: Cloud) -> Cloud:
    put_documents(cloud, OFFLINE, PASSAGES)
    return cloud


@pytest.mark.parametrize("case", OFFLINE, ids=lambda case: f"{case.category}-{case.id}")
def test_what_only_needs_the_product_the_offline_model_passes(knowledgeable: Cloud, case: Case) -> None:
    result = grade(knowledgeable, case, None, Budget(1))
    assert result.faults == []
    assert bool(result.prompt_hash) is not case.expect.urgent
    assert result.answer
    assert result.seconds > 0


def test_what_is_wrong_with_an_answer_is_told(knowledgeable: Cloud) -> None:
    expected = Expected(cites=["sleep.md"], numbers=[4711], proposes_nothing=True)
    case = Case(id="wrong", said=["How often should I plan a deload week?"], expect=expected)
    found = grade(knowledgeable, case, None, Budget(1)).faults
    assert found[0] == "4711 is not in it"
    assert found[1].startswith("it cites ")
    assert len(found) == 2


def test_a_turn_that_fails_is_a_fault_of_its_case_alone(cloud: Cloud, behave: Callable[..., None]) -> None:
    behave("zebra stripes", "status", status=400, code="unknown_parameter", times=None)
    case = Case(id="down", said=["Do zebra stripes matter?"], expect=Expected())
    (fault,) = grade(cloud, case, None, Budget(1)).faults
    assert fault.startswith("expected 200, got 5")


def test_what_only_a_judge_can_tell_is_left_open_without_one(knowledgeable: Cloud) -> None:
    case = Case(id="kind", said=["How often should I plan a deload week?"], expect=Expected(judge="It is kind."))
    result = grade(knowledgeable, case, None, Budget(1))
    assert (result.faults, result.unjudged) == ([], True)


def test_an_athlete_comes_with_profile_plan_and_log(cloud: Cloud) -> None:
    athlete = athletes()["lifter"]
    with join(cloud, athlete) as user:
        profile: dict[str, Any] = user.get("/v1/profile")
        logs, plans = user.rows("workout_logs"), user.rows("workout_plans")
    assert profile["goals"] == athlete.profile["goals"]
    assert len(logs) == len(athlete.workouts)
    assert plans[0]["content"]["sessions"][0]["exercises"][0]["load_kg"] == 110


def test_a_room_is_graded_by_what_it_delivers(knowledgeable: Cloud) -> None:
    brief = Brief(
        id="page",
        task="Write one page on the deload week for a beginner, with its sources, as deload-week.md.",
        agents=["writer"],
        least_words=20,
        says=["deload"],
        says_not=["deload"],
        rubric=["It is about deloads.", "It is short."],
    )
    result = grade_room(knowledgeable, brief, None, Budget(1))
    assert result.faults == ["it says 'deload'"]
    assert "deload" in result.answer.casefold()


def of_one_agent(brief: Brief) -> Brief:
    """Research takes a task more, and shows nothing more of how a room goes."""
    return brief.model_copy(update={"agents": ["coder" if ".csv" in brief.task else "writer"]})


def test_each_brief_of_a_room_ends_with_the_file_that_it_asks_for(knowledgeable: Cloud) -> None:
    """With the offline model: what stands in the files is for a real one to show."""
    asked = [of_one_agent(brief) for brief in briefs()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(partial(shape_faults, knowledgeable), asked))
    assert len(found) == 10
    assert {brief.id: faults for brief, faults in zip(asked, found, strict=True) if faults} == {}


def test_nobody_is_asked_without_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "gpt-6-luna"], {}) == 2
    assert "set the key" in capsys.readouterr().out
