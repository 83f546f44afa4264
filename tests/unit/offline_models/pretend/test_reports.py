import json
from collections.abc import Sequence
from typing import Any

import pytest

from infra.local.offline_models.conversation import Call, Message
from infra.local.offline_models.pretend.prompts import Prompt
from infra.local.offline_models.pretend.reports import PENDING, report


def prompt(
    results: Sequence[dict[str, Any]] = (), proposals: Sequence[dict[str, Any]] = (), answers: Sequence[str] = ()
) -> Prompt:
    """A turn whose calls came to these results, behind these earlier proposals and answers."""
    calls = tuple(Call(f"c{number}", result["action_type"], "{}") for number, result in enumerate(results))
    told = (Message("tool", json.dumps(result), answers=f"c{number}") for number, result in enumerate(results))
    earlier = f"<proposals>\n{json.dumps(list(proposals))}\n</proposals>\n"
    said = (Message("assistant", answer) for answer in answers)
    return Prompt((*said, Message("user", earlier), Message("assistant", calls=calls), *told))


REJECTED = {"action_type": "open_room", "status": "rejected", "decision": "rejected", "decision_reason": "Not now"}
ACKNOWLEDGED = "You declined my proposal to open a task room (Not now)."


def test_what_was_proposed_is_said() -> None:
    result = {"status": "proposed", "action_type": "create_workout_plan"}
    assert list(report(prompt([result]))) == [f"I have proposed to make you a new workout plan. {PENDING}"]


def test_why_a_call_proposed_nothing_is_said() -> None:
    result = {"status": "unsafe", "action_type": "log_workout", "reasons": ["Too heavy.", "Too long."]}
    assert list(report(prompt([result]))) == ["I could not propose to write your workout down: Too heavy. Too long."]


def test_a_rejection_is_acknowledged_once() -> None:
    assert list(report(prompt(proposals=[REJECTED]))) == [ACKNOWLEDGED]
    assert list(report(prompt(proposals=[REJECTED], answers=[f"{ACKNOWLEDGED} And so on."]))) == []


@pytest.mark.parametrize(
    "other",
    [{"status": "pending"}, {"status": "executed"}, {"decision": "expired"}],
)
def test_other_proposals_are_not_spoken_of(other: dict[str, Any]) -> None:
    assert list(report(prompt(proposals=[{**REJECTED, **other}]))) == []
