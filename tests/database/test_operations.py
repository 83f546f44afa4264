"""What operators look at: sums that equal the ledger, numbers and ids without words, for the backend alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, acting_as, add_user, allowed
from tests.support.database.proposals import Inbox
from tests.support.database.rooms import Rooms
from tests.support.database.turns import Refusal

OF_A_PERIOD = ("usage", "turns", "rooms", "ratings", "knowledge", "safety")
CITATION = {"title": "T", "chunk_id": str(uuid4()), "version": 1, "heading": None, "reviewed_on": None, "score": 0.5}
CITATION |= {"quote": "Rest."}
SECRET = "my knee hurts since the divorce"


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


@pytest.fixture
def ask(inbox: Inbox, today: date) -> Callable[..., Any]:
    """An operator's question about a period, this day unless told otherwise."""

    def call(function: str, **arguments: Any) -> Any:
        return inbox.call(f"operations_{function}", **{"p_from": today, "p_until": today} | arguments)

    return call


def answered(inbox: Inbox, **metadata: Any) -> str:
    """The turn of a question that was answered for 60 tokens and a cent."""
    turn = inbox.begin_turn(inbox.open_session(), p_content=SECRET)["turn"]["id"]
    inbox.answer(turn, p_content=SECRET, p_metadata=Jsonb(metadata), p_cost="0.01")
    return str(turn)


def read(**fields: Any) -> dict[str, Any]:
    """What is kept with an answer that a model gave, cited as told by `sources`."""
    counts = ("memories", "history_messages", "history_left_out", "prompt_tokens", "cached_tokens", "completion_tokens")
    known: dict[str, Any] = dict.fromkeys([*counts, "embedding_tokens", "tokens", "cost"], 0)
    known |= {"model": "m", "model_calls": 1, "provider": "OpenAI", "prompt_version": "coach-6", "prompt_hash": "0"}
    known |= {"profile_fields": [], "lookups": [], "searched": True, "chunks": [], "summary_until": None}
    known |= {"estimated": False, "cost_complete": True, "first_token_ms": 300, "finish_reason": "stop"}
    sources = fields.pop("sources", ())
    return {"receipt": known | fields, "citations": [CITATION | {"source": source} for source in sources]}


def test_sums_equal_the_ledger(connection: Connection, inbox: Inbox, ask: Callable[..., Any]) -> None:
    other = Inbox(connection, add_user(connection))
    connection.execute("insert into ai_usage_plans values ('pro', 9000000, 500, 9, false)")
    other.call("set_user_plan", p_user_id=other.user, p_plan="pro")
    for each in (inbox, inbox, other):
        answered(each)
    free = inbox.begin_turn(inbox.open_session())["turn"]["id"]
    inbox.answer(free, p_cost="0.02", p_free=True, p_model="dear")
    failed = inbox.begin_turn(inbox.open_session())["turn"]["id"]
    used = Jsonb({"tokens": 7, "cost": "0.001", "model": "m", "estimated": True, "cost_complete": True})
    inbox.call("fail_turn", p_user_id=inbox.user, p_turn_id=failed, p_error_code="model_timeout", p_used=used)
    inbox.begin_turn(inbox.open_session())  # still runs

    shown = ask("usage")
    [(uses, messages, tokens, cost)] = inbox.rows(
        "select count(*), sum(messages_used), sum(tokens_used), sum(cost_used) from ai_usage_ledger "
        "where status = 'settled'"
    )
    total = shown["total"]
    assert (total["uses"], total["messages"], total["tokens"]) == (uses, messages, tokens) == (5, 3, 247)
    assert Decimal(str(total["cost"])) == cost == Decimal("0.051")
    assert Decimal(str(total["cost_uncharged"])) == Decimal("0.02")
    for name in ("uses", "messages", "tokens"):
        assert sum(item[name] for item in shown["items"]) == total[name]
    assert {(item["model"], item["plan"], item["half"]) for item in shown["items"]} >= {
        ("m", "free", "coach"),
        ("m", "pro", "coach"),
        ("dear", "free", "coach"),
    }


