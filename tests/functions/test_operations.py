"""The operator's side over HTTP: what was used, how it ended, what people think of it, whose plan is which."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import psycopg
import pytest

from infra.local.supabase_gateway.keys import Keys
from tests.functions.test_chat import ask
from tests.support.functions.invocations import Answer, User, request
from tests.support.gateway import Served

Connection = psycopg.Connection[tuple[Any, ...]]
PATHS = {
    "get_operations_usage": "/v1/operations/usage",
    "list_operations_turns": "/v1/operations/turns",
    "list_operations_rooms": "/v1/operations/rooms",
    "list_ratings": "/v1/operations/ratings",
    "get_operations_knowledge": "/v1/operations/knowledge",
    "get_operations_safety": "/v1/operations/safety",
    "list_plans": "/v1/operations/plans",
    "get_user_plan": f"/v1/operations/users/{uuid4()}/plan",
    "trace_turn": f"/v1/operations/turns/{uuid4()}",
    "trace_room": f"/v1/operations/rooms/{uuid4()}",
}
OF_ONE = ("get_user_plan", "trace_turn", "trace_room")
OF_A_PERIOD = [name for name in PATHS if name not in ("list_plans", *OF_ONE)]


@pytest.fixture
def operator(user: User, gateway_keys: Keys) -> str:
    """The token of somebody whom the service made operator."""
    claims = jwt.decode(user.token, options={"verify_signature": False})
    return gateway_keys.sign(claims | {"app_metadata": {"role": "operator"}})


def see(operation: str, token: str, **query: Any) -> Answer:
    return request("operations", "GET", PATHS[operation], token, None, query)


def change(user_id: object, token: str, plan: str) -> Answer:
    path = f"/v1/operations/users/{user_id}/plan"
    return request("operations", "PATCH", path, token, {"plan": plan})


@pytest.mark.parametrize("operation", PATHS)
def test_only_operators_see_it(operation: str, user: User, operator: str, supabase: Served) -> None:
    assert see(operation, "").status == 401
    refused = see(operation, user.token)
    assert (refused.status, refused.body["code"]) == (403, "forbidden")
    expected = 404 if operation in OF_ONE else 200
    assert see(operation, operator).status == expected
    assert request("operations", "GET", PATHS[operation], "", None, {}, apikey=supabase.service_key).status == expected


@pytest.mark.parametrize("operation", OF_A_PERIOD)
def test_a_period_is_bounded(operation: str, operator: str) -> None:
    refused = see(operation, operator, **{"from": "2026-01-01", "until": "2026-06-01"})
    assert (refused.status, refused.body["code"]) == (422, "bad_period")
    assert see(operation, operator, **{"from": "yesterday"}).status == 422
    assert see(operation, operator, **{"from": "2026-01-01", "until": "2026-01-31"}).status == 200


def test_a_turn_is_seen_with_what_it_cost_and_without_what_was_said(
    add_user: Callable[[], User], session: str, user: User, operator: str
) -> None:
    words = f"How deep do I squat with my titanium knee? {uuid4()}"
    answer = ask(user, session, words).body
    turns = see("list_operations_turns", operator, limit=100)
    (seen,) = [turn for turn in turns.body["items"] if turn["id"] == answer["turn"]["id"]]
    receipt = answer["message"]["metadata"]["receipt"]
    assert (seen["status"], seen["user_id"], seen["model"]) == ("completed", user.id, receipt["model"])
    assert (seen["tokens"], seen["first_token_ms"]) == (receipt["tokens"], receipt["first_token_ms"])
    assert "titanium" not in str(turns.body)
    assert sum(day["turns"] for day in turns.body["days"]) >= 1

    used = see("get_operations_usage", operator).body
    assert used["total"]["tokens"] == sum(item["tokens"] for item in used["items"]) >= receipt["tokens"]


def test_a_turn_is_traced_by_its_stages_without_what_was_said(session: str, user: User, operator: str) -> None:
    answer = ask(user, session, f"How deep do I squat with my titanium knee? {uuid4()}").body
    path = f"/v1/operations/turns/{answer['turn']['id']}"
    trace = request("operations", "GET", path, operator).body

    receipt = answer["message"]["metadata"]["receipt"]
    assert (trace["receipt"], trace["reservation"]["tokens_used"]) == (receipt, receipt["tokens"])
    assert [stage["stage"] for stage in trace["stages"]][-1] == "completed"
    assert "titanium" not in str(trace)


def test_turns_are_read_page_by_page(session: str, user: User, operator: str) -> None:
    mine = [ask(user, session, "How was my week?").body["turn"]["id"] for _ in range(3)]
    seen, query = [], {"limit": 2}
    for _ in range(2):
        page = see("list_operations_turns", operator, **query).body
        seen += [turn["id"] for turn in page["items"]]
        query["cursor"] = page["next_cursor"]
    assert seen[:3] == mine[::-1]
    assert len(set(seen)) == len(seen) == 4 or page["next_cursor"] is None


def test_a_question_of_which_nothing_is_known_is_shown_to_operators_once_its_user_agreed(
    session: str, user: User, operator: str
) -> None:
    question = "In which year did Verdi finish the opera Otello?"
    ask(user, session, question)
    assert question not in str(see("get_operations_knowledge", operator).body)
    agreed = {"preferences": {"share_questions": True}}
    assert request("update_profile", "PATCH", "/v1/profile", user.token, agreed).status == 200
    known = see("get_operations_knowledge", operator, limit=100).body
    assert question in [found["question"] for found in known["found_nothing"]]


def test_a_rating_is_seen_with_its_comment(session: str, user: User, operator: str) -> None:
    message = ask(user, session, "How was my week?").body["message"]["id"]
    path, comment = f"/v1/messages/{message}/rating", f"Not mine {uuid4()}"
    body = {"rating": -1, "reasons": ["wrong"], "comment": comment}
    assert request("rate_message", "PUT", path, user.token, body).status == 200
    seen = see("list_ratings", operator, rating=-1, limit=100).body["items"]
    (rating,) = [each for each in seen if each["comment"] == comment]
    assert (rating["message_id"], rating["reasons"]) == (message, ["wrong"])


def test_advice_is_counted_by_its_rule(session: str, user: User, operator: str) -> None:
    advised = ask(user, session, "I have chest pain and my arm is numb.").body
    rule = advised["message"]["metadata"]["safety"]["red_flag"]
    counted = see("get_operations_safety", operator).body["items"]
    assert ("red_flag", rule) in {(each["outcome"], each["rule"]) for each in counted}


def test_a_user_is_put_on_another_plan(database: Connection, user: User, operator: str) -> None:
    plan = f"plan-{uuid4().hex[:8]}"
    database.execute("insert into ai_usage_plans values (%s, 9000000, 500, 9, false)", (plan,))
    changed = change(user.id, operator, plan)
    assert (changed.status, changed.body["plan"], changed.body["usage"]["messages_limit"]) == (200, plan, 500)
    assert request("get_usage", "GET", "/v1/usage", user.token).body["plan"] == plan
    plans = {each["id"]: each["users"] for each in see("list_plans", operator).body["items"]}
    assert (plans[plan], plans["free"]) == (1, None)
    assert change(user.id, operator, "no-such-plan").body["code"] == "unknown_plan"
    assert change(uuid4(), operator, "free").body["code"] == "user_not_found"
    assert change(user.id, user.token, "free").status == 403
