"""Whom the moderation is asked of, what it says, and that nothing waits for it longer than it must."""

from uuid import uuid4

import pytest

from infra.local.offline_models.server import RunningModels
from shared.llm import moderation
from shared.llm.moderation import Moderation, is_wanted
from shared.llm.providers import Model
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.process import forget
from tests.support.waiting import eventually

OPENAI, GEMINI = Model("OpenAI", "gpt-6-luna"), Model("Gemini", "gemini-3.8-flash")


@pytest.fixture
def word(environment: pytest.MonkeyPatch) -> str:
    """Of a question that is put to the moderation, and to no other test's."""
    environment.setenv("OPENAI_MODERATION", "on")
    return f"word-{uuid4().hex}"


def asked(text: str, seconds: float = 30) -> Moderation:
    found = Moderation()
    found.ask(text, [OPENAI], Deadline.after(seconds), 0)
    return found


def answered(text: str) -> Moderation:
    found = asked(text)
    found._over.wait(30)  # noqa: SLF001 - however long a busy machine takes
    return found


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ({"self-harm/intent": 0.5}, True),
        ({"self-harm/instructions": 0.93}, True),
        ({"self-harm/intent": 0.49, "self-harm": 0.99, "violence": 0.99}, False),
        ({}, False),
    ],
)
def test_it_says_self_harm_where_that_is_likelier_meant_than_not(
    models: RunningModels, word: str, scores: dict[str, float], says: bool
) -> None:
    models.behave(word, "scores", scores=scores)
    found = answered(f"I {word}.")
    assert (found.says_self_harm, found.is_awaited) == (says, False)
    (record,) = models.requests(word)
    assert record["body"] == {"model": "omni-moderation-latest", "input": f"I {word}."}


@pytest.mark.parametrize(
    "behaviour",
    [
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 500},
        {"kind": "malformed"},
        {"kind": "cut"},
        {"kind": "raw", "body": "<html>"},
        {"kind": "raw", "body": '{"results": []}'},
        {"kind": "raw", "body": '{"results": [{"category_scores": {"self-harm/intent": "high"}}]}'},
        {"kind": "raw", "body": "[]"},
    ],
    ids=str,
)
def test_its_failure_says_nothing_and_quotes_nobody(
    models: RunningModels, word: str, behaviour: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    models.behave(word, endpoint="moderations", **behaviour)  # type: ignore[arg-type]
    found = answered(f"I {word}.")
    assert (found.says_self_harm, found.is_awaited) == (False, False)
    assert word not in capsys.readouterr().out


def test_what_is_too_slow_is_not_waited_for_and_counts_when_it_comes(
    models: RunningModels, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderation, "GRACE", 0.0)
    models.behave(word, "scores", scores={"self-harm/intent": 0.9})
    models.behave(word, "delay", endpoint="moderations", seconds=0.3)
    found = asked(f"I {word}.")
    found.wait()
    assert (found.is_awaited, found.says_self_harm) == (False, False)
    eventually(lambda: found.says_self_harm)


def test_it_is_asked_once_however_many_times_it_is_told_to(models: RunningModels, word: str) -> None:
    found = answered(f"I {word}.")
    found.ask(f"I {word}.", [OPENAI], Deadline.after(30), 0)
    assert not found.is_awaited
    assert len(models.requests(word)) == 1


def test_something_is_held_back_until_it_has_answered(models: RunningModels, word: str) -> None:
    models.behave(word, "hang", endpoint="moderations")
    assert asked(f"I {word}.", seconds=2).is_awaited


def test_openai_itself_is_asked_where_it_is_the_coach_and_nobody_else(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OPENAI_BASE_URL", "https://eu.api.openai.com/v1")
    assert [is_wanted(asked) for asked in ([OPENAI, GEMINI], [GEMINI, OPENAI], [])] == [True, False, False]
    forget(settings.load)
    environment.setenv("OPENAI_MODERATION", "off")
    assert not is_wanted([OPENAI])


def test_another_server_is_sent_nothing_unless_it_is_said_so(
    models: RunningModels, environment: pytest.MonkeyPatch
) -> None:
    word = f"word-{uuid4().hex}"
    environment.delenv("OPENAI_MODERATION", raising=False)
    found = answered(f"I {word}.")
    assert (found.is_awaited, models.requests(word)) == (False, [])
