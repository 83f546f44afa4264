"""Texts to vectors."""

import base64
import random
import struct
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from shared.llm import tokens
from shared.llm.client import as_object
from shared.llm.errors import ModelError, translate
from shared.llm.providers import client_of, timeout
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.observability import logger

# OpenAI's limits of one request are 2,048 inputs of 8,192 tokens and 300,000 tokens in all. A token is a byte at least,
# and of prose four: so many bytes need no counting. Smaller batches lose less to a failure and cost nothing more.
INPUT_TOKENS = 8000
BATCH_INPUTS = 256
BATCH_BYTES = 300_000

# Of documents, for which nobody waits: what a batch has cost is kept before the next one is paid for.
KEPT_INPUTS = 64
ANSWER_WITHIN = 60.0  # seconds; 64 chunks take a hosted model two and a laptop's four
ATTEMPTS = 5
FIRST_WAIT, MAX_WAIT = 0.5, 2.0  # seconds before a question is embedded again
FIRST_PAUSE = 1.0  # seconds, doubled each time, where the provider does not say how long


@dataclass(frozen=True)
class Embeddings:
    """Unit vectors in the order of the texts, and what they cost in tokens."""

    vectors: list[list[float]]
    model: str
    tokens: int


def embed(texts: Sequence[str], deadline: Deadline, keep: float = 0.0, model: str = "") -> Embeddings:
    """Embed texts, none of them empty, in as few requests as the limits allow; of a longer one its beginning.

    The model is that of the settings unless given. Raises ModelError.
    """
    model = model or settings.load(settings.ModelSettings).embedding_model
    vectors: list[list[float]] = []
    used = 0
    for batch in _batches(texts, BATCH_INPUTS):
        answered = _asked_twice(batch, model, deadline, keep)
        vectors += answered.vectors
        used += answered.tokens
    return Embeddings(vectors, model, used)


def _asked_twice(batch: list[str], model: str, deadline: Deadline, keep: float) -> Embeddings:
    """Once more after a moment, where the provider asks for no more patience than a user has."""
    try:
        return _request(batch, model, timeout(max(0.1, deadline.remaining(keep))))
    except ModelError as error:
        wait = FIRST_WAIT if error.stated is None else error.stated
        if error.is_repeated or wait > MAX_WAIT:
            raise
        time.sleep(min(wait, deadline.remaining(keep)))
    return _request(batch, model, timeout(max(0.1, deadline.remaining(keep))))


def embed_patiently(texts: Sequence[str], deadline: Deadline, keep: float, model: str) -> Iterator[Embeddings]:
    """Embed texts batch by batch, while the caller keeps one batch already asking for the next.

    A provider that is busy or down is asked again, when it says or ever later, as long as the deadline leaves `keep`
    seconds. Raises ModelError.
    """
    with ThreadPoolExecutor(1) as pool:
        asked = [pool.submit(_insist, batch, model, deadline, keep) for batch in _batches(texts, KEPT_INPUTS)]
        try:
            for answered in asked:
                yield answered.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _insist(batch: list[str], model: str, deadline: Deadline, keep: float) -> Embeddings:
    attempt = 0
    while True:
        attempt += 1
        try:
            return _request(batch, model, timeout(max(0.1, min(ANSWER_WITHIN, deadline.remaining(keep)))))
        except ModelError as error:
            pause = _pause(error, attempt)
            # One that was too slow may be quicker; whatever else is repeated would only be refused again.
            is_refused = error.is_repeated and error.reason != "model_timeout"
            if is_refused or attempt == ATTEMPTS or pause > deadline.remaining(keep):
                raise
            logger.info("the embedder is asked again", code=error.reason, seconds=round(pause, 1))
            time.sleep(pause)


def _pause(error: ModelError, attempt: int) -> float:
    """What the provider asks for, else longer each time; a little more, so that waiting workers do not come at once."""
    stated = error.retry_after if error.reason == "model_rate_limited" and error.retry_after is not None else None
    return (FIRST_PAUSE * 2 ** (attempt - 1) if stated is None else stated) * random.uniform(1.0, 1.25)  # noqa: S311


def _request(batch: list[str], model: str, patience: httpx.Timeout) -> Embeddings:
    dimensions = settings.load(settings.ModelSettings).embedding_dimensions
    body = {"model": model, "input": batch, "dimensions": dimensions, "encoding_format": "base64"}
    try:
        answer = client_of("OpenAI").ask("/embeddings", body, patience)
        found = sorted(as_object(answer)["data"], key=lambda item: item["index"])
        vectors = [_vector(item["embedding"]) for _, item in zip(batch, found, strict=True)]
        if not all(map(any, vectors)):
            raise ValueError("nothing but zeros, which to pgvector are nearer to everything than all else")
        return Embeddings(vectors, model, int(as_object(answer)["usage"]["prompt_tokens"]))
    except httpx.HTTPError as error:
        raise translate(error) from None
    except (KeyError, TypeError, ValueError, RecursionError):
        raise ModelError(code="model_malformed") from None


def _vector(sent: str | list[float]) -> list[float]:
    """Little-endian floats of four bytes in base64; some servers know only lists. Raises ValueError."""
    if not isinstance(sent, str):
        return sent
    packed = base64.b64decode(sent)
    try:
        return [number for (number,) in struct.iter_unpack("<f", packed)]
    except struct.error:
        raise ValueError("no floats of four bytes") from None


def _batches(texts: Sequence[str], most: int) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        shortened = _shortened(text)
        length = len(shortened.encode())
        if batch and (len(batch) == most or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(shortened)
        size += length
    if batch:
        yield batch


def _shortened(text: str) -> str:
    if len(text.encode()) <= INPUT_TOKENS:
        return text
    return tokens.truncate(text, INPUT_TOKENS, tokens.OF_EMBEDDINGS)
