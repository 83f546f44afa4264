"""Whatever is proposed, decided, undone and changed by the user in whatever order: rows are what they should be."""

from collections import Counter
from typing import Any

import psycopg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.support.database.action_model import Model, Proposal
from tests.support.database.actors import Connection, add_user
from tests.support.database.proposals import PLAN, WORKOUT, Inbox
from tests.support.database.turns import Refusal

# Few values, so that a target often comes back to what it was.
INJURIES = st.sampled_from(["left knee", "right hip"])
FIELDS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"injuries": INJURIES, "goals": st.just(["swim"])}
)
PAYLOADS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "update_profile": FIELDS.filter(bool),
    "create_workout_plan": st.sampled_from([PLAN, PLAN | {"name": "Endurance"}]),
    "change_workout_plan": st.sampled_from([{"weeks": 4}, {"weeks": 6}]),
    "log_workout": st.sampled_from([WORKOUT, WORKOUT | {"minutes": 25}]),
}


def told(answer: Any) -> str:
    return str(answer.message if isinstance(answer, Refusal) else answer["outcome"])


class Decisions(RuleBasedStateMachine):
    """Acts on a database and on the model, which must stay the same."""

    connection: Connection  # of the test; an example is undone at its end

    def __init__(self) -> None:
        super().__init__()
        self.undone = self.connection.transaction(force_rollback=True)
        self.undone.__enter__()
        self.inbox = Inbox(self.connection, add_user(self.connection))
        self.connection.execute("update ai_usage_plans set weekly_messages = 100000, weekly_tokens = 1000000000")
        self.inbox.own_write("insert into ai_profile (user_id) values (%s)", self.inbox.user)
        self.session = self.inbox.open_session()
        self.model = Model()

    def teardown(self) -> None:
        self.undone.__exit__(None, None, None)

    def drawn(self, data: st.DataObject) -> Proposal:
        """One of the proposals, more often one that is open."""
        known = list(self.model.proposals.values())
        return data.draw(st.sampled_from([p for p in known if p.status == "pending"] or known) | st.sampled_from(known))

    @rule(data=st.data(), kind=st.sampled_from(sorted(PAYLOADS)))
    def propose(self, data: st.DataObject, kind: str) -> None:
        if kind == "change_workout_plan" and self.model.active is None:
            return
        payload = data.draw(PAYLOADS[kind])
        proposal = Proposal(self.inbox.propose(kind, payload, self.session), kind, payload, None)
        if self.model.waits(kind, payload):
            assert self.inbox.look(proposal.id) is None
            return
        proposal.seen = self.model.state(proposal)
        self.model.proposals[proposal.id] = proposal

    @precondition(lambda self: self.model.proposals)
    @rule(data=st.data(), seen=st.sampled_from([0, 0, 0, 1]), edits=st.booleans())
    def approve(self, data: st.DataObject, seen: int, edits: bool) -> None:
        proposal = self.drawn(data)
        edited = data.draw(PAYLOADS[proposal.kind]) if edits else None
        version = max(1, proposal.version - seen)
        outcome = told(self.inbox.approve(proposal.id, edited, version))
        assert outcome == self.model.approve(proposal, version, edited)

    @precondition(lambda self: self.model.proposals)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        proposal = self.drawn(data)
        assert told(self.inbox.reject(proposal.id)) == self.model.reject(proposal)

    @precondition(lambda self: any(p.status == "executed" for p in self.model.proposals.values()))
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        executed = [p for p in self.model.proposals.values() if p.status == "executed"]
        proposal = data.draw(st.sampled_from(executed))
        assert told(self.inbox.undo(proposal.id)) == self.model.undo(proposal)

    @precondition(lambda self: self.model.proposals)
    @rule(data=st.data())
    def refresh(self, data: st.DataObject) -> None:
        proposal = self.drawn(data)
        if self.model.state(proposal) is None:  # nothing to make a preview from
            return
        shown = self.inbox.refresh(proposal.id, proposal.version)
        self.model.refresh(proposal)
        assert shown["action"]["version"] == proposal.version

    @precondition(lambda self: self.model.proposals)
    @rule(data=st.data(), column=st.sampled_from(["expires_at", "undo_until"]))
    def time_is_over(self, data: st.DataObject, column: str) -> None:
        proposal = self.drawn(data)
        if column == "expires_at":
            proposal.is_overdue = True
        elif proposal.status == "executed":
            proposal.undo_is_over = True
        else:
            return
        self.inbox.let_pass(column, proposal.id)

    @rule()
    def sweep(self) -> None:
        assert self.inbox.call("end_overdue_actions")["actions_expired"] == self.model.sweep()

    @rule(injuries=INJURIES)
    def the_user_edits_the_profile(self, injuries: str) -> None:
        self.inbox.own_write("update ai_profile set injuries = %s", injuries)
        self.model.profile["injuries"] = injuries

    @rule()
    def the_user_deletes_the_active_plan(self) -> None:
        self.inbox.own_write("delete from workout_plans where is_active")
        self.model.delete_plans()

    @precondition(lambda self: self.model.workouts)
    @rule(data=st.data())
    def the_user_deletes_a_workout(self, data: st.DataObject) -> None:
        workout = data.draw(st.sampled_from(sorted(self.model.workouts)))
        self.inbox.own_write("delete from workout_logs where id = %s", workout)
        del self.model.workouts[workout]

    @invariant()
    def the_users_rows_are_what_the_model_says(self) -> None:
        [(goals, injuries)] = self.inbox.rows("select goals, injuries from ai_profile")
        assert {"goals": goals, "injuries": injuries} == self.model.profile
        plans = self.inbox.rows("select id::text, content, is_active from workout_plans")
        assert {id_: content for id_, content, _ in plans} == self.model.plans
        assert [id_ for id_, _, is_active in plans if is_active] == ([self.model.active] if self.model.active else [])
        assert dict(self.inbox.rows("select id::text, content from workout_logs")) == self.model.workouts

    @invariant()
    def the_decisions_are_what_the_model_says(self) -> None:
        columns = "id::text, status, decision, payload, proposed_payload, version, undone_at is not null"
        rows = self.inbox.rows(f"select {columns} from ai_action_requests")
        assert {row[0]: row[1:] for row in rows} == {
            p.id: (p.status, p.decision, p.payload, p.proposed, p.version, p.is_undone)
            for p in self.model.proposals.values()
        }

    @invariant()
    def each_step_was_told_once(self) -> None:
        known = self.model.proposals.values()
        expected = Counter(["action.pending"] * len(known))
        expected.update("action.expired" if p.decision == "expired" else "action.decided" for p in known if p.decision)
        expected.update("action.executed" for p in known if p.status == "executed")
        expected.update("action.undone" for p in known if p.is_undone)
        assert Counter(self.inbox.told(f"user:{self.inbox.user}")) == expected
        assert Counter(self.inbox.told(f"session:{self.session}")) == expected


def test_every_order_of_decisions_leaves_what_it_should(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:

        class Machine(Decisions):
            pass

        Machine.connection = connection
        Machine.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
        run_state_machine_as_test(Machine)
