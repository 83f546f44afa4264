"""What becomes of the model's tool calls: a proposal, or an answer to the model; never an effect."""

import json
from typing import Any

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from shared.coach.turn.prompt import MAX_ROUNDS
from tests.functions.test_chat import ask, prompt
from tests.support.functions.invocations import Answer, User, request

Connection = psycopg.Connection[tuple[Any, ...]]
RUN = {
    "performed_on": "2026-11-20",
    "minutes": 30,
    "exercises": [{"name": "Run", "sets": 1, "reps": None, "seconds": 1500, "load_kg": None, "rest_seconds": 0}],
    "notes": None,
}
GOALS = {
    "goals": ["run 5 km"],
    "experience_level": None,
    "equipment": None,
    "time_availability": None,
    "injuries": None,
}


def call(name: str, arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def asked_with(models: RunningModels, user: User, session: str, *steps: dict[str, Any]) -> Answer:
    """The answer to a question at which the model makes these steps, then answers."""
    final = {"content": json.dumps({"answer": "I have put that to you.", "citations": []})}
    models.behave(user.id, "script", steps=[*steps, final])
    return ask(user, session, f"Please. {user.id}")


def told(models: RunningModels, user: User) -> list[dict[str, Any]]:
    """What the model was told about its calls."""
    return [json.loads(message["content"]) for message in prompt(models, user.id) if message["role"] == "tool"]


def inbox(user: User) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = request("list_actions", "GET", "/v1/actions", user.token).body["items"]
    return items


def test_a_valid_call_becomes_a_pending_proposal(user: User, session: str, models: RunningModels) -> None:
    answer = asked_with(models, user, session, {"tool_calls": [call("update_profile", GOALS)]})

    (action,) = inbox(user)
    assert answer.body["message"]["metadata"]["actions"] == [action["id"]]
    assert (action["status"], action["version"], action["payload"]) == ("pending", 1, {"goals": ["run 5 km"]})
    assert action["preview"] == [{"path": "goals", "before": [], "after": ["run 5 km"], "unit": None}]
    assert action["message_id"] == answer.body["message"]["id"]
    assert told(models, user)[0]["status"] == "proposed"
    assert request("get_profile", "GET", "/v1/profile", user.token).body["goals"] == []


def test_a_proposed_room_says_what_it_will_take(user: User, session: str, models: RunningModels) -> None:
    asked_with(models, user, session, {"tool_calls": [call("open_room", {"prompt": "Compare three running plans."})]})

    (action,) = inbox(user)
    room, dollars, minutes = action["preview"]
    assert (room["path"], dollars["path"], minutes["path"]) == ("room", "estimate.dollars", "estimate.minutes")
    assert (dollars["unit"], minutes["unit"]) == ("US dollars", "min")
    low, _, high = minutes["after"].partition(" \u2013 ")
    assert 0 < float(low) < float(high)
    assert told(models, user)[0]["preview"] == action["preview"]


def test_a_proposal_says_where_it_comes_from(user: User, session: str, models: RunningModels) -> None:
    scripted = {**call("log_workout", RUN), "id": "call_7"}
    answer = asked_with(models, user, session, {"tool_calls": [scripted]})

    (action,) = inbox(user)
    assert action["tool_call_id"] == "call_7"
    assert action["origin"]["turn_id"] == answer.body["turn"]["id"]
    assert action["origin"]["model"] == "hercules-extractive-1"
    assert not any(passage["quoted"] for passage in action["origin"]["passages"])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("log_workout", '{"performed_on": "2026-11-2'),
        ("log_workout", RUN | {"minutes": -1}),
        ("log_workout", RUN | {"approved": True}),
        ("approve_action", {"id": "1"}),
        ("webhook", {"endpoint": "evil", "event": "x", "data": []}),
        ("update_profile", GOALS | {"goals": None}),
    ],
)
def test_an_invalid_call_is_an_answer_to_the_model_and_no_row(
    user: User, session: str, models: RunningModels, name: str, arguments: Any
) -> None:
    asked_with(models, user, session, {"tool_calls": [call(name, arguments)]})

    assert [item["status"] for item in told(models, user)] == ["invalid"]
    assert inbox(user) == []


def test_a_call_that_was_cut_is_no_call(user: User, session: str, models: RunningModels) -> None:
    whole = {"tool_calls": [call("log_workout", RUN)], "finish_reason": "length"}
    asked_with(models, user, session, whole)

    assert [item["status"] for item in told(models, user)] == ["invalid"]
    assert inbox(user) == []


def test_an_unsafe_call_is_refused_with_what_would_be_fine(user: User, session: str, models: RunningModels) -> None:
    harmful = GOALS | {"goals": ["lose 8 kg in two weeks"]}
    asked_with(models, user, session, {"tool_calls": [call("update_profile", harmful)]})

    (refusal,) = told(models, user)
    assert (refusal["status"], len(refusal["reasons"]) > 0) == ("unsafe", True)
    assert inbox(user) == []


def test_the_model_may_better_a_refused_call(user: User, session: str, models: RunningModels) -> None:
    bad, good = (call("update_profile", GOALS | {"goals": [goal]}) for goal in ("eat 500 kcal a day", "run 5 km"))
    answer = asked_with(models, user, session, {"tool_calls": [bad]}, {"tool_calls": [good]})

    assert [item["status"] for item in told(models, user)] == ["unsafe", "proposed"]
    assert [action["payload"] for action in inbox(user)] == [{"goals": ["run 5 km"]}]
    assert answer.body["message"]["metadata"]["receipt"]["model_calls"] == 3


