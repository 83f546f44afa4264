"""begin_turn, finish_turn, fail_turn: one transaction each, and nothing half done."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.vectors import add_chunks, axis

VECTOR = "[" + ",".join(["0.1"] * 512) + "]"
HASH = "a" * 64


@pytest.fixture
def user(connection: Connection) -> UUID:
    return add_user(connection)


@pytest.fixture
def session(connection: Connection, user: UUID) -> UUID:
    return add_session(connection, user)


def add_session(connection: Connection, user: UUID) -> UUID:
    row = connection.execute("insert into ai_chat_sessions (user_id) values (%s) returning id", (user,)).fetchone()
    assert row is not None
    session: UUID = row[0]
    return session


def mixed(number: int, cosine: float) -> list[float]:
    """A vector that far from an axis, towards the next one."""
    return [a * cosine + b * (1 - cosine**2) ** 0.5 for a, b in zip(axis(number), axis(number + 1), strict=True)]


def begin(
    connection: Connection, user: UUID, session: UUID, content: str = "How deep?", **arguments: Any
) -> dict[str, Any]:
    given = {
        "p_user_id": user,
        "p_session_id": session,
        "p_content": content,
        "p_token_count": 3,
        "p_embedding": VECTOR,
        "p_embedding_model": "m",
        "p_reserve_tokens": 500,
        "p_reserve_cost": 0,
    } | arguments
    named = ", ".join(f"{name} => %({name})s" for name in given)
    row = connection.execute(f"select begin_turn({named})", given).fetchone()
    assert row is not None
    result: dict[str, Any] = row[0]
    return result


def finish(connection: Connection, user: UUID, turn: str, content: str = "Below the knee.") -> dict[str, Any]:
    row = connection.execute(
        "select finish_turn(%s, %s, %s, 4, %s, 60, 0.01, 'm')", (user, turn, content, Jsonb({"citations": []}))
    ).fetchone()
    assert row is not None
    response: dict[str, Any] = row[0]["response"]
    return response


def types(connection: Connection, stream: str) -> list[tuple[int, str]]:
    """Seq and type of a stream's events."""
    rows = connection.execute("select seq, type from ai_events where stream = %s order by seq", (stream,)).fetchall()
    return [(seq, kind) for seq, kind in rows]


def cancel(connection: Connection, user: UUID, session: UUID, turn: str) -> dict[str, Any]:
    row = connection.execute("select cancel_turn(%s, %s, %s)", (user, session, turn)).fetchone()
    assert row is not None
    shown: dict[str, Any] = row[0]
    return shown


def count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_turn_stores_question_and_answer_and_charges_once(connection: Connection, user: UUID, session: UUID) -> None:
    begun = begin(connection, user, session)
    finished = finish(connection, user, begun["turn"]["id"])

    rows = connection.execute("select role, content from ai_chat_messages order by created_at").fetchall()
    assert rows == [("user", "How deep?"), ("assistant", "Below the knee.")]
    assert finished["turn"]["status"] == "completed"
    assert (finished["usage"]["messages_used"], finished["usage"]["tokens_used"]) == (1, 60)
    assert finished["usage"]["tokens_reserved"] == 0


