"""/v1/embeddings: what a client may send, and what it gets."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from infra.local.offline_models.delivery import Reply, encoded
from infra.local.offline_models.embeddings import MODEL, Vector, as_base64
from infra.local.offline_models.protocol.errors import ApiError
from infra.local.offline_models.protocol.fields import Strict
from shared.llm import tokens

# OpenAI's limits on one request.
MAX_INPUT_TOKENS, MAX_TOTAL_TOKENS = 8192, 300_000


class EmbeddingRequest(Strict):
    model: str
    input: str | list[str]  # token arrays are not served: MiniLM has other tokens
    dimensions: int = Field(default=512, ge=384, le=4096)
    encoding_format: Literal["float", "base64"] = "float"
    user: str | None = None

    @model_validator(mode="after")
    def _of_texts(self) -> Self:
        if not 1 <= len(self.texts) <= 2048:
            raise ValueError("'input' must hold 1 to 2048 texts.")
        if not all(self.texts):
            raise ValueError("'input' cannot contain an empty string.")
        return self

    @property
    def texts(self) -> list[str]:
        return [self.input] if isinstance(self.input, str) else self.input


def check_lengths(texts: Sequence[str]) -> None:
    """Raises ApiError for inputs of more tokens than OpenAI takes, as its text-embedding-3 counts them."""
    lengths = [len(text.encode()) for text in texts]  # a token is a byte at least: most need no counting
    if max(lengths) > MAX_INPUT_TOKENS or sum(lengths) > MAX_TOTAL_TOKENS:
        lengths = [tokens.count(text, tokens.OF_EMBEDDINGS) for text in texts]
    for index, length in enumerate(lengths):
        if length > MAX_INPUT_TOKENS:
            message = f"input[{index}] has {length} tokens, the most is {MAX_INPUT_TOKENS}."
            raise ApiError(400, message, param="input", code="context_length_exceeded")
    if sum(lengths) > MAX_TOTAL_TOKENS:
        message = f"The inputs have {sum(lengths)} tokens, the most per request is {MAX_TOTAL_TOKENS}."
        raise ApiError(400, message, param="input", code="max_tokens_per_request")


def answer(request: EmbeddingRequest, vectors: Vector, word_pieces: int) -> Reply:
    data = [
        {"object": "embedding", "index": index, "embedding": _numbers(request, each)}
        for index, each in enumerate(vectors)
    ]
    usage = {"prompt_tokens": word_pieces, "total_tokens": word_pieces}
    return Reply((encoded({"object": "list", "data": data, "model": MODEL, "usage": usage}),))


def _numbers(request: EmbeddingRequest, vector: Vector) -> str | list[float]:
    return as_base64(vector) if request.encoding_format == "base64" else [float(number) for number in vector]
