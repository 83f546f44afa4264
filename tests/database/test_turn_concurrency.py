"""Many at once on one turn, one session, one user: one effect, one end, and nobody waits for each other forever."""
# ruff: noqa: S311 - what threads do is drawn by lot, not a secret

import random
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.database.actors import add_user
from tests.support.database.turns import REPLY, Chat, Refusal, chats_at_once
from tests.support.database.upkeep import JOBS


@pytest.fixture
def chat(database_url: str) -> Iterator[Chat]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("update ai_usage_plans set weekly_messages = 100000, weekly_tokens = 1000000000")
        yield Chat(connection, add_user(connection))


def turn_of(begun: list[Any]) -> str:
    """The one turn that was begun."""
    [turn] = [result["turn"]["id"] for result in begun if isinstance(result, dict)]
    return str(turn)


def refusals(results: list[Any]) -> Counter[tuple[str, str]]:
    return Counter((result.sqlstate, result.message) for result in results if isinstance(result, Refusal))


def test_fifty_requests_with_one_key_are_one_turn_and_one_charge(chat: Chat, database_url: str) -> None:
    session = chat.open_session()
    first = chats_at_once(database_url, chat.user, *[lambda own: own.begin(session, "key")] * 50)
    assert refusals(first) == {("PT409", "request_in_progress"): 49}

    answer = chat.finish(turn_of(first))["response"]
    later = chats_at_once(database_url, chat.user, *[lambda own: own.begin(session, "key")] * 50)
    assert later == [{"replayed": True, "response": answer}] * 50
    assert chat.rows("select role from ai_chat_messages order by created_at") == [("user",), ("assistant",)]
    assert chat.rows("select status, tokens_used from ai_usage_ledger") == [("settled", 60)]
    assert chat.rows("select messages_used, tokens_used, messages_reserved from ai_usage") == [(1, 60, 0)]


def test_of_fifty_different_requests_to_a_session_one_begins(chat: Chat, database_url: str) -> None:
    session = chat.open_session()
    results = chats_at_once(database_url, chat.user, *[lambda own: own.begin(session, str(uuid4()))] * 50)

    assert refusals(results) == {("PT409", "turn_in_progress"): 49}
    assert all(turn_of(results) in result.detail for result in results if isinstance(result, Refusal))
    assert chat.rows("select count(*) from ai_usage_ledger") == [(1,)]
    assert chat.rows("select count(*) from ai_idempotency_keys") == [(1,)]


