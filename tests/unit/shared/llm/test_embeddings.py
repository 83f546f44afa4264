import json
import math

import pytest

from infra.local.offline_models.server import RunningModels
from shared.llm import embeddings, tokens
from shared.llm.embeddings import (
    BATCH_BYTES,
    BATCH_INPUTS,
    INPUT_TOKENS,
    KEPT_INPUTS,
    Embeddings,
    embed,
    embed_patiently,
)
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from tests.support.stub_server import Request, Response, StubServer
from tests.unit.shared.llm.conftest import EMBEDDING_MODEL, KEY


def embedded(*texts: str, seconds: float = 30.0) -> Embeddings:
    return embed(texts, Deadline.after(seconds))


def failure(*texts: str, seconds: float = 30.0) -> ModelError:
    with pytest.raises(ModelError) as failed:
        embedded(*texts, seconds=seconds)
    return failed.value


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def backwards(asked: Request) -> Response:
    """Each text's own number in its vector, the last one first."""
    texts = json.loads(asked.body)["input"]
    data = [
        {"object": "embedding", "index": at, "embedding": [float(text.split()[0]), 1.0]}
        for at, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    body = {"object": "list", "data": data[::-1], "model": EMBEDDING_MODEL, "usage": usage}
    return Response(json.dumps(body).encode())


def batch_sizes(provider: StubServer) -> list[int]:
    return [len(json.loads(asked.body)["input"]) for asked in provider.asked]


def test_texts_become_unit_vectors_as_wide_as_the_settings_say(
    models: RunningModels, environment: pytest.MonkeyPatch, mark: str
) -> None:
    environment.setenv("EMBEDDING_DIMENSIONS", "400")
    result = embedded(f"deload week {mark}")
    assert [len(vector) for vector in result.vectors] == [400]
    assert math.isclose(likeness(result.vectors[0], result.vectors[0]), 1, abs_tol=1e-3)
    assert (result.model, result.tokens) == (EMBEDDING_MODEL, models.requests(mark)[0]["prompt_tokens"])


def test_vectors_come_in_the_order_of_the_texts(models: RunningModels) -> None:
    question, near, far = embedded("How deep should I squat?", "Squat depth", "Cold water and alcohol").vectors
    assert likeness(question, near) > likeness(question, far)


def test_no_text_costs_no_request(provider: StubServer) -> None:
    assert embedded() == Embeddings([], EMBEDDING_MODEL, 0)
    assert provider.asked == []


def test_many_texts_are_sent_in_batches_and_keep_their_order(provider: StubServer) -> None:
    provider.reply = backwards
    count = 2 * BATCH_INPUTS + 1
    result = embedded(*map(str, range(count)))
    assert batch_sizes(provider) == [BATCH_INPUTS, BATCH_INPUTS, 1]
    assert result.vectors == [[float(number), 1.0] for number in range(count)]
    assert result.tokens == count


def test_long_texts_are_sent_in_batches_within_the_limit_of_tokens(provider: StubServer) -> None:
    provider.reply = backwards
    text = "7" + " word" * (INPUT_TOKENS - 1)
    fit = BATCH_BYTES // len(text)
    result = embedded(*[text] * (fit + 1))
    assert batch_sizes(provider) == [fit, 1]
    assert len(result.vectors) == fit + 1


def test_of_a_text_longer_than_the_model_reads_the_beginning_is_embedded(provider: StubServer) -> None:
    provider.reply = backwards
    embedded("2" + " word" * 2 * INPUT_TOKENS)
    (sent,) = json.loads(provider.asked[-1].body)["input"]
    assert tokens.count(sent, tokens.OF_EMBEDDINGS) == INPUT_TOKENS


@pytest.mark.parametrize(
    "text", ["今天我想做一个深蹲训练计划", "मैं आज स्क्वाट करना चाहता हूँ। ", "నేను ఈ రోజు స్క్వాట్ చేయాలనుకుంటున్నాను "]
)
@pytest.mark.usefixtures("models")
def test_a_script_of_many_tokens_a_letter_is_cut_to_what_is_taken(text: str) -> None:
    assert len(embedded((text * 8000)[:8000]).vectors) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(429, "model_rate_limited"), (400, "model_misconfigured"), (500, "model_unavailable")]
)
def test_a_provider_that_fails_is_told_by_its_failure(models: RunningModels, mark: str, status: int, code: str) -> None:
    message = f"not for {KEY}: {mark}"
    models.behave(mark, "status", endpoint="embeddings", status=status, retry_after=9, message=message)
    error = failure(mark)
    assert error.reason == code
    for words in (KEY, mark):
        assert words not in f"{error!r} {error.detail} {error.extra}"


