"""Texts to vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.llm import tokens
from shared.llm.client import client, timeout
from shared.llm.errors import translate
from shared.platform import settings
from shared.platform.deadline import Deadline

# OpenAI's limits of one request are 2,048 inputs of 8,192 tokens and 300,000 tokens in all; smaller batches lose less
# to a failure and cost nothing more.
INPUT_TOKENS = 8000
BATCH_INPUTS = 256
BATCH_TOKENS = 100_000


@dataclass(frozen=True)
class Embeddings:
    """Unit vectors in the order of the texts, and what they cost in tokens."""

    vectors: list[list[float]]
    model: str
    tokens: int


def embed(texts: Sequence[str], deadline: Deadline, keep: float = 0.0) -> Embeddings:
    """Embed texts, none of them empty, in as few requests as the limits allow; of a longer one its beginning.

    Raises ModelError.
    """
    import httpx2
    import openai

    models = settings.load(settings.ModelSettings)
    vectors: list[list[float]] = []
    used = 0
    for batch in _batches([tokens.truncate(text, INPUT_TOKENS) for text in texts]):
        try:
            response = client().embeddings.create(
                model=models.embedding_model,
                input=batch,
                dimensions=models.embedding_dimensions,
                timeout=timeout(max(0.1, deadline.remaining(keep))),
            )
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise translate(error) from None
        vectors += [item.embedding for item in sorted(response.data, key=lambda item: item.index)]
        used += response.usage.prompt_tokens
    return Embeddings(vectors, models.embedding_model, used)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        length = tokens.count(text)
        if batch and (len(batch) == BATCH_INPUTS or size + length > BATCH_TOKENS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch
