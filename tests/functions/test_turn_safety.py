"""What a turn shows where the model says something unsafe, or sees what no rule of ours does."""

import json
from typing import Any

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from shared.llm import moderation
from shared.safety.advice import advice_for, notice
from tests.support.coach import answer_of, urgent
from tests.support.functions.invocations import Answer, User, request
from tests.support.suspicion import suspected_statement, suspicious, unsafe_statement

Connection = psycopg.Connection[tuple[Any, ...]]
BEFORE, STARVING, AFTER = "Walk every day for half an hour.", "Eat 600 kcal a day.", "Sleep for eight hours."
UNSAFE = {"content": answer_of(f"{BEFORE} {STARVING} {AFTER}")}
MENDED = f"{BEFORE} Eat 1,800 kcal a day. {AFTER}"
WORSE = {"content": answer_of(f"{STARVING} Train through the chest pain.")}
RUN = {
    "performed_on": "2026-11-20",
    "minutes": 30,
    "exercises": [{"name": "Run", "sets": 1, "reps": None, "seconds": 1500, "load_kg": None, "rest_seconds": 0}],
    "notes": None,
}
# Two languages that neither the rules nor the classifier know.
UNKNOWN_LANGUAGES = ["მკერდი ძალიან მტკივა და ვერ ვსუნთქავ", "Սիրտս շատ է ցավում, չեմ կարողանում շնչել"]


def ask(user: User, session: str, content: str) -> Answer:
    return request("send_message", "POST", f"/v1/chat/sessions/{session}/messages", user.token, {"content": content})


def everything_of(user: User, database: Connection) -> str:
    """Whatever is stored of a user's turns."""
    kept = "".join(
        str(database.execute(f"select to_jsonb(t) from {table} as t where user_id = %s", (user.id,)).fetchall())
        for table in ("ai_chat_messages", "ai_chat_turns", "ai_chat_sessions", "ai_events", "ai_action_requests")
    )
    return kept + json.dumps(request("get_usage", "GET", "/v1/usage", user.token).body)


def week(user: User) -> tuple[int, int, int]:
    used = request("get_usage", "GET", "/v1/usage", user.token).body
    return used["messages_used"], used["tokens_used"], used["tokens_reserved"]


def test_an_unsafe_sentence_is_mended_and_stored_nowhere(
    user: User, session: str, models: RunningModels, database: Connection
) -> None:
    models.behave(user.id, "script", steps=[UNSAFE, {"content": answer_of(MENDED)}])
    message = ask(user, session, f"How should I eat this week? {user.id}").body["message"]
    assert message["content"] == MENDED
    assert message["metadata"]["safety"] == {"mended": ["calories_too_low"]}
    assert message["metadata"]["receipt"]["model_calls"] == 2
    assert STARVING not in everything_of(user, database)
    asked = [record["body"] for record in models.requests(user.id) if record["endpoint"] == "chat"]
    assert "tools" not in asked[-1]
    assert STARVING in json.dumps(asked[-1])


def test_what_cannot_be_mended_is_left_out(
    user: User, session: str, models: RunningModels, database: Connection
) -> None:
    models.behave(user.id, "script", times=2, **UNSAFE)
    message = ask(user, session, f"How should I eat this week? {user.id}").body["message"]
    assert message["content"] == f"{BEFORE} {AFTER}\n\n{notice('left_out')}"
    assert message["metadata"]["safety"] == {"left_out": ["calories_too_low"]}
    assert STARVING not in everything_of(user, database)
    assert week(user)[0] == 1


def test_what_is_only_suspected_is_asked_about_once_and_shown_where_the_model_stands_by_it(
    user: User, session: str, models: RunningModels
) -> None:
    said = f"{BEFORE} {suspected_statement(BEFORE, AFTER)} {AFTER}"
    models.behave(user.id, "script", times=None, content=answer_of(said))
    message = ask(user, session, f"How should I eat this week? {user.id}").body["message"]
    assert message["content"] == said
    assert [kind.partition(":")[0] for kind in message["metadata"]["safety"]["judged"]] == ["classifier"]
    assert message["metadata"]["receipt"]["model_calls"] == 2
    assert len([record for record in models.requests(user.id) if record["endpoint"] == "chat"]) == 2


def test_what_is_suspected_and_mended_is_stored_nowhere(
    user: User, session: str, models: RunningModels, database: Connection
) -> None:
    suspected = suspected_statement(BEFORE, AFTER)
    steps = [{"content": answer_of(f"{BEFORE} {suspected} {AFTER}")}, {"content": answer_of(MENDED)}]
    models.behave(user.id, "script", steps=steps)
    assert ask(user, session, f"How should I eat this week? {user.id}").body["message"]["content"] == MENDED
    assert suspected not in everything_of(user, database)


def test_what_the_classifier_is_sure_of_is_stored_nowhere_though_the_model_stands_by_it(
    user: User, session: str, models: RunningModels, database: Connection
) -> None:
    unsafe = unsafe_statement(BEFORE, AFTER)
    models.behave(user.id, "script", times=None, content=answer_of(f"{BEFORE} {unsafe} {AFTER}"))
    sent = ask(user, session, f"How should I eat this week? {user.id}").body
    assert sent["message"]["content"] == f"{BEFORE} {AFTER}\n\n{notice('left_out')}"
    assert sent["message"]["metadata"]["receipt"]["model_calls"] == 2
    turn = f"/v1/chat/sessions/{session}/turns/{sent['turn']['id']}"
    read = json.dumps(request("get_session", "GET", turn, user.token).body)
    assert BEFORE in read
    assert unsafe not in everything_of(user, database) + read


