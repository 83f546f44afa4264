"""What operators see of how a turn ended: ids, codes and numbers, in a line and in metrics; no word of it."""

import io
import json
from typing import Any

import pytest

from shared.coach.turn.service import carry_out
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from tests.support.coach import FakeDatabase, Said, answer_of, passage, urgent, work
from tests.unit.shared.coach.conftest import Scripted

QUESTION = "Does my titanium knee mind?"
QUOTE = {"passage_id": "p1", "quote": "planned easier week"}
MADE_UP = {"passage_id": "p1", "quote": "titanium is fine"}


def carried_out(database: FakeDatabase) -> None:
    asked = work(QUESTION, passages=[passage("A deload is a planned easier week.")])
    carry_out(database, asked, Deadline.after(60))


def line(log: io.StringIO) -> dict[str, Any]:
    (found,) = [each for each in map(json.loads, log.getvalue().splitlines()) if each["message"] == "turn"]
    assert "titanium" not in log.getvalue()
    assert (found["turn"], found["session"], found["user"]) == tuple(
        str(each) for each in (work().turn.id, work().turn.session_id, work().user_id)
    )
    told: dict[str, Any] = found
    return told


def counted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Metrics with what they are of."""
    written = [json.loads(text) for text in capsys.readouterr().out.splitlines() if '"_aws"' in text]
    return [{name: part for name, part in each.items() if name not in ("_aws", "stage")} for each in written]


def test_an_answer_is_told_by_what_it_is_made_of(
    database: FakeDatabase, model: Scripted, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    model(Said(answer_of("Rest well, titanium or not.", QUOTE, MADE_UP)))
    carried_out(database)
    told = line(log)
    assert (told["status"], told["tokens"], told["model_calls"]) == ("completed", 126, 1)
    assert (told["passages"], told["citations"], told["citations_dropped"]) == (1, 1, 1)
    assert {"TurnsAnswered": 1, "CitationsDropped": 1, "status": "completed"} in counted(capsys)


def test_what_safety_did_is_counted_by_its_rule(
    database: FakeDatabase, model: Scripted, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    model(*[Said(answer_of("Eat 600 kcal a day."))] * 2)
    carried_out(database)
    assert line(log)["withheld"] == ["calories_too_low"]
    assert {"AnswersChanged": 1, "outcome": "withheld", "rule": "calories_too_low"} in counted(capsys)


def test_who_needs_help_is_counted_by_who_saw_it(
    database: FakeDatabase, model: Scripted, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    model(Said(urgent("emergency", QUESTION)))
    carried_out(database)
    assert line(log)["red_flag"] == ["model"]
    assert {"AnswersChanged": 1, "outcome": "red_flag", "rule": "model"} in counted(capsys)


def test_a_failure_is_told_by_its_code(
    database: FakeDatabase, model: Scripted, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    model(ModelError(code="model_timeout"))
    with pytest.raises(ModelError):
        carried_out(database)
    assert (line(log)["status"], line(log)["code"]) == ("failed", "model_timeout")
    assert {"TurnsFailed": 1, "code": "model_timeout"} in counted(capsys)
