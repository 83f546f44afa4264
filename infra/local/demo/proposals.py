"""What the coach proposes and what the user makes of it; and a message that no coach should answer."""

from typing import Any

from infra.local.cloud.description import Cloud
from infra.local.demo import limits
from infra.local.demo.checks import check, is_offline
from infra.local.demo.phone import Phone
from infra.local.demo.stage import Stage

PLAN_WANTED = "Please make me a 3-day full body plan for 4 weeks."
EDITS = {"name": "Evenings at home", "weeks": 6}
GOAL_WANTED = "Set my goal to twenty strict pull-ups."
REASON = "One is enough for now"
GO_ON = "Yes, please propose exactly that now."  # to a model that asks back first
NEXT_QUESTION = "How much protein do I need a day?"
RED_FLAG = "I have chest pain and my left arm feels numb."


def edit_approve_undo(stage: Stage, cloud: Cloud, user: Phone, session: str) -> str:
    """Returns the id of the action."""
    action = _proposed(stage, cloud, user, session, PLAN_WANTED, "create_workout_plan")
    check(not user.rows("workout_plans"), "nothing is written before the user decides")
    payload = {**action["payload"], **EDITS}
    approval = {"version": action["version"], "edited_payload": payload}
    stage.decision("edits and approves", EDITS)
    approved = user.decide(action["id"], "approve", approval)
    check(approved.expect(200).body["status"] == "executed", "the plan is made")
    check(approved.body["proposed_payload"] == action["payload"], "what the coach proposed is kept beside the edit")
    (row,) = user.rows("workout_plans")
    check(row["content"] == payload, "the row is what was approved")
    stage.row("workout_plans", {name: row["content"][name] for name in EDITS} | {"is_active": row["is_active"]})
    again = user.decide(action["id"], "approve", approval)
    check(again.expect(200).body == approved.body, "the same approval again gets the same answer")
    stage.decision("undoes it", {"undo_until": approved.body["undo_until"]})
    check(bool(user.decide(action["id"], "undo").expect(200).body["undone_at"]), "it is undone")
    check(not user.rows("workout_plans"), "the plan is gone")
    stage.row("workout_plans", None)
    return str(action["id"])


def decline(stage: Stage, cloud: Cloud, user: Phone, session: str) -> None:
    action = _proposed(stage, cloud, user, session, GOAL_WANTED, "update_profile")
    goals = user.get("/v1/profile")["goals"]
    stage.decision("declines", {"reason": REASON})
    rejected = user.decide(action["id"], "reject", {"reason": REASON}).expect(200).body
    check((rejected["status"], rejected["decision_reason"]) == ("rejected", REASON), "it is rejected")
    user.decide(action["id"], "approve", {"version": action["version"]}).expect(409)
    check(user.get("/v1/profile")["goals"] == goals, "the profile is as it was")
    message = _ask(stage, user, session, NEXT_QUESTION)
    check(bool(message["content"].strip()), "the coach answers the next question")
    check(not is_offline(message) or REASON in message["content"], "the coach knows that it was declined, and why")


def red_flag(stage: Stage, user: Phone, session: str) -> None:
    metadata = _ask(stage, user, session, RED_FLAG)["metadata"]
    check(metadata["safety"]["red_flag"] != "", "the message is known for a red flag")
    check("receipt" not in metadata and not metadata["actions"], "no model was asked, and nothing is proposed")
    stage.note(f"rule {metadata['safety']['red_flag']}, after {metadata['safety']['source']}")


def _proposed(stage: Stage, cloud: Cloud, user: Phone, session: str, wish: str, action_type: str) -> dict[str, Any]:
    """The proposal in the coach's answer, as it stands in the user's inbox. A real model may make others beside it."""
    message = _ask(stage, user, session, wish)
    found = pending(user, message, action_type)
    if is_offline(message):
        (other,) = user.get("/v1/actions?status=pending")["items"]
        check([other["id"]] == message["metadata"]["actions"], "it is the only proposal in the inbox")
    elif not found:
        limits.allow_one_more(cloud, limits.SMALL)
        found = pending(user, _ask(stage, user, session, GO_ON), action_type)
    check(bool(found), f"the inbox holds a proposal of {action_type}")
    check(bool(found[-1]["preview"]), "the proposal says what it would change")
    stage.proposal(found[-1])
    return found[-1]


def pending(user: Phone, message: dict[str, Any], action_type: str) -> list[dict[str, Any]]:
    """The proposals of this type that came with an answer and wait for the user."""
    inbox = user.get("/v1/actions?status=pending")["items"]
    proposed = message["metadata"]["actions"]
    return [action for action in inbox if action["id"] in proposed and action["action_type"] == action_type]


def _ask(stage: Stage, user: Phone, session: str, question: str) -> dict[str, Any]:
    answer = user.ask(session, question).expect(200)
    stage.turn(question, answer.body, answer.seconds)
    message: dict[str, Any] = answer.body["message"]
    return message