def test_a_provider_that_never_answers_is_given_up(models: RunningModels, mark: str) -> None:
    behaviour = models.behave(mark, "hang", endpoint="embeddings", times=None)
    assert failure(mark, seconds=0.3).reason == "model_timeout"
    models.forget(behaviour)


def test_an_answer_that_breaks_off_is_unavailable(models: RunningModels, mark: str) -> None:
    models.behave(mark, "cut", endpoint="embeddings", times=2)
    assert failure(mark).status == 503


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [{"index": 0}],
        [{"index": 0, "embedding": "AAAA"}],
        [{"index": 0, "embedding": "no base64!"}],
        [{"index": 0, "embedding": [0, 0]}],
    ],
    ids=["nothing", "too few", "no vector", "three bytes", "no base64", "no direction"],
)
def test_an_answer_without_vectors_is_malformed(provider: StubServer, data: object) -> None:
    provider.reply = lambda _: Response(json.dumps({"data": data, "usage": {"prompt_tokens": 1}}).encode())
    assert failure("squat").reason == "model_malformed"


def patiently(*texts: str, seconds: float = 30.0) -> list[Embeddings]:
    return list(embed_patiently(texts, Deadline.after(seconds), 1.0, EMBEDDING_MODEL))


def statuses(models: RunningModels, mark: str) -> list[int]:
    return [request["status"] for request in models.requests(mark)]


def test_documents_are_embedded_batch_by_batch_in_their_order(provider: StubServer) -> None:
    provider.reply = backwards
    count = 2 * KEPT_INPUTS + 1
    batches = patiently(*map(str, range(count)))
    assert [len(batch.vectors) for batch in batches] == [KEPT_INPUTS, KEPT_INPUTS, 1]
    assert [vector for batch in batches for vector in batch.vectors] == [
        [float(number), 1.0] for number in range(count)
    ]


def test_a_busy_provider_is_asked_again_when_it_says(models: RunningModels, mark: str) -> None:
    models.behave(mark, "status", endpoint="embeddings", status=429, retry_after=3)
    assert len(patiently(mark)) == 1
    assert statuses(models, mark) == [429, 200]


def test_a_provider_that_is_down_is_asked_again_a_few_times(
    models: RunningModels, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings, "FIRST_PAUSE", 0.001)
    models.behave(mark, "cut", endpoint="embeddings", times=3)
    assert len(patiently(mark)) == 1


@pytest.mark.parametrize("seconds", [5.0, 40.0])
def test_nobody_waits_longer_than_the_deadline(models: RunningModels, mark: str, seconds: float) -> None:
    behaviour = models.behave(mark, "status", endpoint="embeddings", status=429, retry_after=50, times=None)
    with pytest.raises(ModelError) as failed:
        patiently(mark, seconds=seconds)
    models.forget(behaviour)
    assert (failed.value.reason, statuses(models, mark)) == ("model_rate_limited", [429])


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_request_that_is_refused_is_not_repeated(models: RunningModels, mark: str, status: int) -> None:
    models.behave(mark, "status", endpoint="embeddings", status=status)
    with pytest.raises(ModelError):
        patiently(mark)
    assert statuses(models, mark) == [status]


def test_batches_that_came_before_a_failure_are_not_lost(provider: StubServer) -> None:
    def fail_the_second(asked: Request) -> Response:
        return backwards(asked) if len(provider.asked) == 1 else Response(b"{}", 400)

    provider.reply = fail_the_second
    batches = embed_patiently([str(n) for n in range(KEPT_INPUTS + 1)], Deadline.after(30), 1.0, EMBEDDING_MODEL)
    assert len(next(batches).vectors) == KEPT_INPUTS
    with pytest.raises(ModelError):
        next(batches)
