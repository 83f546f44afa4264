"""Sessions opened, renamed and deleted, turns read and stopped, answers rated."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.support.functions.invocations import Answer, User, request

Connection = psycopg.Connection[tuple[Any, ...]]
MISSING = "00000000-0000-4000-8000-000000000000"
ADD_USER = Callable[[], User]
# Of each function: method, path and body. The other tenant's ids are put in.
OF_A_SESSION: dict[str, tuple[str, str, Any]] = {
    "get_session": ("GET", "/v1/chat/sessions/{session}", None),
    "update_session": ("PATCH", "/v1/chat/sessions/{session}", {"title": "Mine"}),
    "delete_session": ("DELETE", "/v1/chat/sessions/{session}", None),
    "cancel_turn": ("POST", "/v1/chat/sessions/{session}/turns/{turn}/cancel", None),
    "get_session, turn": ("GET", "/v1/chat/sessions/{session}/turns/{turn}", None),
    "rate_message": ("PUT", "/v1/messages/{message}/rating", {"rating": 1}),
}


def call(case: str, user: User, ids: dict[str, str], body: Any = None) -> Answer:
    method, path, usual = OF_A_SESSION[case]
    return request(case.split(",")[0], method, path.format(**ids), user.token, usual if body is None else body)


@pytest.fixture
def answered(user: User, session: str) -> dict[str, str]:
    """The ids of a session, of its one turn and of the coach's answer."""
    path = f"/v1/chat/sessions/{session}/messages"
    body = request("send_message", "POST", path, user.token, {"content": "How deep should I squat?"}).body
    return {"session": session, "turn": body["turn"]["id"], "message": body["message"]["id"]}


@pytest.fixture
def running(user: User, session: str, database: Connection) -> dict[str, str]:
    """The ids of a session and of a turn that a worker is busy with."""
    row = database.execute(
        "insert into ai_chat_turns (session_id, user_id, partial_content) values (%s, %s, 'Below the') returning id",
        (session, user.id),
    ).fetchone()
    assert row is not None
    database.execute("select private.reserve_usage(%s, 500, 1, 0.01, %s)", (user.id, row[0]))
    return {"session": session, "turn": str(row[0]), "message": MISSING}


@pytest.mark.parametrize("case", sorted(OF_A_SESSION))
def test_what_is_another_tenants_is_404_in_the_same_words_as_what_is_missing(
    case: str, user: User, answered: dict[str, str], add_user: ADD_USER
) -> None:
    stranger = add_user()
    theirs = call(case, stranger, answered)
    nobodys = call(case, stranger, dict.fromkeys(answered, MISSING))

    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.body == nobodys.body
    assert call("get_session", user, answered).body["session"]["title"] != "Mine"


def test_a_snapshot_has_all_that_an_app_shows_and_where_its_events_go_on(
    user: User, answered: dict[str, str], database: Connection
) -> None:
    snapshot = call("get_session", user, answered).body

    assert snapshot["session"]["id"] == answered["session"]
    assert [message["role"] for message in snapshot["messages"]] == ["assistant", "user"]
    assert (snapshot["running_turn"], snapshot["next_cursor"]) == (None, None)
    assert snapshot["usage"]["messages_used"] == 1
    last = database.execute("select max(seq) from ai_events where stream = 'session:' || %s", (answered["session"],))
    assert (snapshot["as_of"],) == last.fetchone()
    assert snapshot["as_of"] > 0


def test_a_snapshot_of_a_long_session_goes_on_in_the_list_of_messages(
    user: User, session: str, database: Connection
) -> None:
    database.execute(
        "insert into ai_chat_messages (session_id, user_id, role, content, created_at) "
        "select %s, %s, 'user', i, now() + i * interval '1 s' from generate_series(1, 53) i",
        (session, user.id),
    )
    snapshot = call("get_session", user, {"session": session}).body
    path = f"/v1/chat/sessions/{session}/messages"
    older = request("list_messages", "GET", path, user.token, None, {"cursor": snapshot["next_cursor"]}).body

    contents = [message["content"] for message in snapshot["messages"] + older["items"]]
    assert contents == [str(number) for number in range(53, 0, -1)]
    assert (len(snapshot["messages"]), older["next_cursor"]) == (50, None)


def test_a_snapshot_shows_the_running_turn_with_what_was_streamed(user: User, running: dict[str, str]) -> None:
    turn = call("get_session", user, running).body["running_turn"]

    assert (turn["id"], turn["status"], turn["partial_content"]) == (running["turn"], "running", "Below the")


def test_a_turn_is_read_with_its_answer(user: User, answered: dict[str, str]) -> None:
    turn = call("get_session, turn", user, answered).body

    assert (turn["id"], turn["status"], turn["error_code"]) == (answered["turn"], "completed", None)
    assert turn["message"]["id"] == answered["message"]


def test_a_running_turn_has_no_answer_yet(user: User, running: dict[str, str]) -> None:
    turn = call("get_session, turn", user, running).body

    assert (turn["status"], turn["message"], turn["partial_content"]) == ("running", None, "Below the")


def test_a_turn_is_found_in_its_own_session_only(user: User, answered: dict[str, str]) -> None:
    other = request("create_session", "POST", "/v1/chat/sessions", user.token, {}).body["id"]

    for case in ("get_session, turn", "cancel_turn"):
        answer = call(case, user, answered | {"session": other})
        assert (answer.status, answer.body["code"]) == (404, "turn_not_found")