def test_what_deleted_accounts_used_stays_in_the_books(inbox: Inbox, ask: Callable[..., Any]) -> None:
    answered(inbox)
    inbox.call("delete_account_data", p_user_id=inbox.user)
    inbox.connection.execute("delete from auth.users where id = %s", (inbox.user,))
    used = ask("usage")
    assert used["items"] == []
    assert [(item["model"], item["tokens"]) for item in used["deleted_accounts"]] == [("m", 60)]


def test_a_day_is_one_of_utc_and_others_are_left_out(inbox: Inbox, ask: Callable[..., Any], today: date) -> None:
    turn = answered(inbox)
    at = datetime.combine(today - timedelta(days=3), datetime.max.time(), UTC)
    inbox.connection.execute("update ai_usage_ledger set created_at = %s where turn_id = %s", (at, turn))
    assert ask("usage")["total"]["uses"] == 0
    found = ask("usage", p_from=today - timedelta(days=3), p_until=today - timedelta(days=2))
    assert [item["day"] for item in found["items"]] == [(today - timedelta(days=3)).isoformat()]


@pytest.mark.parametrize("function", OF_A_PERIOD)
@pytest.mark.parametrize("days", [-1, 92])
def test_a_period_of_no_day_or_more_than_a_quarter_is_refused(
    ask: Callable[..., Any], today: date, function: str, days: int
) -> None:
    assert ask(function, p_until=today + timedelta(days=days)) == Refusal("PT422", "bad_period", "")
    assert not isinstance(ask(function, p_until=today + timedelta(days=min(days + 91, 91))), Refusal)


def test_turns_are_counted_by_how_they_ended_with_their_times(inbox: Inbox, ask: Callable[..., Any]) -> None:
    for milliseconds in (100, 200, 900):
        answered(inbox, **read(first_token_ms=milliseconds))
    failed = inbox.begin_turn(inbox.open_session())["turn"]["id"]
    inbox.fail(failed)
    found = ask("turns")
    counted = {(day["status"], day["error_code"]): day for day in found["days"]}
    assert {name: day["turns"] for name, day in counted.items()} == {
        ("completed", None): 3,
        ("failed", "model_timeout"): 1,
    }
    day = counted[("completed", None)]
    assert (day["first_token_ms_p50"], day["first_token_ms_p95"]) == (200, 900)
    assert [item["status"] for item in found["items"]] == ["failed", *["completed"] * 3]
    assert [item["id"] for item in ask("turns", p_status="failed")["items"]] == [failed]
    assert SECRET not in str(found)


def test_the_next_page_of_turns_begins_behind_the_last_one(inbox: Inbox, ask: Callable[..., Any]) -> None:
    turns = [answered(inbox) for _ in range(5)][::-1]
    first = ask("turns", p_limit=2)["items"]
    last = first[-1]
    second = ask("turns", p_limit=9, p_before=last["started_at"], p_before_id=last["id"])
    assert [item["id"] for item in [*first, *second["items"]]] == turns
    assert second["days"] == []


def test_rooms_are_counted_by_how_they_ended_and_why(inbox: Inbox, ask: Callable[..., Any]) -> None:
    for status, reason in (("failed", "task_failed"), ("completed", None), ("completed", None)):
        inbox.connection.execute(
            "insert into rooms (room_id, user_id, task_prompt, folder_path, status, status_reason, cost_used) "
            "values (%s, %s, %s, 'rooms/a/', %s, %s, 0.5)",
            (uuid4().hex, inbox.user, SECRET, status, reason),
        )
    found = ask("rooms")
    counted = [(day["status"], day["status_reason"], day["rooms"], day["cost"]) for day in found["days"]]
    assert counted == [("completed", None, 2, 1), ("failed", "task_failed", 1, 0.5)]
    assert len(found["items"]) == 3
    assert [item["status_reason"] for item in ask("rooms", p_status="failed")["items"]] == ["task_failed"]
    assert SECRET not in str(found)


def test_ratings_come_with_their_reasons_and_comments_and_without_the_answer(
    inbox: Inbox, ask: Callable[..., Any]
) -> None:
    turn = answered(inbox, **read(prompt_version="coach-6"))
    [(message,)] = inbox.rows("select id from ai_chat_messages where turn_id = %s and role = 'assistant'", turn)
    inbox.connection.execute(
        "insert into ai_feedback (user_id, message_id, rating, reasons, comment) values (%s, %s, -1, '{wrong}', 'No!')",
        (inbox.user, message),
    )
    (rating,) = ask("ratings")
    assert (rating["rating"], rating["reasons"], rating["comment"]) == (-1, ["wrong"], "No!")
    assert (rating["turn_id"], rating["model"], rating["prompt_version"]) == (turn, "m", "coach-6")
    assert ask("ratings", p_rating=1) == []
    assert SECRET not in str(rating)