def test_an_answer_that_is_unsafe_throughout_is_withheld_with_what_it_proposed_and_costs_nothing(
    user: User, session: str, models: RunningModels, database: Connection
) -> None:
    proposed = {"tool_calls": [{"name": "log_workout", "arguments": RUN}]}
    models.behave(user.id, "script", steps=[proposed, WORSE, WORSE])
    message = ask(user, session, f"How should I eat this week? {user.id}").body["message"]
    assert message["content"].startswith(notice("withheld"))
    assert set(message["metadata"]["safety"]["withheld"]) == {"calories_too_low", "train_through_symptom"}
    assert message["metadata"]["actions"] == []
    assert request("list_actions", "GET", "/v1/actions", user.token).body["items"] == []
    assert week(user) == (0, 0, 0)
    ledger = "select status, charged, tokens_used > 0, messages_used from ai_usage_ledger where user_id = %s"
    assert database.execute(ledger, (user.id,)).fetchall() == [("settled", False, True, 0)]
    assert STARVING not in everything_of(user, database)


@pytest.mark.parametrize("said", UNKNOWN_LANGUAGES)
def test_a_model_that_alone_notices_it_has_the_advice_sent_which_costs_nothing(
    user: User, session: str, models: RunningModels, database: Connection, said: str
) -> None:
    plan = "Try these ten exercises. Rest for a minute."
    models.behave(user.id, "script", content=urgent("emergency", said, plan))
    message = ask(user, session, f"{said}! {user.id}").body["message"]
    assert message["content"] == advice_for("emergency").text
    safety = message["metadata"]["safety"]
    assert (safety["red_flag"], safety["kind"], safety["quoted"]) == ("model", "emergency", True)
    assert week(user) == (0, 0, 0)
    assert "ten exercises" not in everything_of(user, database)


def test_a_model_that_is_silent_about_it_changes_nothing_of_what_the_rules_see(
    user: User, session: str, models: RunningModels
) -> None:
    models.behave(user.id, "script", times=None, content=answer_of("Just train on."))
    message = ask(user, session, f"I have chest pain and my left arm is numb. {user.id}").body["message"]
    assert message["content"] == advice_for("emergency").text
    assert not models.requests(user.id)


@pytest.mark.parametrize("dialect", ["responses", "chat_completions"])
def test_both_dialects_are_asked_for_the_verdict_first(
    user: User, session: str, models: RunningModels, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.setenv("OPENAI_DIALECT", dialect)
    models.behave(user.id, "script", content=urgent("clot", "feels odd"))
    assert (
        ask(user, session, f"It feels odd since Monday, why? {user.id}").body["message"]["metadata"]["safety"]["kind"]
        == "clot"
    )
    (asked,) = [record["body"] for record in models.requests(user.id) if record["endpoint"] == "chat"]
    assert '{"urgent": null, "answer"' in str(asked)


@pytest.fixture
def moderated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_MODERATION", "on")


@pytest.mark.usefixtures("moderated")
def test_where_the_moderation_sees_self_harm_the_crisis_line_comes_whatever_the_model_says(
    user: User, session: str, models: RunningModels, database: Connection
) -> None:
    models.behave(user.id, "scores", scores={"self-harm/intent": 0.97})
    models.behave(user.id, "script", content=answer_of("Here is a plan for your last week. Enjoy it."))
    message = ask(user, session, f"What should I think of this week? {user.id}").body["message"]
    assert message["content"] == advice_for("crisis").text
    assert (message["metadata"]["safety"]["red_flag"], message["metadata"]["safety"]["kind"]) == (
        "moderation",
        "crisis",
    )
    assert week(user) == (0, 0, 0)
    assert "Enjoy it" not in everything_of(user, database)


@pytest.mark.usefixtures("moderated")
@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "hang"}], ids=["failing", "silent"])
def test_a_moderation_that_is_down_or_silent_keeps_no_answer_back(
    user: User, session: str, models: RunningModels, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(moderation, "GRACE", 0.05)
    models.behave(user.id, endpoint="moderations", **fault)
    models.behave(user.id, "script", content=answer_of(MENDED))
    message = ask(user, session, f"How should I eat this week? {user.id}").body["message"]
    assert message["content"] == MENDED


def test_nothing_is_put_to_the_moderation_of_a_server_that_is_not_openais(
    user: User, session: str, models: RunningModels
) -> None:
    ask(user, session, f"How should I eat this week? {user.id}")
    assert {record["endpoint"] for record in models.requests(user.id)} == {"chat", "embeddings"}


def test_what_no_rule_knows_gets_advice_where_the_classifier_is_sure_and_a_word_of_care_where_it_is_not(
    user: User, session: str
) -> None:
    sure = ask(user, session, "il generatore era acceso in garage e adesso siamo tutti intontiti e con la nausea").body
    assert sure["message"]["metadata"]["safety"]["red_flag"] == "classifier"
    assert sure["message"]["content"] == advice_for("emergency", "it").text
    assert week(user) == (0, 0, 0)
    unsure = ask(user, session, suspicious()).body["message"]
    assert unsure["content"].endswith(f"\n\n{notice('careful')}")
    assert unsure["metadata"]["safety"].keys() == {"suspected"}
