"""Failures of a model provider: its own, the operator's, and those that another try would only repeat.

Codes and statuses: https://platform.openai.com/docs/guides/error-codes; what other servers say is in the patterns.
"""

import contextlib
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import httpx

from shared.platform.errors import UnavailableError
from shared.platform.observability import count, logger

RETRY_AFTER_LIMIT = 60  # seconds; what a provider asks for beyond that is not passed on
RETRY_AFTER = 5  # seconds, where the provider does not say
_EMPTY_BALANCE = re.compile(r"insufficient[_ ](?:quota|balance|credit|funds)|billing[_ ]|credit balance", re.IGNORECASE)
_REFUSED = frozenset({"content_filter", "content_policy_violation", "invalid_prompt", "ResponsibleAIPolicyViolation"})
_UNREADABLE = re.compile(r"invalid_encrypted_content|encrypted content\b.{0,200}could not be verified", re.DOTALL)
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|input token count|Request too large"
    r"|(?:prompt|input|request)(?: \w+){0,3} (?:is |are )?too (?:long|large)"
    r"|exceeds? (?:the )?(?:maximum|available|model's) (?:\w+ ){0,3}(?:tokens|context|length)",
    re.IGNORECASE,
)


class ModelError(UnavailableError):
    """An outage: another model, or the same one later, may answer.

    Codes: model_rate_limited, model_unavailable, model_timeout, model_interrupted, model_malformed.
    """

    code, title = "model_unavailable", "The coach cannot answer right now, please try again"
    is_final: ClassVar[bool] = False  # trying again does not help, so nobody is told to
    hope: ClassVar[int] = 1  # how much can be done: 2 with a shorter prompt, 1 later, 0 by the operator alone

    def __init__(self, detail: str = "", *, code: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(detail, code=code, retry_after=RETRY_AFTER if retry_after is None else retry_after)
        self.stated = retry_after  # the seconds that the provider asks for, if it says so
        if self.is_final:
            self.retry_after = None

    @property
    def is_repeated(self) -> bool:
        """Whether the same model would only fail in the same way."""
        return self.is_final or self.reason in ("model_timeout", "content_refused")


class ModelMisconfiguredError(ModelError):
    """The provider refuses whatever we send; only the operator can mend it.

    Codes: model_misconfigured (a wrong key, name or parameter), model_out_of_credit.
    """

    status, is_final, hope = 500, True, 0
    code, title = "model_misconfigured", "The coach is not set up correctly; trying again does not help"


class ContextTooLongError(ModelError):
    """The prompt is longer than the model can read: once more with less."""

    status, is_final, hope = 422, True, 2
    code, title = "context_too_long", "This conversation is too long for the model"


class ContentRefusedError(ModelError):
    """The provider's filter refuses the question: a refusal like one of the model's own, and no fault."""

    code, title = "content_refused", "The model provider refuses this question"


class UnreadableThoughtsError(ModelError):
    """OpenAI cannot read the reasoning that it gave us: another key or project has sealed it, or it fails at it.

    https://github.com/openai/codex/issues/8120, and /3239 for one without a code. Without it the model thinks anew.
    """


@dataclass(frozen=True)
class Refusal:
    """What a provider says of a request that it does not answer. `message` may quote a prompt: it is never logged."""

    status: int = 0  # of HTTP; 0: said in the middle of a stream
    code: str = ""
    parameter: str = ""
    kind: str = ""
    message: str = ""
    request_id: str = ""
    retry_after: int | None = None  # seconds

    @classmethod
    def of(cls, answer: httpx.Response) -> Self:
        """Of a status of failure."""
        body, headers = None, answer.headers
        # A proxy says it in HTML. RuntimeError: of a body that broke off, or is nested too deeply.
        with contextlib.suppress(ValueError, RuntimeError):
            body = answer.json()
        known: dict[str, Any] = {"status": answer.status_code, "request_id": headers.get("x-request-id", "")}
        return cls.said(body, **known, retry_after=_retry_after(headers))

    @classmethod
    def said(cls, body: Any, **known: Any) -> Self:
        """Of an error object as OpenAI writes it (`code`, `param`), or Google (a number and a `status`, in a list)."""
        inner = body[0] if isinstance(body, list) and body else body
        inner = inner.get("error", inner) if isinstance(inner, dict) else {}
        inner = inner if isinstance(inner, dict) else {}
        stated = inner.get("code")
        words = [str(inner.get(name) or "") for name in ("param", "type", "message")]
        code = stated if isinstance(stated, str) else str(inner.get("status") or "")
        details = {"code": code[:80], "parameter": words[0][:80], "kind": words[1][:80], "message": words[2]}
        if isinstance(stated, int) and not known.get("status"):
            known["status"] = stated
        return cls(**{**details, **{name: part for name, part in known.items() if part}})

    def as_fault(self) -> ModelError:
        """Which failure it is."""
        words = f"{self.code} {self.kind} {self.message}"
        if self.code in _REFUSED or self.kind in _REFUSED:
            return ContentRefusedError()
        if self.status in (0, 400) and _UNREADABLE.search(words):
            return UnreadableThoughtsError()
        if _EMPTY_BALANCE.search(f"{self.code} {self.kind}") or self.status == 402:
            return ModelMisconfiguredError(code="model_out_of_credit")
        if self.status == 413 or (self.status in (0, 400, 422, 429, 500) and _TOO_LONG.search(words)):
            return ContextTooLongError()
        if self.status == 429 or "rate_limit" in words or self.code == "RESOURCE_EXHAUSTED":
            return ModelError(code="model_rate_limited", retry_after=self.retry_after)
        if 400 <= self.status < 500 and self.status not in (408, 409, 425):
            return ModelMisconfiguredError()
        return ModelError(retry_after=self.retry_after)

    def report(self, fault: ModelError, provider: str, model: str) -> None:
        """To the operator: all that tells a refusal from an outage, and no word of the prompt."""
        is_mistake = isinstance(fault, ModelMisconfiguredError)
        said = {"status": self.status, "code": self.code, "parameter": self.parameter, "fault": fault.reason}
        said |= {"provider": provider, "model": model, "provider_request_id": self.request_id}
        (logger.error if is_mistake else logger.warning)("a model provider refused a request", extra=said)
        count("ProviderRefusals", provider=provider, code=fault.reason)
        if is_mistake:
            count("ModelMisconfigured")


def translate(error: Exception) -> ModelError:
    """What the client raised, without its words: they may quote the prompt or the key."""
    if isinstance(error, httpx.HTTPStatusError):
        return Refusal.of(error.response).as_fault()
    return ModelError(code="model_timeout" if isinstance(error, httpx.TimeoutException) else None)


def _retry_after(headers: httpx.Headers) -> int | None:
    """The seconds that a provider asks for, whole and bounded; milliseconds are the finer statement of the same."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if seconds >= 0:
            return min(max(1, -int(-seconds // 1)), RETRY_AFTER_LIMIT)
    return None