def test_questions_that_found_nothing_are_counted_and_shown_where_their_users_agreed(
    connection: Connection, inbox: Inbox, ask: Callable[..., Any]
) -> None:
    answered(inbox, **read())
    answered(inbox, **read(searched=False))
    answered(inbox, **read(chunks=[{"chunk_id": str(uuid4()), "version": 1, "score": 0.5}]))
    (day,) = ask("knowledge")["days"]
    assert (day["searched"], day["found_nothing"]) == (2, 1)
    assert ask("knowledge")["found_nothing"] == []

    agreed = Inbox(connection, add_user(connection))
    agreed.own_write(
        "insert into ai_profile (user_id, preferences) values (%s, %s)", agreed.user, Jsonb({"share_questions": True})
    )
    answered(agreed, **read())
    assert [found["question"] for found in ask("knowledge")["found_nothing"]] == [SECRET]


def test_documents_are_told_by_how_often_they_are_cited(inbox: Inbox, ask: Callable[..., Any]) -> None:
    for source, status in (("cited.md", "ready"), ("idle.md", "ready"), ("broken.md", "failed")):
        inbox.connection.execute(
            "insert into ai_kb_sources (source, title, status, error_code) values (%s, 'T', %s, %s)",
            (source, status, "corrupt" if status == "failed" else None),
        )
    for _ in range(2):
        answered(inbox, **read(sources=["cited.md", "cited.md"]))
    found = ask("knowledge")
    assert found["most_cited"] == [{"source": "cited.md", "answers": 2}]
    assert [document["source"] for document in found["never_cited"]] == ["idle.md"]
    counted = [(each["status"], each["error_code"], each["documents"]) for each in found["documents"]]
    assert counted == [("failed", "corrupt", 1), ("ready", None, 2)]


def test_safety_is_counted_by_outcome_and_rule(inbox: Inbox, ask: Callable[..., Any]) -> None:
    answered(inbox, safety={"red_flag": "chest_pain", "kind": "emergency", "source": "who"})
    answered(inbox, safety={"withheld": ["calories_too_low", "fast_too_long"]})
    answered(inbox, safety={"mended": ["calories_too_low"]})
    answered(inbox)
    found = {(each["outcome"], each["rule"]): each["answers"] for each in ask("safety")}
    assert found == {
        ("mended", "calories_too_low"): 1,
        ("red_flag", "chest_pain"): 1,
        ("withheld", "calories_too_low"): 1,
        ("withheld", "fast_too_long"): 1,
    }


def test_a_users_plan_is_changed_and_changed_back(connection: Connection, inbox: Inbox) -> None:
    connection.execute("insert into ai_usage_plans values ('pro', 9000000, 500, 9, false)")
    for _ in range(2):
        changed = inbox.call("set_user_plan", p_user_id=inbox.user, p_plan="pro")
        assert (changed["plan"], changed["usage"]["messages_limit"]) == ("pro", 500)
    users = {plan["id"]: plan["users"] for plan in inbox.call("operations_plans")}
    assert users == {"free": None, "pro": 1}
    assert inbox.call("set_user_plan", p_user_id=inbox.user, p_plan="free")["plan"] == "free"
    assert inbox.rows("select count(*) from ai_user_plans") == [(0,)]


def test_nobody_is_put_on_a_plan_that_is_not_there_and_nothing_is_told_of_nobody(inbox: Inbox) -> None:
    assert inbox.call("set_user_plan", p_user_id=inbox.user, p_plan="gold") == Refusal("PT422", "unknown_plan", "")
    for function, more in (("user_plan", {}), ("set_user_plan", {"p_plan": "free"})):
        assert inbox.call(function, p_user_id=uuid4(), **more) == Refusal("PT404", "user_not_found", "")


