"""Facts that the coach remembers: proposed, approved, replaced, taken back, and let through where the user says so."""

from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import Inbox
from tests.support.database.turns import Refusal

EARLY = {"fact": "Trains at six in the morning."}


@pytest.fixture
def inbox(connection: Connection) -> Inbox:
    return Inbox(connection, add_user(connection))


def facts(inbox: Inbox) -> list[str]:
    return [
        row[0] for row in inbox.rows("select fact from ai_memories where user_id = %s order by created_at", inbox.user)
    ]


def remember(inbox: Inbox, fact: str, replaces: str | None = None) -> str:
    action = inbox.propose("remember", {"fact": fact} | ({"replaces": replaces} if replaces else {}))
    after = Jsonb({"memory": fact, "replaced": None, "is_known": False, "is_full": False})
    assert inbox.approve(action, p_after=after)["outcome"] == "executed"
    return action


def let_through(inbox: Inbox, allowed: Any = True) -> None:
    inbox.connection.execute(
        "insert into ai_profile (user_id, preferences) values (%s, %s)",
        (inbox.user, Jsonb({"remember_unasked": allowed})),
    )


def status(inbox: Inbox, action: str) -> Any:
    return inbox.column("status", action)


def test_what_is_approved_is_known_in_every_conversation(inbox: Inbox) -> None:
    remember(inbox, "Trains at six.")
    remember(inbox, "Dislikes burpees.")
    assert facts(inbox) == ["Trains at six.", "Dislikes burpees."]
    assert inbox.begin_turn(inbox.open_session())["athlete"]["memories"] == ["Trains at six.", "Dislikes burpees."]


def test_a_newer_fact_takes_the_place_of_an_older_one_and_gives_it_back_when_it_is_undone(inbox: Inbox) -> None:
    remember(inbox, "Trains at six.")
    action = remember(inbox, "Trains at seven.", replaces="Trains at six.")
    assert facts(inbox) == ["Trains at seven."]
    assert inbox.undo(action)["outcome"] == "undone"
    assert facts(inbox) == ["Trains at six."]


def test_what_is_known_already_or_does_not_fit_is_told_before_it_is_proposed(inbox: Inbox) -> None:
    remember(inbox, EARLY["fact"])
    assert inbox.drafted("remember", {"fact": EARLY["fact"].upper()})["state"]["is_known"] is True
    inbox.connection.execute(
        "insert into ai_memories (user_id, fact) select %s, 'fact ' || n from generate_series(1, 99) as n",
        (inbox.user,),
    )
    assert inbox.drafted("remember", {"fact": "One more."})["state"]["is_full"] is True


def test_undoing_leaves_what_the_user_changed_meanwhile(inbox: Inbox) -> None:
    action = remember(inbox, "Trains at six.")
    inbox.own_write("update ai_memories set fact = 'Trains at noon.'")
    assert inbox.undo(action) == Refusal("PT409", "target_changed")
    assert facts(inbox) == ["Trains at noon."]


def test_who_allowed_it_beforehand_is_not_asked_and_may_undo_it(inbox: Inbox) -> None:
    let_through(inbox)
    action = inbox.propose("remember", EARLY)
    assert status(inbox, action) == "executed"
    assert inbox.told(f"user:{inbox.user}") == ["action.pending", "action.decided", "action.executed"]
    assert inbox.undo(action)["outcome"] == "undone"
    assert facts(inbox) == []


@pytest.mark.parametrize("allowed", [False, "true", 1, None])
def test_nothing_but_a_clear_yes_allows_it(inbox: Inbox, allowed: Any) -> None:
    let_through(inbox, allowed)
    assert status(inbox, inbox.propose("remember", EARLY)) == "pending"


def test_what_a_document_says_waits_for_the_user_all_the_same(inbox: Inbox) -> None:
    let_through(inbox)
    quoting = inbox.propose("remember", EARLY, origin={"passages": [{"chunk_id": 1, "quoted": True}]})
    other = inbox.propose("remember", {"fact": "Dislikes burpees."}, origin={"passages": [{"quoted": False}]})
    assert (status(inbox, quoting), status(inbox, other)) == ("pending", "executed")
    assert status(inbox, inbox.propose("log_workout")) == "pending"