def test_finishing_again_changes_nothing_and_returns_the_first_answer(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    first = finish(connection, user, turn)

    assert finish(connection, user, turn, "Another answer.") == first
    assert count(connection, "ai_chat_messages") == 2


def test_a_failed_turn_cannot_be_finished(connection: Connection, user: UUID, session: UUID) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    connection.execute("select fail_turn(%s, %s, 'model_timeout')", (user, turn))

    with pytest.raises(psycopg.Error, match="turn_ended"):
        finish(connection, user, turn)


def test_a_failed_turn_costs_nothing_and_keeps_what_was_streamed(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    for _ in range(2):  # safe to repeat
        connection.execute("select fail_turn(%s, %s, 'model_interrupted', 'Below the')", (user, turn))

    row = connection.execute("select status, error_code, partial_content from ai_chat_turns").fetchone()
    assert row == ("failed", "model_interrupted", "Below the")
    assert connection.execute("select tokens_reserved, tokens_used from ai_usage").fetchone() == (0, 0)
    assert connection.execute("select role from ai_chat_messages").fetchall() == [("user",)]


def test_the_history_of_a_later_turn_has_no_failed_ones(connection: Connection, user: UUID, session: UUID) -> None:
    finish(connection, user, begin(connection, user, session, "First?")["turn"]["id"])
    failed = begin(connection, user, session, "Second?")["turn"]["id"]
    connection.execute("select fail_turn(%s, %s, 'model_timeout')", (user, failed))

    history = begin(connection, user, session, "Third?")["history"]
    assert [message["content"] for message in history] == ["First?", "Below the knee."]


def test_at_most_fifty_messages_go_to_the_model_and_all_stay_stored(
    connection: Connection, user: UUID, session: UUID
) -> None:
    for number in range(30):
        finish(connection, user, begin(connection, user, session, f"Question {number}")["turn"]["id"])

    begun = begin(connection, user, session, "The last one")
    assert len(begun["history"]) == 49  # and the question itself
    assert begun["history"][-2]["content"] == "Question 29"
    assert begun["history_total"] == 60
    assert count(connection, "ai_chat_messages") == 61


def test_a_strangers_session_is_not_found_and_nothing_is_left(
    connection: Connection, user: UUID, session: UUID
) -> None:
    stranger = add_user(connection)
    for target in (session, uuid4()):
        with pytest.raises(psycopg.Error, match="session_not_found") as refusal, connection.transaction():
            begin(connection, stranger, target, p_idempotency_key="k", p_request_hash=HASH)
        assert refusal.value.sqlstate == "PT404"

    tables = ("ai_chat_turns", "ai_chat_messages", "ai_usage", "ai_usage_ledger", "ai_idempotency_keys")
    assert [count(connection, table) for table in tables] == [0] * 5


def test_a_turn_beyond_the_quota_leaves_nothing(connection: Connection, user: UUID, session: UUID) -> None:
    connection.execute("update ai_usage_plans set weekly_messages = 0")
    with pytest.raises(psycopg.Error, match="quota_exceeded"), connection.transaction():
        begin(connection, user, session, p_idempotency_key="k", p_request_hash=HASH)

    assert [count(connection, table) for table in ("ai_chat_turns", "ai_chat_messages", "ai_idempotency_keys")] == [
        0
    ] * 3


def test_the_same_key_and_body_get_the_stored_answer(connection: Connection, user: UUID, session: UUID) -> None:
    key = {"p_idempotency_key": "k", "p_request_hash": HASH}
    answer = finish(connection, user, begin(connection, user, session, **key)["turn"]["id"])

    assert begin(connection, user, session, **key) == {"replayed": True, "response": answer}
    assert count(connection, "ai_usage_ledger") == 1


def test_the_same_key_with_another_body_is_refused(connection: Connection, user: UUID, session: UUID) -> None:
    finish(connection, user, begin(connection, user, session, p_idempotency_key="k", p_request_hash=HASH)["turn"]["id"])
    with pytest.raises(psycopg.Error, match="idempotency_key_reused"):
        begin(connection, user, session, p_idempotency_key="k", p_request_hash="b" * 64)


def test_the_same_key_while_the_first_is_at_work_is_a_conflict(
    connection: Connection, user: UUID, session: UUID
) -> None:
    begin(connection, user, session, p_idempotency_key="k", p_request_hash=HASH)
    with pytest.raises(psycopg.Error, match="request_in_progress"):
        begin(connection, user, session, p_idempotency_key="k", p_request_hash=HASH)


def test_a_failed_turn_may_be_tried_again_under_its_key(connection: Connection, user: UUID, session: UUID) -> None:
    key = {"p_idempotency_key": "k", "p_request_hash": HASH}
    turn = begin(connection, user, session, **key)["turn"]["id"]
    connection.execute("select fail_turn(%s, %s, 'model_unavailable')", (user, turn))

    assert not begin(connection, user, session, **key)["replayed"]


def test_a_key_expires_after_a_day(connection: Connection, user: UUID, session: UUID) -> None:
    key = {"p_idempotency_key": "k", "p_request_hash": HASH}
    finish(connection, user, begin(connection, user, session, **key)["turn"]["id"])
    connection.execute("update ai_idempotency_keys set expires_at = now()")

    assert not begin(connection, user, session, **key)["replayed"]


def test_a_second_question_waits_for_the_first_answer(connection: Connection, user: UUID, session: UUID) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    with pytest.raises(psycopg.Error, match="turn_in_progress") as refusal, connection.transaction():
        begin(connection, user, session, "And then?")

    assert turn in (refusal.value.diag.message_detail or "")
    assert count(connection, "ai_usage_ledger") == 1


def test_a_turn_whose_worker_is_dead_makes_way_for_the_next(connection: Connection, user: UUID, session: UUID) -> None:
    key = {"p_idempotency_key": "k", "p_request_hash": HASH}
    first = begin(connection, user, session, **key)["turn"]["id"]
    connection.execute("update ai_chat_turns set lease_until = now(), partial_content = 'Below'")

    assert not begin(connection, user, session, **key)["replayed"]
    row = connection.execute("select status, error_code, partial_content from ai_chat_turns where id = %s", (first,))
    assert row.fetchone() == ("failed", "worker_lost", "Below")
    assert connection.execute("select messages_reserved from ai_usage").fetchone() == (1,)


def test_a_turns_events_are_numbered_in_the_order_in_which_they_became_true(
    connection: Connection, user: UUID, session: UUID
) -> None:
    finish(connection, user, begin(connection, user, session)["turn"]["id"])

    expected = [(1, "turn.started"), (2, "message.completed"), (3, "turn.completed")]
    assert types(connection, f"session:{session}") == expected
    assert types(connection, f"user:{user}") == [(1, "usage.updated")]


def test_an_event_of_a_message_that_is_no_more_names_none(connection: Connection, user: UUID, session: UUID) -> None:
    finish(connection, user, begin(connection, user, session)["turn"]["id"])
    connection.execute("delete from ai_chat_messages where session_id = %s and role = 'assistant'", (session,))
    listed = connection.execute("select list_events(%s, %s, 0, 9)", (user, f"session:{session}")).fetchone()
    assert listed is not None
    said = {event["type"]: event["data"] for event in listed[0]["items"]}
    assert said["message.completed"] == {"message": None}
    assert said["turn.started"]["message"]["role"] == "user"


def test_a_cancelled_turn_never_ends_as_a_success(connection: Connection, user: UUID, session: UUID) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    assert cancel(connection, user, session, turn)["cancel_requested"]
    assert cancel(connection, user, session, turn)["status"] == "running"

    finished = finish(connection, user, turn, "Below the")
    assert finished["turn"]["status"] == "cancelled"
    assert finished["message"]["metadata"]["status"] == "cancelled"
    assert finished["usage"]["tokens_used"] == 60
    assert types(connection, f"session:{session}")[-1] == (3, "turn.cancelled")


def test_a_turn_that_was_cancelled_before_its_first_word_has_no_message(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    cancel(connection, user, session, turn)

    assert finish(connection, user, turn, "")["message"] is None
    assert connection.execute("select role from ai_chat_messages").fetchall() == [("user",)]


def test_cancelling_a_turn_that_has_ended_changes_nothing(connection: Connection, user: UUID, session: UUID) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    finish(connection, user, turn)

    shown = cancel(connection, user, session, turn)
    assert (shown["status"], shown["cancel_requested"]) == ("completed", False)


def test_a_strangers_turn_cannot_be_cancelled(connection: Connection, user: UUID, session: UUID) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    with pytest.raises(psycopg.Error, match="turn_not_found"):
        cancel(connection, add_user(connection), session, turn)


def test_a_checkpoint_keeps_the_text_and_says_whether_to_go_on(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = begin(connection, user, session)["turn"]["id"]

    def checkpoint() -> bool:
        row = connection.execute("select checkpoint_turn(%s, %s, 'Below')", (user, turn)).fetchone()
        assert row is not None
        return bool(row[0]["proceed"])

    assert checkpoint()
    assert connection.execute("select partial_content from ai_chat_turns").fetchone() == ("Below",)
    cancel(connection, user, session, turn)
    assert not checkpoint()


def test_the_first_question_titles_a_session_that_has_no_title(
    connection: Connection, user: UUID, session: UUID
) -> None:
    assert begin(connection, user, session, "How  deep\nshould I squat?")["first"]

    row = connection.execute("select title, title_source from ai_chat_sessions").fetchone()
    assert row == ("How deep should I squat?", "question")


def test_a_title_of_the_user_is_never_replaced(connection: Connection, user: UUID, session: UUID) -> None:
    claims = json.dumps({"role": "authenticated", "sub": str(user)})
    connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
    connection.execute("set local role authenticated")
    connection.execute("update ai_chat_sessions set title = 'Mine'")
    connection.execute("reset role")

    assert not begin(connection, user, session)["first"]
    row = connection.execute("select set_model_title(%s, %s, 'Squats')", (user, session)).fetchone()
    assert row == (False,)
    assert connection.execute("select title from ai_chat_sessions").fetchone() == ("Mine",)


def test_deleting_a_session_changes_no_usage(connection: Connection, user: UUID, session: UUID) -> None:
    finish(connection, user, begin(connection, user, session)["turn"]["id"])
    connection.execute("delete from ai_chat_sessions where id = %s", (session,))

    assert count(connection, "ai_chat_messages") == 0
    assert connection.execute("select messages_used, tokens_used from ai_usage").fetchone() == (1, 60)
    assert connection.execute("select status, turn_id from ai_usage_ledger").fetchone() == ("settled", None)


def test_what_safety_looks_at_comes_with_the_turn(connection: Connection, user: UUID, session: UUID) -> None:
    athlete = begin(connection, user, session)["athlete"]
    assert athlete.pop("now")
    assert athlete == {
        "profile": None,
        "memories": [],
        "plan": None,
        "workouts": [],
        "workouts_total": 0,
    }

    connection.execute("delete from ai_chat_turns")
    connection.execute("insert into ai_profile (user_id, injuries) values (%s, 'left knee')", (user,))
    plan = "insert into workout_plans (user_id, is_active, content) values (%s, %s, %s)"
    connection.execute(plan, (user, False, Jsonb({"name": "old"})))
    connection.execute(plan, (user, True, Jsonb({"name": "new"})))
    for days in (83, 2, 84, -2):
        connection.execute(
            "insert into workout_logs (user_id, performed_on, content) "
            "values (%s, (now() at time zone 'UTC')::date - %s::int, %s)",
            (user, days, Jsonb({"days": days})),
        )

    athlete = begin(connection, user, session)["athlete"]
    assert athlete["profile"]["injuries"] == "left knee"
    assert athlete["profile"].keys().isdisjoint({"user_id", "created_at", "updated_at"})
    assert athlete["plan"] == {"name": "new"}
    assert athlete["workouts"] == [{"days": 2}, {"days": 83}]


def test_a_turn_knows_which_message_it_answers(connection: Connection, user: UUID, session: UUID) -> None:
    begun = begin(connection, user, session)

    assert connection.execute("select id::text, role from ai_chat_messages").fetchall() == [
        (begun["question_id"], "user")
    ]


def ask(connection: Connection, user: UUID, session: UUID, content: str) -> str:
    """Have a question answered, and return the question's id."""
    begun = begin(connection, user, session, content)
    finish(connection, user, begun["turn"]["id"])
    return str(begun["question_id"])


def questions_before(connection: Connection, user: UUID, session: UUID, **arguments: Any) -> list[str]:
    given = {"p_user_id": user, "p_session_id": session, "p_reserve_tokens": 0, "p_reserve_cost": 0} | arguments
    named = ", ".join(f"{name} => %({name})s" for name in given)
    row = connection.execute(f"select check_turn({named})", given).fetchone()
    assert row is not None
    before: list[str] = row[0]["questions_before"]
    return before


def test_a_check_tells_the_questions_that_a_new_one_may_go_on_from(
    connection: Connection, user: UUID, session: UUID
) -> None:
    ids = [ask(connection, user, session, f"Question {number}? {'x' * 600}") for number in range(5)]

    found = questions_before(connection, user, session)
    assert [question[:11] for question in found] == ["Question 4?", "Question 3?", "Question 2?"]
    assert [len(question) for question in found] == [500] * 3
    anew = questions_before(connection, user, session, p_replaces=ids[2])
    assert [question[:11] for question in anew] == ["Question 1?", "Question 0?"]


def test_another_conversation_is_nothing_to_go_on_from(connection: Connection, user: UUID, session: UUID) -> None:
    ask(connection, user, session, "How deep?")

    assert questions_before(connection, user, add_session(connection, user)) == []


def contents(begun: dict[str, Any]) -> list[str]:
    return [passage["content"] for passage in begun["passages"]]


def test_what_is_found_behind_the_question_before_comes_in_turns_with_what_is_found_alone(
    connection: Connection, user: UUID, session: UUID
) -> None:
    add_chunks(
        connection, {"alone 1": axis(0), "alone 2": mixed(0, 0.9), "before 1": axis(5), "before 2": mixed(5, 0.9)}
    )
    found = {"p_embedding": str(axis(0)), "p_min_score": 0.5, "p_passage_limit": 3}

    assert contents(begin(connection, user, session, "x", **found)) == ["alone 1", "alone 2"]
    context = {"p_context": "y x", "p_context_embedding": str(axis(5)), "p_turn_id": uuid4()}
    other = add_session(connection, user)
    joined = begin(connection, user, other, "x", **found, **context)
    assert contents(joined) == ["alone 1", "before 1", "alone 2"]
    again = begin(connection, user, other, "x", **found, **context)
    assert (again["passages"], again["searched"]) == (joined["passages"], True)


@pytest.mark.parametrize(("goes_on", "shown"), [(True, ["before"]), (False, [])])
def test_a_new_subject_of_which_nothing_is_known_is_not_answered_with_what_the_question_before_found(
    connection: Connection, user: UUID, session: UUID, goes_on: bool, shown: list[str]
) -> None:
    add_chunks(connection, {"before": axis(5)})
    found = {"p_embedding": str(axis(0)), "p_min_score": 0.5, "p_goes_on": goes_on}
    context = {"p_context": "y x", "p_context_embedding": str(axis(5))}

    assert contents(begin(connection, user, session, "x", **found, **context)) == shown


def test_what_both_find_is_given_once(connection: Connection, user: UUID, session: UUID) -> None:
    add_chunks(connection, {"both": axis(0), "other": mixed(0, 0.9)})
    found = {"p_embedding": str(axis(0)), "p_context": "x", "p_context_embedding": str(axis(0))}

    assert contents(begin(connection, user, session, "x", p_min_score=0.5, **found)) == ["both", "other"]


def test_where_no_passage_is_wanted_nothing_is_searched(connection: Connection, user: UUID, session: UUID) -> None:
    add_chunks(connection, {"How deep?": axis(0)})
    begun = begin(connection, user, session, "How deep?", p_passage_limit=0, p_embedding=None, p_hand_over=True)

    assert (begun["passages"], begun["searched"]) == ([], False)
    row = connection.execute("select claim_turn(%s, %s, gen_random_uuid(), 60)", (user, begun["turn"]["id"])).fetchone()
    assert row is not None
    assert (row[0]["passages"], row[0]["searched"]) == ([], False)
