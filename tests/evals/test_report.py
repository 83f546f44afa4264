"""What a run says at its end."""

import json
from pathlib import Path

from rich.console import Console

from tests.evals.asking import Budget, Result, side_by_side
from tests.evals.report import Report, last_run


def result(case: str, category: str = "log", *faults: str, **fields: object) -> Result:
    return Result(case, category, list(faults), prompt_hash="abc", seconds=1.0, **fields)  # type: ignore[arg-type]


def report(*results: Result, model: str = "gpt-6-luna", at: str = "20261129T000000Z") -> Report:
    return Report(model, "low", "gpt-6-luna", list(results), at=at)


def test_a_category_below_its_threshold_is_named() -> None:
    nine, one = [result(str(n)) for n in range(9)], result("ten", "log", "85 is not in it")
    assert report(*nine, one).below() == []
    assert report(*nine[:3], one).below() == ["log: 75% of 85%"]
    assert report(*[result(str(n), "urgent") for n in range(99)], result("x", "urgent", "no advice")).below() != []


def test_what_nobody_judged_counts_for_neither_side() -> None:
    summary = report(result("a"), result("b", unjudged=True)).categories["log"]
    assert (summary.passed, summary.asked, summary.unjudged) == (1, 1, 1)


def test_a_run_is_kept_by_model_effort_and_prompt_and_shown_beside_the_last_one(tmp_path: Path) -> None:
    report(result("a"), result("b")).write(tmp_path)
    report(result("a", "log", "wrong"), model="other", at="20261129T000001Z").write(tmp_path)
    last = last_run("gpt-6-luna", tmp_path)
    assert last["model"] == "gpt-6-luna"
    assert last_run("third", tmp_path)["model"] == "other"
    now = report(result("a"), result("b", "log", "85 is not in it"), at="20261129T000002Z")
    assert now.write(tmp_path).name == "20261129T000002Z-gpt-6-luna-low-abc.json"
    console = Console(record=True, width=150)
    now.show(console, last)
    said = console.export_text()
    assert "2 of 2" in said
    assert "log/b (passed in the last run): 85 is not in it" in said


def test_the_first_run_has_none_beside_it(tmp_path: Path) -> None:
    assert last_run("gpt-6-luna", tmp_path / "nothing") == {}
    Report("m", "", "", [result("a")]).show(Console(quiet=True), {})
    assert json.loads(report(result("a")).write(tmp_path).read_text())["categories"]["log"]["passed"] == 1


def test_nothing_more_is_asked_once_the_budget_is_spent() -> None:
    budget = Budget(0.5)

    def ask(dollars: float) -> float:
        budget.take(dollars)
        return dollars

    assert len(list(side_by_side(ask, [0.1] * 100, budget))) < 20
    assert budget.is_spent
    assert list(side_by_side(ask, [0.1], Budget(0))) == []