def test_the_users_title_wins_over_the_models(user: User, answered: dict[str, str], database: Connection) -> None:
    renamed = call("update_session", user, answered, {"title": " Knees "})
    database.execute("select set_model_title(%s, %s, 'Squat depth')", (user.id, answered["session"]))

    assert (renamed.status, renamed.body["title"]) == (200, "Knees")
    assert call("get_session", user, answered).body["session"]["title"] == "Knees"


@pytest.mark.parametrize(
    "body", [{}, {"title": ""}, {"title": " "}, {"title": None}, {"title": "x" * 201}, {"id": "x"}]
)
def test_a_title_that_is_none_is_refused(user: User, session: str, body: dict[str, Any]) -> None:
    assert call("update_session", user, {"session": session}, body).status == 422


def test_a_session_is_deleted_once_and_its_usage_stays(user: User, answered: dict[str, str]) -> None:
    before = request("get_usage", "GET", "/v1/usage", user.token).body
    first, second = call("delete_session", user, answered), call("delete_session", user, answered)

    assert (first.status, first.body) == (204, None)
    assert (second.status, second.body["code"]) == (404, "session_not_found")
    assert call("get_session", user, answered).status == 404
    assert request("get_usage", "GET", "/v1/usage", user.token).body == before


def test_deleting_a_session_while_its_answer_streams_is_no_way_around_the_quota(
    user: User, running: dict[str, str], database: Connection
) -> None:
    call("delete_session", user, running)

    usage = request("get_usage", "GET", "/v1/usage", user.token).body
    assert (usage["messages_used"], usage["tokens_used"], usage["cost_used"]) == (1, 500, 0.01)
    assert (usage["messages_reserved"], usage["tokens_reserved"], usage["cost_reserved"]) == (0, 0, 0)
    ledger = database.execute("select status, estimated from ai_usage_ledger where user_id = %s", (user.id,))
    assert ledger.fetchall() == [("settled", True)]


def test_a_cancelled_turn_is_told_to_stop_as_often_as_one_asks(user: User, running: dict[str, str]) -> None:
    first, second = call("cancel_turn", user, running), call("cancel_turn", user, running)

    assert (first.status, first.body["status"], first.body["cancel_requested"]) == (200, "running", True)
    assert (second.status, second.body) == (200, first.body)


def test_a_turn_whose_worker_is_dead_is_cancelled_at_once(
    user: User, running: dict[str, str], database: Connection
) -> None:
    database.execute("update ai_chat_turns set lease_until = now() where id = %s", (running["turn"],))
    turn = call("cancel_turn", user, running).body

    assert (turn["status"], turn["partial_content"]) == ("cancelled", "Below the")
    assert request("get_usage", "GET", "/v1/usage", user.token).body["messages_reserved"] == 0


def test_a_turn_that_has_ended_stays_as_it_is(user: User, answered: dict[str, str]) -> None:
    answer = call("cancel_turn", user, answered)

    assert (answer.status, answer.body["status"], answer.body["cancel_requested"]) == (200, "completed", False)


def stored_ratings(database: Connection, user: User) -> list[tuple[Any, ...]]:
    return database.execute(
        "select rating, reasons, comment from ai_feedback where user_id = %s", (user.id,)
    ).fetchall()


def remove(user: User, message: str) -> Answer:
    return request("rate_message", "DELETE", f"/v1/messages/{message}/rating", user.token)


def test_a_second_rating_replaces_the_first_as_a_whole(
    user: User, answered: dict[str, str], database: Connection
) -> None:
    call("rate_message", user, answered, {"rating": -1, "reasons": ["too long", "{odd}"], "comment": "Steps only"})
    assert stored_ratings(database, user) == [(-1, ["too long", "{odd}"], "Steps only")]
    answer = call("rate_message", user, answered, {"rating": 1})

    assert (answer.status, answer.body["rating"], answer.body["message_id"]) == (200, 1, answered["message"])
    assert stored_ratings(database, user) == [(1, [], None)]


def test_a_rating_is_taken_back_and_once_more(user: User, answered: dict[str, str], database: Connection) -> None:
    call("rate_message", user, answered)

    assert [remove(user, answered["message"]).status for _ in range(2)] == [204, 204]
    assert stored_ratings(database, user) == []


def test_a_stranger_takes_no_rating_back(
    user: User, answered: dict[str, str], database: Connection, add_user: ADD_USER
) -> None:
    call("rate_message", user, answered)
    remove(add_user(), answered["message"])

    assert len(stored_ratings(database, user)) == 1


def test_ones_own_question_cannot_be_rated(user: User, answered: dict[str, str]) -> None:
    question = call("get_session", user, answered).body["messages"][1]["id"]
    answer = call("rate_message", user, {"message": question})

    assert (answer.status, answer.body["code"]) == (404, "message_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rating": 0},
        {"rating": "up"},
        {"rating": 1, "stars": 5},
        {"rating": 1, "comment": "x" * 1001},
        {"rating": 1, "comment": "a\0b"},
        {"rating": 1, "reasons": ["x"] * 11},
        {"rating": 1, "reasons": ["x" * 51]},
        {"rating": 1, "reasons": [""]},
    ],
)
def test_a_rating_that_makes_no_sense_is_refused(user: User, answered: dict[str, str], body: dict[str, Any]) -> None:
    assert call("rate_message", user, answered, body).status == 422


def test_the_longest_rating_fits_the_table(user: User, answered: dict[str, str]) -> None:
    longest = {"rating": 1, "reasons": ['"\\' * 25] * 10, "comment": "ä" * 1000}

    assert call("rate_message", user, answered, longest).status == 200