def test_a_turn_proposes_three_things_at_most(user: User, session: str, models: RunningModels) -> None:
    calls = [call("log_workout", RUN | {"minutes": minutes}) for minutes in (30, 31, 32, 33)]
    asked_with(models, user, session, {"tool_calls": calls})

    assert [item["status"] for item in told(models, user)] == [*["proposed"] * 3, "refused"]
    assert len(inbox(user)) == 3


def test_the_same_is_not_proposed_twice_in_a_turn(user: User, session: str, models: RunningModels) -> None:
    asked_with(models, user, session, {"tool_calls": [call("log_workout", RUN)] * 2})

    assert [item["status"] for item in told(models, user)] == ["proposed", "already proposed"]


def test_what_waits_for_the_user_is_not_proposed_again_in_a_later_turn(
    user: User, session: str, models: RunningModels
) -> None:
    for _ in range(2):
        asked_with(models, user, session, {"tool_calls": [call("log_workout", RUN)]})

    (action,) = inbox(user)
    (answered,) = told(models, user)
    assert (answered["status"], answered["id"]) == ("already proposed", action["id"])


def test_what_would_change_nothing_is_not_proposed(user: User, session: str, models: RunningModels) -> None:
    request("update_profile", "PATCH", "/v1/profile", user.token, {"goals": ["run 5 km"]})
    asked_with(models, user, session, {"tool_calls": [call("update_profile", GOALS)]})

    assert [item["status"] for item in told(models, user)] == ["refused"]


def test_a_model_that_only_calls_is_made_to_answer(user: User, session: str, models: RunningModels) -> None:
    step = {"tool_calls": [call("log_workout", RUN)]}
    answer = asked_with(models, user, session, *[step] * (MAX_ROUNDS - 1))

    chats = [item["body"] for item in models.requests(user.id) if item["endpoint"] == "chat"]
    assert ["tools" in body for body in chats if '"title"' not in json.dumps(body["text"])][-1] is False
    assert answer.body["message"]["content"] == "I have put that to you."


def test_all_calls_of_a_turn_are_charged(user: User, session: str, models: RunningModels) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 10}
    step = {"tool_calls": [call("log_workout", RUN)], "usage": usage}
    receipt = asked_with(models, user, session, step).body["message"]["metadata"]["receipt"]

    used = request("get_usage", "GET", "/v1/usage", user.token).body
    assert used["tokens_used"] == receipt["tokens"]
    assert receipt["prompt_tokens"] > 100
    assert (used["tokens_reserved"], used["messages_used"]) == (0, 1)


def test_a_rejection_is_told_to_the_model_with_the_next_question(
    user: User, session: str, models: RunningModels
) -> None:
    asked_with(models, user, session, {"tool_calls": [call("log_workout", RUN)]})
    (action,) = inbox(user)
    path = f"/v1/actions/{action['id']}/reject"
    request("reject_action", "POST", path, user.token, {"reason": f"Not today {user.id}"})
    ask(user, session, f"And then? {user.id}")

    last = prompt(models, f"And then? {user.id}")[-1]["content"]
    assert "<proposals>" in last
    assert '"decision": "rejected"' in last
    assert f"Not today {user.id}" in last


def test_a_cancelled_or_failed_turn_proposes_nothing(user: User, session: str, models: RunningModels) -> None:
    models.behave(
        user.id, "script", steps=[{"tool_calls": [call("log_workout", RUN)]}, {"content": "{}"}, {"content": "{}"}]
    )

    assert ask(user, session, f"Please. {user.id}").status == 503
    assert inbox(user) == []


def test_a_red_flag_is_answered_without_a_model(user: User, session: str, models: RunningModels) -> None:
    answer = ask(user, session, f"I have a crushing pain in my chest and my left arm is numb. {user.id}")

    assert (answer.status, models.requests(user.id)) == (200, [])
    message = answer.body["message"]
    assert "emergency" in message["content"]
    assert message["metadata"]["safety"]["red_flag"]
    assert request("get_usage", "GET", "/v1/usage", user.token).body["messages_used"] == 0


def test_a_red_flag_is_answered_when_the_week_is_used_up(user: User, session: str, database: Connection) -> None:
    database.execute(
        "insert into ai_usage_plans (id, weekly_tokens, weekly_messages, weekly_cost) "
        "values ('none', 0, 0, 0) on conflict do nothing"
    )
    database.execute("insert into ai_user_plans values (%s, 'none')", (user.id,))

    assert ask(user, session, "How deep should I squat?").status == 429
    assert ask(user, session, "I want to kill myself").status == 200


def test_a_red_flag_is_answered_once_under_one_key(user: User, session: str) -> None:
    first, second = (ask(user, session, "I fainted during my run", Idempotency_Key="k") for _ in range(2))

    assert first.body["message"]["id"] == second.body["message"]["id"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"


def test_who_sends_too_many_urgent_messages_still_gets_the_advice(
    user: User, session: str, database: Connection
) -> None:
    advised = ask(user, session, "I fainted during my run").body["message"]["content"]
    database.execute("update private.rate_counts set used = 1000 where user_id = %s", (user.id,))
    refused = ask(user, session, "I fainted during my run")

    assert (refused.status, refused.body["code"]) == (429, "too_many_urgent_messages")
    assert refused.body["detail"] == advised
    assert int(refused.headers["retry-after"]) > 0
