"""Which failure a refusal is, whatever its body is like, and what of it an operator sees."""

import io
import json
from uuid import UUID

import pytest

from shared.llm import embeddings
from shared.llm.call import ModelCall
from shared.llm.errors import ModelError, ModelMisconfiguredError
from shared.llm.providers import Model, client_of
from shared.llm.request import Request
from shared.platform.deadline import Deadline
from tests.support.stub_server import Response, StubServer
from tests.unit.shared.conftest import KnowSecret
from tests.unit.shared.llm.conftest import CHAT_MODEL, KEY

NESTED = b"[" * 100_000
# Bodies that cannot be read, each with its header.
BROKEN = {
    "cut": (b'40\r\n{"error"', {"transfer-encoding": "chunked"}),
    "not compressed": (b"Wait.", {"content-encoding": "gzip"}),
    "nested": (NESTED, {}),
}


def call() -> ModelCall:
    request = Request([{"role": "user", "content": "How much rest?"}], 200, UUID(int=7))
    return ModelCall([Model("OpenAI", CHAT_MODEL)], request, Deadline.after(30))


def refuses(provider: StubServer, status: int, body: bytes, headers: dict[str, str]) -> None:
    provider.reply = lambda _: Response(body, status, headers={"retry-after": "7", **headers})


@pytest.mark.parametrize(("body", "headers"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(("status", "code"), [(429, "model_rate_limited"), (401, "model_misconfigured")])
def test_a_refusal_whose_body_cannot_be_read_is_known_by_its_status_asked_once_and_not_paid_for(
    provider: StubServer, status: int, code: str, body: bytes, headers: dict[str, str]
) -> None:
    refuses(provider, status, body, headers)
    asked = call()
    with pytest.raises(ModelError) as failed:
        asked.whole()
    assert (failed.value.reason, failed.value.stated) == (code, 7 if status == 429 else None)
    assert (len(provider.asked), asked.paid()) == (1, [])


@pytest.mark.parametrize(("body", "headers"), BROKEN.values(), ids=BROKEN)
def test_so_it_is_where_texts_are_embedded(provider: StubServer, body: bytes, headers: dict[str, str]) -> None:
    refuses(provider, 429, body, headers)
    with pytest.raises(ModelError) as failed:
        embeddings.embed(["squat"], Deadline.after(30))
    assert failed.value.reason == "model_rate_limited"


def test_vectors_that_are_nested_without_an_end_are_malformed(provider: StubServer) -> None:
    provider.says(NESTED)
    with pytest.raises(ModelError) as failed:
        embeddings.embed(["squat"], Deadline.after(30))
    assert failed.value.reason == "model_malformed"


@pytest.mark.parametrize("key", [" ", "\n", f"{KEY}\u201d", f"{KEY}\nX: y", f"{KEY}\0"])
def test_what_cannot_be_a_key_is_a_mistake_of_the_operator_who_is_told_without_it(
    provider: StubServer, know_secret: KnowSecret, log: io.StringIO, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    know_secret("/openai-key", key)
    asked = call()
    with pytest.raises(ModelMisconfiguredError) as failed:
        asked.whole()
    assert (failed.value.is_final, provider.asked, asked.paid()) == (True, [], [])
    told = [(line["level"], line["message"]) for line in map(json.loads, log.getvalue().splitlines())]
    assert ("ERROR", "the key of a model provider cannot be sent") in told
    assert "ModelMisconfigured" in (measured := capsys.readouterr().out)
    assert KEY not in f"{failed.value!r} {failed.value.__cause__} {log.getvalue()} {measured}"


def test_a_key_from_a_file_with_an_end_of_line_is_a_key(provider: StubServer, know_secret: KnowSecret) -> None:
    know_secret("/openai-key", f"{KEY}\n")
    assert client_of("OpenAI").key == KEY