def test_a_turn_is_traced_by_its_stages_and_what_was_reserved_for_it(inbox: Inbox) -> None:
    turn = answered(inbox, **read(first_token_ms=300))
    trace = inbox.call("operations_turn", p_turn_id=turn)

    stages = ["started", "reserved", "asked", "answered", "settled", "completed"]
    assert [stage["stage"] for stage in trace["stages"]] == stages
    [(tokens, cost)] = inbox.rows("select tokens_used, cost_used from ai_usage_ledger where turn_id = %s", turn)
    assert (trace["reservation"]["status"], trace["reservation"]["charged"]) == ("settled", True)
    assert (trace["reservation"]["tokens_used"], Decimal(str(trace["reservation"]["cost_used"]))) == (tokens, cost)
    assert (trace["turn"]["tokens"], trace["receipt"]["first_token_ms"]) == (tokens, 300)
    assert SECRET not in str(trace)


def test_a_turn_that_runs_is_traced_as_far_as_it_has_come(inbox: Inbox) -> None:
    turn = inbox.begin_turn(inbox.open_session())["turn"]["id"]
    trace = inbox.call("operations_turn", p_turn_id=turn)

    assert [stage["stage"] for stage in trace["stages"]] == ["started", "reserved", "asked"]
    assert (trace["receipt"], trace["reservation"]["status"], trace["actions"]) == (None, "reserved", [])


def test_a_room_is_traced_by_its_tasks_and_calls_and_its_sums_are_the_ledgers(connection: Connection) -> None:
    rooms = Rooms(connection)
    room = str(rooms.create(task_prompt=SECRET)["room"]["id"])
    rooms.call("start_room", room_id=room, execution_arn="arn:x")
    rooms.begin_step(room, None, 40)
    rooms.record(room, None, tokens=40, cost=0.004, response=SECRET)
    first, second = rooms.plan(room, t1="", t2="t1")
    rooms.do(room, first, 70, 0.002)
    rooms.begin(room, second)
    rooms.ask(room, second)
    waiting = rooms.call("operations_room", room_id=room)
    assert [(wait["task_id"], wait["kind"], wait["answered_at"]) for wait in waiting["inputs"]] == [
        (second, "question", None)
    ]
    rooms.answer(room, answer={"answer": SECRET})
    rooms.begin(room, second)
    rooms.draft(room, second, f"{SECRET}.md")
    rooms.finish_task(room, second)
    rooms.finish(room, status="completed")
    trace = rooms.call("operations_room", room_id=room)

    assert [(task["key"], task["depends_on"], task["status"]) for task in trace["tasks"]] == [
        ("t1", [], "done"),
        ("t2", ["t1"], "done"),
    ]
    assert [(call["task_id"], call["tokens"]) for call in trace["calls"]] == [(None, 40), (first, 70)]
    [(tokens, cost)] = rooms.rows(
        "select sum(tokens_used), sum(cost_used) from ai_usage_ledger where room_id = %s", room
    )
    assert sum(call["tokens"] for call in trace["calls"]) == trace["room"]["tokens"] == tokens == 110
    assert Decimal(str(trace["room"]["cost"])) == cost == Decimal("0.006")
    assert sum(each["tokens_used"] for each in trace["reservations"]) == tokens
    assert [(file["task_id"], file["version"]) for file in trace["files"]] == [(second, 1)]
    assert "input.requested" in [event["type"] for event in trace["events"]]
    assert SECRET not in str(trace)


def test_of_what_is_not_there_nothing_is_traced(inbox: Inbox) -> None:
    assert inbox.call("operations_turn", p_turn_id=uuid4()) == Refusal("PT404", "turn_not_found", "")
    assert inbox.call("operations_room", p_room_id=uuid4()) == Refusal("PT404", "room_not_found", "")


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_it_is_for_the_backend_alone(connection: Connection, inbox: Inbox, role: str) -> None:
    periods = [f"operations_{name}(current_date, current_date)" for name in OF_A_PERIOD]
    with acting_as(connection, role, inbox.user):
        traces = ("operations_turn(auth.uid())", "operations_room(auth.uid())")
        for call in (
            *periods,
            *traces,
            "operations_plans()",
            "user_plan(auth.uid())",
            "set_user_plan(auth.uid(), 'free')",
        ):
            assert not allowed(connection, f"select public.{call}"), call