@pytest.mark.parametrize("keys", [[None], ["first"], ["first", "second", "third", None]])
def test_a_lost_turn_is_replaced_once_by_whoever_comes_first(
    chat: Chat, database_url: str, keys: list[str | None]
) -> None:
    session = chat.open_session()
    lost = chat.begin(session, "first")["turn"]["id"]
    chat.lose(lost)
    acts = [partial(Chat.begin, session=session, key=key) for key in keys]
    results = chats_at_once(database_url, chat.user, *acts * (20 // len(keys)))

    assert set(refusals(results)) <= {("PT409", "turn_in_progress"), ("PT409", "request_in_progress")}
    turns = chat.rows("select id::text, status, error_code from ai_chat_turns order by started_at")
    assert turns == [(lost, "failed", "worker_lost"), (turn_of(results), "running", None)]
    assert chat.events() == {"turn.started": 2, "turn.failed": 1}
    assert chat.rows("select status from ai_usage_ledger order by created_at") == [("released",), ("reserved",)]
    assert chat.rows("select messages_reserved, messages_used from ai_usage") == [(1, 0)]


@pytest.mark.parametrize("lost", [False, True])
def test_a_turn_ends_once_whoever_ends_it(chat: Chat, database_url: str, lost: bool) -> None:
    for _ in range(15):
        session = chat.open_session()
        turn = chat.begin(session, "key")["turn"]["id"]
        if lost:
            chat.lose(turn)
        acts = [partial(end, session=session, turn=turn) for end in (finish, begin_again, *ENDS)]
        random.shuffle(acts)
        results = chats_at_once(database_url, chat.user, *acts)
        assert set(refusals(results)) <= {("PT409", "turn_ended"), ("PT409", "turn_in_progress")}
        assert_ended_once(chat, session, turn)


def assert_ended_once(chat: Chat, session: str, turn: str) -> None:
    ends = chat.rows(
        "select type from ai_events where stream = %s and type in ('turn.completed', 'turn.cancelled', 'turn.failed')",
        f"session:{session}",
    )
    answers = chat.rows("select content from ai_chat_messages where turn_id = %s and role = 'assistant'", turn)
    [(status,)] = chat.rows("select status from ai_chat_turns where id = %s", turn)
    [(charge,)] = chat.rows("select status from ai_usage_ledger where turn_id = %s", turn)
    assert ends == [(f"turn.{status}",)]
    assert answers == ([(REPLY,)] if charge == "settled" else [])
    assert charge == {"completed": "settled", "failed": "released"}.get(status, charge) != "reserved"


def test_an_answer_that_comes_after_its_time_is_still_charged(chat: Chat) -> None:
    turn = chat.begin(chat.open_session())["turn"]["id"]
    chat.lose(turn)
    chat.rows("select private.reserve_usage(%s, 1, 1, 0)", chat.user)

    assert chat.finish(turn)["response"]["turn"]["status"] == "completed"
    assert chat.rows("select messages_used, tokens_used, messages_reserved from ai_usage") == [(1, 60, 1)]


def books_differ(chat: Chat) -> list[tuple[Any, ...]]:
    """Users whose usage is not the sum of their ledger."""
    return chat.rows(
        """
        select u.user_id from ai_usage as u left join ai_usage_ledger as l on l.usage_id = u.id
        group by u.id
        having u.messages_reserved <> coalesce(sum(l.messages_reserved) filter (where l.status = 'reserved'), 0)
          or u.tokens_reserved <> coalesce(sum(l.tokens_reserved) filter (where l.status = 'reserved'), 0)
          or u.messages_used <> coalesce(sum(l.messages_used) filter (where l.status = 'settled'), 0)
          or u.tokens_used <> coalesce(sum(l.tokens_used) filter (where l.status = 'settled'), 0)
        """
    )


def finish(chat: Chat, session: str, turn: str) -> Any:
    return chat.finish(turn)


def fail(chat: Chat, session: str, turn: str) -> Any:
    return chat.fail(turn)


def cancel(chat: Chat, session: str, turn: str) -> Any:
    return chat.cancel(session, turn)


def sweep(chat: Chat, session: str, turn: str) -> Any:
    return chat.call("end_overdue_turns")


def begin_again(chat: Chat, session: str, turn: str) -> Any:
    return chat.begin(session)


ENDS = [finish, fail, cancel, sweep]


def one_turn(chat: Chat, sessions: list[str]) -> list[Any]:
    """Begin a turn somewhere, perhaps lose its worker, and do some of the things that end it."""
    session = random.choice(sessions)
    begun = chat.begin(session, random.choice([None, str(random.randrange(10))]))
    if isinstance(begun, Refusal) or begun["replayed"]:
        return [begun]
    turn = begun["turn"]["id"]
    if random.random() < 0.3:
        chat.lose(turn)
    return [begun, *(end(chat, session, turn) for end in (*random.sample(ENDS, 2), finish))]


def test_turns_of_many_sessions_never_lock_each_other_out(chat: Chat, database_url: str) -> None:
    sessions = [chat.open_session() for _ in range(15)]

    def work(own: Chat) -> list[Any]:
        return [result for _ in range(30) for result in one_turn(own, sessions)]

    results = [result for own in chats_at_once(database_url, chat.user, *[work] * 20) for result in own]

    assert {sqlstate for sqlstate, _ in refusals(results)} <= {"PT409"}
    assert chat.rows("select count(*) >= 200 from ai_chat_turns") == [(True,)]
    assert books_differ(chat) == []


def age(chat: Chat, session: str) -> None:
    """As if the session's events were from last week."""
    with chat.connection.transaction():
        chat.rows("select private.lock_user(%s)::text", chat.user)
        chat.connection.execute(
            "update ai_events set created_at = now() - interval '8 days' where stream = %s", (f"session:{session}",)
        )


def upkeep(chat: Chat, session: str) -> list[Any]:
    """The session is deleted, or everything of the user, or what is old of everybody."""
    age(chat, session)
    if random.random() < 0.15:
        return [chat.call("delete_account_data", p_user_id=chat.user)]
    if random.random() < 0.5:
        return [chat.call("delete_session", p_user_id=chat.user, p_session_id=session)]
    return [chat.call(job) for job in (*JOBS, "reset_usage")]


def test_upkeep_and_deletion_in_the_midst_of_turns_lock_nobody_out(chat: Chat, database_url: str) -> None:
    chat.connection.execute("update private.rate_limits set most = 100000")  # it is about locks
    users = [chat.user, *(add_user(chat.connection) for _ in range(3))]

    def work(own: Chat) -> list[Any]:
        results = []
        for _ in range(15):
            own.user = random.choice(users)
            session = own.open_session()
            results += [*one_turn(own, [session]), *one_turn(own, [session]), *upkeep(own, session)]
        return results

    results = [result for own in chats_at_once(database_url, chat.user, *[work] * 20) for result in own]

    assert {sqlstate for sqlstate, _ in refusals(results)} <= {"PT404", "PT409"}
    assert books_differ(chat) == []
