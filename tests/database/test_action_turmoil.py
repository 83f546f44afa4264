"""Turns, decisions, a user's own edits and all upkeep at once: nobody is locked out, and no edit is overwritten."""
# ruff: noqa: S311 - what threads do is drawn by lot, not a secret

import random
from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pytest

from tests.support.database.actors import add_user
from tests.support.database.proposals import PAYLOADS, Inbox, inboxes_at_once, varied
from tests.support.database.turns import Refusal
from tests.support.database.upkeep import JOBS

# Every change of a profile, and whether it was an action's.
AUDIT = """
    create table public.audit (old text, new text, by_action boolean);
    create function public.note() returns trigger language plpgsql security definer as $$
    begin
      insert into public.audit values (old.injuries, new.injuries, auth.uid() is null);
      return null;
    end $$;
    create trigger noted after update of injuries on public.ai_profile for each row execute function public.note();
"""
WRITTEN_OVER_ANOTHER_STATE = """
    select old, new from audit
    where by_action and old is distinct from new and not exists (
      select 1 from ai_action_requests as a
      where (a.state_before ->> 'injuries', a.result ->> 'injuries') in ((old, new), (new, old))
    )
"""
INCONSISTENT = """
    select a.id from ai_action_requests as a
    where (a.status = 'executed' and a.undone_at is null and a.action_type = 'open_room')
        <> exists (select 1 from rooms as r where r.id = a.id)
      or (a.status = 'executed' and (a.result is null or a.applied_version <> private.document_hash(a.result)))
      or (select count(*) from ai_events as e
          where e.stream = 'user:' || a.user_id and e.data -> 'action' ->> 'id' = a.id::text
            and e.type in ('action.decided', 'action.expired')) <> (a.decision is not null)::int
"""


@pytest.fixture
def inbox(database_url: str) -> Iterator[Inbox]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        plenty = "weekly_messages = 100000, weekly_tokens = 1000000000, weekly_cost = 100000"
        connection.execute(f"update ai_usage_plans set {plenty}")
        yield Inbox(connection, add_user(connection))


class Turmoil:
    """What the threads share: users with their sessions, and the proposals that were made."""

    def __init__(self, inbox: Inbox) -> None:
        self.users = [inbox.user, *(add_user(inbox.connection) for _ in range(2))]
        self.actions: list[tuple[Any, str]] = []
        self.numbers = count()

    def work(self, own: Inbox) -> list[Any]:
        return [self.step(own) for _ in range(40)]

    def step(self, own: Inbox) -> Any:
        own.user = random.choice(self.users)
        acts = (
            [self.propose] * 4 + [self.approve] * 4 + [self.undo] * 2 + [self.reject, self.age, self.edit, self.upkeep]
        )
        return random.choice(acts)(own)

    def propose(self, own: Inbox) -> Any:
        session = own.open_session()
        turn = own.begin_turn(session)["turn"]["id"]
        drafts = [own.drafted(kind, varied(kind, next(self.numbers))) for kind in random.sample(sorted(PAYLOADS), 2)]
        drafts = [draft for draft in drafts if draft["state"] is not None]
        answered = own.answer(turn, *drafts)
        self.actions += [(own.user, draft["id"]) for draft in drafts]
        if random.random() < 0.1:
            return own.call("delete_session", p_user_id=own.user, p_session_id=session)
        return answered

    def approve(self, own: Inbox) -> Any:
        return own.approve(self._any(own), p_external=random.random() < 0.1)

    def undo(self, own: Inbox) -> Any:
        return own.undo(self._any(own))

    def reject(self, own: Inbox) -> Any:
        return own.reject(self._any(own))

    def age(self, own: Inbox) -> None:
        own.let_pass("expires_at", self._any(own))

    def edit(self, own: Inbox) -> None:
        statements = ["delete from workout_plans", "delete from workout_logs", "update ai_profile set injuries = 'x'"]
        own.own_write(random.choice(statements))

    def upkeep(self, own: Inbox) -> Any:
        return own.call(random.choice([*JOBS, "reset_usage"]))

    def _any(self, own: Inbox) -> str:
        """Often the newest, so that several threads take the same one."""
        own.user, action = random.choice(self.actions[-8:] or [(own.user, str(own.user))])
        return action


def test_nobody_is_locked_out_and_every_action_stays_consistent(inbox: Inbox, database_url: str) -> None:
    inbox.connection.execute("update private.rate_limits set most = 100000")  # it is about locks
    turmoil = Turmoil(inbox)
    results = [told for own in inboxes_at_once(database_url, inbox.user, *[turmoil.work] * 16) for told in own]

    refused = {told.sqlstate for told in results if isinstance(told, Refusal)}
    assert refused <= {"PT404", "PT409", "PT410"}
    assert inbox.rows("select count(*) > 50 from ai_action_requests where status = 'executed'") == [(True,)]
    assert inbox.rows(INCONSISTENT) == []


def test_an_action_writes_only_over_what_it_saw(inbox: Inbox, database_url: str) -> None:
    inbox.connection.execute("update private.rate_limits set most = 100000")  # it is about locks
    inbox.connection.execute(AUDIT)
    inbox.own_write("insert into ai_profile (user_id, injuries) values (%s, 'none')", inbox.user)
    numbers = count()
    actions = [inbox.propose("update_profile", {"injuries": "first"})]

    def propose(own: Inbox) -> None:
        actions.append(own.propose("update_profile", {"injuries": f"of action {next(numbers)}"}))
        approve(own)

    def approve(own: Inbox) -> None:
        own.approve(actions[-1])

    def undo(own: Inbox) -> None:
        own.undo(random.choice(actions[-3:]))

    def edit(own: Inbox) -> None:
        own.own_write("update ai_profile set injuries = %s", f"of the user {next(numbers)}")

    def work(own: Inbox) -> None:
        for _ in range(50):
            random.choice([propose, propose, approve, undo, undo, edit])(own)

    inboxes_at_once(database_url, inbox.user, *[work] * 8)
    assert inbox.rows(WRITTEN_OVER_ANOTHER_STATE) == []
    assert inbox.rows("select count(*) filter (where by_action) > 5, count(*) > 30 from audit") == [(True, True)]
