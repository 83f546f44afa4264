"""A turn that another worker answers, or that is begun again as nobody heard that it had begun: always one turn."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.database.test_chat_turn import HASH, begin, cancel, count, finish, types
from tests.support.database.actors import Connection, add_user
from tests.support.database.turns import Chat, Refusal, chats_at_once
from tests.support.database.vectors import add_chunks

TURN, WORKER = str(uuid4()), str(uuid4())


@pytest.fixture
def user(connection: Connection) -> UUID:
    return add_user(connection)


@pytest.fixture
def session(connection: Connection, user: UUID) -> UUID:
    row = connection.execute("insert into ai_chat_sessions (user_id) values (%s) returning id", (user,)).fetchone()
    assert row is not None
    opened: UUID = row[0]
    return opened


@pytest.fixture
def chunk(connection: Connection) -> str:
    """A passage that answers every question of these tests."""
    add_chunks(connection, {"Below the knee.": [0.1] * 512}, title="Squat", heading="Depth")
    row = connection.execute("select id::text from ai_kb_docs").fetchone()
    assert row is not None
    return str(row[0])


def handed_over(connection: Connection, user: UUID, session: UUID, **arguments: Any) -> dict[str, Any]:
    return begin(connection, user, session, p_hand_over=True, p_embedding_tokens=7, **arguments)


def claim(connection: Connection, user: UUID, turn: str, worker: str = WORKER) -> dict[str, Any] | None:
    row = connection.execute("select claim_turn(%s, %s, %s, 60)", (user, turn, worker)).fetchone()
    assert row is not None
    work: dict[str, Any] | None = row[0]
    return work


def test_who_claims_a_turn_gets_what_was_begun_without_the_search_again(
    connection: Connection, user: UUID, session: UUID, chunk: str
) -> None:
    finish(connection, user, begin(connection, user, session)["turn"]["id"])
    begun = handed_over(connection, user, session, content="And how wide?")
    claimed = claim(connection, user, begun["turn"]["id"])

    assert claimed is not None
    assert [passage["chunk_id"] for passage in begun["passages"]] == [chunk]
    assert {name: claimed.pop(name) for name in ("embedding_model", "embedding_tokens")} == {
        "embedding_model": "m",
        "embedding_tokens": 7,
    }
    assert claimed == begun
    assert (claimed["question"], claimed["history_total"], claimed["first"]) == ("And how wide?", 2, False)


def test_a_passage_whose_document_was_replaced_meanwhile_is_left_out(
    connection: Connection, user: UUID, session: UUID, chunk: str
) -> None:
    turn = handed_over(connection, user, session)["turn"]["id"]
    connection.execute("delete from ai_kb_docs where id = %s", (chunk,))
    claimed = claim(connection, user, turn)
    assert claimed is not None
    assert claimed["passages"] == []


def test_a_second_worker_gets_nothing_and_the_first_may_ask_again(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = handed_over(connection, user, session)["turn"]["id"]
    assert claim(connection, user, turn) == claim(connection, user, turn)
    assert claim(connection, user, turn, str(uuid4())) is None
    finish(connection, user, turn)
    assert claim(connection, user, turn) is None


def test_what_nobody_handed_over_what_has_ended_and_what_is_anothers_cannot_be_claimed(
    connection: Connection, user: UUID, session: UUID
) -> None:
    kept = begin(connection, user, session)["turn"]["id"]
    assert claim(connection, user, kept) is None
    connection.execute("select fail_turn(%s, %s, 'x')", (user, kept))
    handed = handed_over(connection, user, session)["turn"]["id"]
    assert claim(connection, add_user(connection), handed) is None
    connection.execute("update ai_chat_turns set lease_until = now() where id = %s", (handed,))
    assert claim(connection, user, handed) is None


def test_a_claim_gives_the_worker_its_own_time_and_ends_with_the_turn(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = handed_over(connection, user, session, p_lease_seconds=5)["turn"]["id"]
    claim(connection, user, turn)
    query = "select lease_until > now() + interval '50 seconds', handover is not null from ai_chat_turns where id = %s"
    assert connection.execute(query, (turn,)).fetchone() == (True, True)
    connection.execute("select fail_turn(%s, %s, 'x')", (user, turn))
    row = connection.execute("select handover from ai_chat_turns where id = %s", (turn,)).fetchone()
    assert row == (None,)


@pytest.mark.parametrize("key", [None, "k"])
def test_a_turn_that_is_begun_again_under_its_id_is_the_same_turn(
    connection: Connection, user: UUID, session: UUID, chunk: str, key: str | None
) -> None:
    given: dict[str, Any] = {"p_turn_id": TURN, "p_idempotency_key": key, "p_request_hash": HASH if key else None}
    first, again = (begin(connection, user, session, **given) for _ in range(2))

    assert again == first
    assert (again["turn"]["id"], [each["chunk_id"] for each in again["passages"]]) == (TURN, [chunk])
    assert types(connection, f"session:{session}") == [(1, "turn.started")]
    assert [count(connection, table) for table in ("ai_chat_turns", "ai_chat_messages", "ai_usage_ledger")] == [1, 1, 1]


def test_a_free_turn_that_is_begun_again_is_counted_once(connection: Connection, user: UUID, session: UUID) -> None:
    first, again = (begin(connection, user, session, p_turn_id=TURN, p_free=True) for _ in range(2))
    assert again == first
    row = connection.execute("select used from private.rate_counts where user_id = %s limit 1", (user,)).fetchone()
    assert row == (1,)


def test_a_turn_that_has_ended_meanwhile_is_not_begun_again(connection: Connection, user: UUID, session: UUID) -> None:
    begin(connection, user, session, p_turn_id=TURN)
    connection.execute("select fail_turn(%s, %s, 'x')", (user, TURN))
    with pytest.raises(psycopg.Error, match="turn_ended"):
        begin(connection, user, session, p_turn_id=TURN)


def test_a_turn_id_of_somebody_else_begins_nothing(connection: Connection, user: UUID, session: UUID) -> None:
    begin(connection, user, session, p_turn_id=TURN)
    stranger = add_user(connection)
    row = connection.execute("insert into ai_chat_sessions (user_id) values (%s) returning id", (stranger,)).fetchone()
    assert row is not None
    with pytest.raises(psycopg.errors.UniqueViolation):
        begin(connection, stranger, row[0], p_turn_id=TURN)


def test_a_request_that_is_at_work_names_its_turn(connection: Connection, user: UUID, session: UUID) -> None:
    turn = begin(connection, user, session, p_idempotency_key="k", p_request_hash=HASH)["turn"]["id"]
    with pytest.raises(psycopg.Error, match="request_in_progress") as refused:
        begin(connection, user, session, p_idempotency_key="k", p_request_hash=HASH)
    assert turn in str(refused.value.diag.message_detail)


def test_a_worker_that_dies_is_charged_for_what_its_last_checkpoint_knew(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    used = {"tokens": 40, "cost": "0.01", "model": "m", "estimated": True, "cost_complete": True}
    connection.execute("select checkpoint_turn(%s, %s, 'Below', %s)", (user, turn, Jsonb(used)))
    connection.execute("select checkpoint_turn(%s, %s, 'Below the')", (user, turn))
    connection.execute("update ai_chat_turns set lease_until = now() where id = %s", (turn,))
    connection.execute("select private.fail_lost_turns(%s, now())", (user,))

    row = connection.execute("select status, error_code, partial_content from ai_chat_turns").fetchone()
    assert row == ("failed", "worker_lost", "Below the")
    row = connection.execute("select tokens_used, messages_used, tokens_reserved from ai_usage").fetchone()
    assert row == (40, 0, 0)


def test_what_a_worker_knows_counts_more_than_its_checkpoint(connection: Connection, user: UUID, session: UUID) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    used = {"tokens": 40, "cost": "0.01", "model": "m", "estimated": True, "cost_complete": True}
    connection.execute("select checkpoint_turn(%s, %s, 'Below', %s)", (user, turn, Jsonb(used)))
    connection.execute("select fail_turn(%s, %s, 'x', p_used => %s)", (user, turn, Jsonb(used | {"tokens": 55})))
    assert connection.execute("select tokens_used from ai_usage").fetchone() == (55,)


def test_a_title_is_asked_for_once_and_not_where_the_user_gave_one(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = begin(connection, user, session)["turn"]["id"]
    query = "select claim_title(%s, %s)"
    assert connection.execute(query, (add_user(connection), turn)).fetchone() == (None,)
    row = connection.execute(query, (user, turn)).fetchone()
    assert row == ({"session_id": str(session), "question": "How deep?"},)
    assert connection.execute(query, (user, turn)).fetchone() == (None,)
    assert connection.execute("select set_model_title(%s, %s, 'Depth')", (user, session)).fetchone() == (True,)


def test_of_many_deliveries_at_once_one_claims_the_turn(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        chat = Chat(connection, add_user(connection))
        turn = handed_over(connection, chat.user, UUID(chat.open_session()))["turn"]["id"]

        def take(own: Chat, worker: UUID) -> Any:
            return own.call("claim_turn", p_user_id=own.user, p_turn_id=turn, p_worker_id=worker, p_lease_seconds=60.0)

        claims = chats_at_once(database_url, chat.user, *(partial(take, worker=uuid4()) for _ in range(20)))
    assert not [each for each in claims if isinstance(each, Refusal)]
    assert sum(each is not None for each in claims) == 1


def test_a_turn_that_was_cancelled_before_it_was_claimed_is_stopped_by_its_worker(
    connection: Connection, user: UUID, session: UUID
) -> None:
    turn = handed_over(connection, user, session)["turn"]["id"]
    cancel(connection, user, session, turn)
    claimed = claim(connection, user, turn)
    assert claimed is not None
    assert claimed["turn"]["cancel_requested"] is True
