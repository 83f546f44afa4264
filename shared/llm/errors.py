"""Failures of a model provider. They are ours to answer for, so the app's user sees 503 and when to try again."""

from shared.platform.errors import UnavailableError

RETRY_AFTER_LIMIT = 60  # seconds; what a provider asks for beyond that is not passed on


class ModelError(UnavailableError):
    """Codes: model_rate_limited, model_unavailable, model_timeout, model_interrupted."""

    code, title = "model_unavailable", "The coach cannot answer right now, please try again"


def translate(error: Exception, *, begun: bool = False) -> ModelError:
    """What openai raised, without its words: they may quote the prompt or the key.

    `begun`: part of the answer had come, so a lost connection is one that was cut.
    """
    import openai

    if isinstance(error, openai.RateLimitError):
        return ModelError(code="model_rate_limited", retry_after=_retry_after(error))
    if isinstance(error, openai.APITimeoutError):
        return ModelError(code="model_timeout")
    if isinstance(error, openai.APIConnectionError) and begun:
        return ModelError(code="model_interrupted")
    return ModelError()


def _retry_after(error: "openai.RateLimitError") -> int:  # type: ignore[name-defined]  # noqa: F821
    stated = error.response.headers.get("retry-after", "")
    return min(int(stated), RETRY_AFTER_LIMIT) if stated.isdecimal() else 5
