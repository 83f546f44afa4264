"""A prompt that is too long, in each provider's words."""

from __future__ import annotations

from infra.local.offline_models.behaviours import Dialect, Provider
from infra.local.offline_models.errors import ApiError


def exceeded(tokens: int, limit: int, provider: Provider, dialect: Dialect | None) -> ApiError:
    """The refusal of a prompt of so many tokens where the model reads `limit`."""
    if provider == "gemini":
        # google-gemini/gemini-cli#6678
        message = f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({limit})."
        return ApiError(400, message)
    if dialect == "responses":
        # openai/codex#3523
        message = "Your input exceeds the context window of this model. Please adjust your input and try again."
        return ApiError(400, message, param="input", code="context_length_exceeded")
    message = (
        f"This model's maximum context length is {limit} tokens. However, your messages resulted in {tokens} tokens."
    )
    return ApiError(400, message, param="messages", code="context_length_exceeded")
