import base64
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from openai import BadRequestError, OpenAI
from tokenizers import Tokenizer

from infra.local.offline_models.embeddings import MiniLM, tokenizer_path
from infra.local.offline_models.server import RunningModels

MODEL = "minilm-l6-int8"


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def embed(client: OpenAI, texts: Sequence[str]) -> NDArray[np.float64]:
    answer = client.embeddings.create(model=MODEL, input=list(texts), dimensions=512)
    return np.array([item.embedding for item in answer.data])


def test_vectors_have_unit_length_and_zeros_behind_the_384_dimensions(client: OpenAI) -> None:
    (vector,) = embed(client, ["How deep should I squat?"])
    assert vector.shape == (512,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert not vector[384:].any()
    assert vector[:384].any()


def test_floats_and_base64_are_the_same_numbers(client: OpenAI) -> None:
    def sent(encoding: Literal["float", "base64"]) -> Any:
        raw = client.embeddings.with_raw_response.create(model=MODEL, input="squat", encoding_format=encoding)
        return json.loads(raw.text)["data"][0]["embedding"]

    assert np.frombuffer(base64.b64decode(sent("base64")), "<f4").tolist() == sent("float")


def test_texts_of_one_meaning_are_nearer_than_others(client: OpenAI) -> None:
    first, same, other = embed(
        client, ["How much protein builds muscle?", "Daily protein for muscle growth", "How do I fix my router?"]
    )
    assert first @ same > first @ other + 0.3


def test_each_text_of_a_batch_gets_its_own_vector_whatever_its_length(minilm: MiniLM) -> None:
    pieces = minilm.read(["sleep " * count for count in (200, 1, 40, 7, 90, 2, 13)])
    alone = np.concatenate([minilm.vectors([each]) for each in pieces])
    assert np.allclose(minilm.vectors(pieces), alone, atol=1e-4)


def test_a_long_text_is_cut_as_the_tokenizer_itself_would_cut_it(client: OpenAI, minilm: MiniLM) -> None:
    tokenizer = Tokenizer.from_file(str(tokenizer_path()))
    tokenizer.enable_truncation(256)
    text = "How many sets of deep squats? " * 60
    expected = minilm.vectors([tuple(tokenizer.encode(text).ids)])[0]
    assert np.allclose(embed(client, [text])[0][:384], expected, atol=1e-4)


def test_many_callers_at_once_get_what_one_would(client: OpenAI) -> None:
    batches = [[f"exercise number {number} of {kind}" for number in range(5)] for kind in "abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda batch: embed(client, batch), batches))
    for batch, vectors in zip(batches, together, strict=True):
        assert np.allclose(vectors, embed(client, batch), atol=1e-4)


def test_the_response_names_the_model_that_was_really_used(client: OpenAI) -> None:
    answer = client.embeddings.create(model="text-embedding-3-small", input="squat")
    assert answer.model == MODEL
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == 3  # [CLS] squat [SEP]


def test_only_256_word_pieces_of_a_text_are_read_and_counted(client: OpenAI) -> None:
    long = "sleep " * 400
    answer = client.embeddings.create(model=MODEL, input=[long, long + "protein " * 50])
    assert answer.usage.prompt_tokens == 2 * 256
    assert answer.data[0].embedding == answer.data[1].embedding


@pytest.mark.parametrize(
    ("texts", "param"),
    [
        ("", None),
        ([], None),
        (["squat", ""], None),
        (["x"] * 2049, None),
        ([[1, 2, 3]], "input"),
        ([1, 2, 3], "input"),
        ("word " * 9000, "input"),
        ("今天我想做一个深蹲训练计划" * 600, "input"),
        (["word " * 8000] * 38, "input"),
    ],
)
def test_inputs_that_openai_or_minilm_cannot_take_are_refused(
    client: OpenAI, texts: list[str], param: str | None
) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.embeddings.create(model=MODEL, input=texts)
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"


def test_fewer_dimensions_than_the_model_has_are_refused(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as refused:
        client.embeddings.create(model=MODEL, input="squat", dimensions=256)
    assert refused.value.param == "dimensions"


def test_both_models_are_listed(client: OpenAI, models: RunningModels) -> None:
    assert {model.id for model in client.models.list()} == {MODEL, "hercules-extractive-1"}
