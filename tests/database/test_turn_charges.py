"""What a model was paid for is charged whatever becomes of the turn; and nothing is paid for a turn that cannot be."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.database.test_chat_turn import HASH, begin, finish
from tests.support.database.actors import Connection, add_user

USED = {"tokens": 90, "cost": "0.02", "model": "m", "estimated": True, "cost_complete": True}


@pytest.fixture
def user(connection: Connection) -> UUID:
    return add_user(connection)


@pytest.fixture
def session(connection: Connection, user: UUID) -> UUID:
    row = connection.execute("insert into ai_chat_sessions (user_id) values (%s) returning id", (user,)).fetchone()
    assert row is not None
    opened: UUID = row[0]
    return opened


def fail(connection: Connection, user: UUID, turn: str, used: dict[str, Any] | None = None) -> None:
    given = (user, turn, Jsonb(used) if used else None)
    connection.execute("select fail_turn(%s, %s, 'model_malformed', p_used => %s)", given)


def check(connection: Connection, user: UUID, session: UUID, **arguments: Any) -> dict[str, Any]:
    given = {"p_user_id": user, "p_session_id": session, "p_reserve_tokens": 500, "p_reserve_cost": 0} | arguments
    named = ", ".join(f"{name} => %({name})s" for name in given)
    row = connection.execute(f"select check_turn({named})", given).fetchone()
    assert row is not None
    told: dict[str, Any] = row[0]
    return told


def usage(connection: Connection, user: UUID) -> tuple[Any, ...] | None:
    columns = "messages_used, tokens_used, cost_estimate, tokens_reserved, messages_reserved"
    return connection.execute(f"select {columns} from ai_usage where user_id = %s", (user,)).fetchone()


def limit(connection: Connection, user: UUID, *, tokens: int = 100_000, messages: int = 50, cost: str = "1") -> None:
    connection.execute(
        "insert into ai_usage_plans (id, weekly_tokens, weekly_messages, weekly_cost) values ('small', %s, %s, %s)",
        (tokens, messages, cost),
    )
    connection.execute("insert into ai_user_plans (user_id, plan_id) values (%s, 'small')", (user,))


def test_a_turn_that_fails_after_the_model_was_paid_costs_tokens_and_dollars_and_no_message(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = begin(connection, user, session, p_reserve_cost="0.5")["turn"]["id"]
    for _ in range(2):  # safe to repeat
        fail(connection, user, turn, USED)
    used = usage(connection, user)
    assert used is not None
    assert [float(each) for each in used] == [0, 90, 0.02, 0, 0]
    row = connection.execute(
        "select status, tokens_used, messages_used, model, estimated from ai_usage_ledger"
    ).fetchone()
    assert row == ("settled", 90, 0, "m", True)


def test_a_turn_that_fails_before_anybody_was_paid_costs_nothing(
    connection: Connection, user: UUID, session: UUID
) -> None:
    fail(connection, user, begin(connection, user, session)["turn"]["id"], {"tokens": 0})
    assert usage(connection, user) == (0, 0, 0, 0, 0)


def test_after_ten_paid_failures_within_the_hour_there_is_a_pause(
    connection: Connection, user: UUID, session: UUID
) -> None:
    for _ in range(10):
        check(connection, user, session)
        fail(connection, user, begin(connection, user, session)["turn"]["id"], USED | {"cost": "0"})
    with pytest.raises(psycopg.Error, match="too_many_failures") as refused, connection.transaction():
        check(connection, user, session)
    assert 0 < json.loads(str(refused.value.diag.message_detail))["retry_after"] <= 3601
    with pytest.raises(psycopg.Error, match="too_many_failures"), connection.transaction():
        begin(connection, user, session)

    connection.execute("update ai_chat_turns set ended_at = ended_at - interval '61 minutes'")
    assert check(connection, user, session)["replayed"] is False


def test_failures_that_nobody_was_paid_for_do_not_count(connection: Connection, user: UUID, session: UUID) -> None:
    for _ in range(11):
        fail(connection, user, begin(connection, user, session)["turn"]["id"])
    assert check(connection, user, session)["replayed"] is False


def test_a_check_tells_the_model_that_questions_are_embedded_with(
    connection: Connection, user: UUID, session: UUID
) -> None:
    told: dict[str, Any] = {"replayed": False, "serving_model": None, "questions_before": []}
    assert check(connection, user, session) == told


def test_a_check_claims_nothing(connection: Connection, user: UUID, session: UUID) -> None:
    key = {"p_idempotency_key": "k", "p_request_hash": HASH}
    check(connection, user, session, **key)
    assert begin(connection, user, session, **key)["replayed"] is False


def test_a_check_gives_the_stored_answer_of_an_earlier_request(
    connection: Connection, user: UUID, session: UUID
) -> None:
    key = {"p_idempotency_key": "k", "p_request_hash": HASH}
    first = finish(connection, user, begin(connection, user, session, **key)["turn"]["id"])
    assert check(connection, user, session, **key) == {"replayed": True, "response": first}
    with pytest.raises(psycopg.Error, match="idempotency_key_reused"):
        check(connection, user, session, p_idempotency_key="k", p_request_hash="b" * 64)


def test_a_check_refuses_what_cannot_begin(connection: Connection, user: UUID, session: UUID) -> None:
    with pytest.raises(psycopg.Error, match="session_not_found"), connection.transaction():
        check(connection, user, uuid4())
    with pytest.raises(psycopg.Error, match="session_not_found"), connection.transaction():
        check(connection, add_user(connection), session)
    key = {"p_idempotency_key": "k", "p_request_hash": HASH}
    begin(connection, user, session, **key)
    with pytest.raises(psycopg.Error, match="turn_in_progress"), connection.transaction():
        check(connection, user, session)
    with pytest.raises(psycopg.Error, match="request_in_progress"), connection.transaction():
        check(connection, user, session, **key)


def test_a_turn_whose_worker_died_is_in_nobodys_way(connection: Connection, user: UUID, session: UUID) -> None:
    begin(connection, user, session, p_lease_seconds=0.0)
    assert check(connection, user, session)["replayed"] is False


@pytest.mark.parametrize(
    ("limits", "wanted", "named"),
    [
        ({"messages": 0}, {}, "messages"),
        ({"tokens": 400}, {}, "tokens"),
        ({"cost": "0.10"}, {"p_reserve_cost": "0.11"}, "cost"),
    ],
)
def test_a_check_refuses_what_the_week_has_no_room_for(
    connection: Connection, user: UUID, session: UUID, limits: dict[str, Any], wanted: dict[str, Any], named: str
) -> None:
    limit(connection, user, **limits)
    with pytest.raises(psycopg.Error, match="quota_exceeded") as refused:
        check(connection, user, session, **wanted)
    assert json.loads(str(refused.value.diag.message_detail))["limit"] == named


def test_a_title_is_paid_by_its_user_also_when_it_is_of_no_use(
    connection: Connection, user: UUID, session: UUID
) -> None:
    connection.execute("select set_model_title(%s, %s, '', %s)", (user, session, Jsonb(USED)))
    connection.execute("select set_model_title(%s, %s, 'Squats', %s)", (user, session, Jsonb(USED)))
    used = usage(connection, user)
    assert used is not None
    assert [float(each) for each in used] == [0, 180, 0.04, 0, 0]
    assert connection.execute("select title from ai_chat_sessions").fetchone() == ("Squats",)
    assert connection.execute("select count(*), sum(tokens_used) from ai_usage_ledger").fetchone() == (2, 180)


def test_what_was_not_reserved_is_charged_as_far_as_the_week_goes(
    connection: Connection, user: UUID, session: UUID
) -> None:
    limit(connection, user, tokens=100, cost="0.03")
    for _ in range(2):
        connection.execute("select set_model_title(%s, %s, 'Squats', %s)", (user, session, Jsonb(USED)))
    used = usage(connection, user)
    assert used is not None
    assert [float(each) for each in used] == [0, 100, 0.03, 0, 0]


@pytest.mark.parametrize(
    "function",
    ["check_turn(uuid, uuid, int, numeric, text, text, uuid)", "set_model_title(uuid, uuid, text, jsonb)"],
)
def test_only_the_service_may_do_that(connection: Connection, function: str) -> None:
    for role, may in (("anon", False), ("authenticated", False), ("service_role", True)):
        row = connection.execute(
            "select has_function_privilege(%s, %s, 'execute')", (role, f"public.{function}")
        ).fetchone()
        assert row == (may,)


def finish_free(connection: Connection, user: UUID, turn: str) -> None:
    given = (user, turn, Jsonb({"citations": []}))
    ended = "select finish_turn(%s, %s, 'Call a doctor.', 4, %s, 60, 0.01, 'm', p_free => true)"
    connection.execute(ended, given)


def test_advice_in_place_of_an_answer_costs_the_user_nothing_and_stays_in_the_ledger(
    connection: Connection, user: UUID, session: UUID
) -> None:
    for _ in range(2):  # safe to repeat
        turn = begin(connection, user, session, p_reserve_cost="0.5")["turn"]["id"]
        finish_free(connection, user, turn)
        finish_free(connection, user, turn)
    assert usage(connection, user) == (0, 0, 0, 0, 0)
    rows = connection.execute(
        "select status, charged, tokens_used, messages_used, cost_used, model from ai_usage_ledger"
    )
    assert [(*row[:4], float(row[4]), row[5]) for row in rows] == [("settled", False, 60, 0, 0.01, "m")] * 2


def test_who_gets_it_too_often_is_charged(connection: Connection, user: UUID, session: UUID) -> None:
    connection.execute("update private.rate_limits set most = 2 where name = 'free_answers'")
    for _ in range(4):
        finish_free(connection, user, begin(connection, user, session, p_reserve_cost="0.5")["turn"]["id"])
    used = usage(connection, user)
    assert used is not None
    assert [float(each) for each in used] == [2, 120, 0.02, 0, 0]
    assert connection.execute("select count(*) from ai_usage_ledger where not charged").fetchone() == (2,)
