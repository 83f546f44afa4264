"""The providers: their clients, which model of which one plays a role, and which stands in when it is down."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from shared.llm.catalogue import Dialect, Figures, UnknownModelError, figures
from shared.llm.client import Client, connections
from shared.llm.errors import ModelMisconfiguredError
from shared.llm.request import Request
from shared.platform import settings
from shared.platform.observability import count, logger
from shared.platform.secrets import forget_secret, read_secret

Role = Literal["coach", "orchestrator", "researcher", "writer", "coder"]
ProviderName = Literal["OpenAI", "Gemini"]
Choice = Literal["OpenAI", "Gemini", "Mixed"]

CONNECT_TIMEOUT = 3.0  # seconds
SENDABLE = re.compile(r"[ -~]+")  # in a header; httpx would quote the rest of a key in its error
BY_SETTING: dict[str, ProviderName] = {"openai": "OpenAI", "gemini": "Gemini"}
# Of a model whose figures nobody stated; `make deploy` and `make up` stop before that.
UNKNOWN_CONTEXT, UNKNOWN_OUTPUT = 8192, 4096


@dataclass(frozen=True)
class Model:
    provider: ProviderName
    name: str

    @property
    def figures(self) -> Figures:
        try:
            return figures(self.name)
        except UnknownModelError:
            return Figures(self.name, None, (), None, UNKNOWN_CONTEXT, UNKNOWN_OUTPUT, {}, ())

    @property
    def dialect(self) -> Dialect:
        """The operator's word for the first provider, else the model's own; else Responses are OpenAI's alone."""
        if self.provider == "Gemini":
            return "chat_completions"
        stated = settings.load(settings.ModelSettings).openai_dialect or self.figures.dialect
        return stated or ("responses" if is_openai_itself() else "chat_completions")

    def effort(self, request: Request) -> str | None:
        """How hard it is to think, in its own terms. None: it is not told."""
        known = self.figures
        wanted = request.effort or settings.load(settings.ModelSettings).chat_reasoning_effort
        only_none = self.provider == "OpenAI" and is_openai_itself() and self.dialect == "chat_completions"
        # OpenAI takes function tools beside an effort in Responses alone.
        return "none" if only_none and request.tools and known.efforts else known.effort(wanted)

    def most_tokens(self, request: Request) -> int:
        """What it may write: the visible tokens, and room for thinking before them."""
        known = self.figures
        wanted = request.visible_tokens + known.room(self.effort(request))
        return max(request.visible_tokens, min(wanted, known.most_output))


def is_available(provider: ProviderName) -> bool:
    """Whether this deployment has a key for it."""
    return provider == "OpenAI" or bool(settings.load(settings.GeminiSettings).gemini_api_key_parameter)


def candidates(role: Role, choice: Choice | None = None) -> list[Model]:
    """The models for a role, the preferred one first; whoever chose one provider gets none of the other one."""
    own = _own(role)
    other: ProviderName = "Gemini" if own.provider == "OpenAI" else "OpenAI"
    models = [own, Model(other, _standard(other))]
    wanted = (choice,) if choice in ("OpenAI", "Gemini") else ("OpenAI", "Gemini")
    return [model for model in models if model.provider in wanted and is_available(model.provider)]


def coach_models() -> list[Model]:
    """In the order in which they are asked: the other provider stands in, and one that is alone is asked again."""
    models = candidates("coach")
    return models if len(models) > 1 else models * 2


def client_of(provider: ProviderName) -> Client:
    """With the key that SSM has now. Raises UnavailableError, ModelMisconfiguredError for what cannot be a key."""
    base_url, key_parameter = _address(provider)
    key = read_secret(key_parameter).strip()  # a file's last line ends, too
    if not SENDABLE.fullmatch(key):
        logger.error("the key of a model provider cannot be sent", provider=provider)
        count("ModelMisconfigured")
        forget_key(provider)
        raise ModelMisconfiguredError()
    return Client(connections(base_url), key)


def forget_key(provider: ProviderName) -> None:
    """The provider refuses it: perhaps it has been replaced."""
    forget_secret(_address(provider)[1])


def _address(provider: ProviderName) -> tuple[str, str]:
    if provider == "OpenAI":
        own = settings.load(settings.ModelSettings)
        return own.openai_base_url, own.openai_api_key_parameter
    gemini = settings.load(settings.GeminiSettings)
    return gemini.gemini_base_url, gemini.gemini_api_key_parameter


def timeout(seconds: float) -> httpx.Timeout:
    """A request's timeouts: so long for each part of it, less for connecting."""
    return httpx.Timeout(seconds, connect=min(CONNECT_TIMEOUT, seconds))


def is_openai_itself() -> bool:
    """Whether the server is OpenAI's, in whichever region; others may refuse a field that they do not know."""
    host = urlsplit(settings.load(settings.ModelSettings).openai_base_url).hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def user_hash(user_id: UUID) -> str:
    """A user's name before OpenAI, for its reports of abuse and its cache: keyed, so that nobody else can make it."""
    key = read_secret(settings.load(settings.ModelSettings).openai_api_key_parameter).encode()
    return hmac.new(key, user_id.bytes, hashlib.sha256).hexdigest()


def _own(role: Role) -> Model:
    configuration = settings.load(settings.ModelSettings if role == "coach" else settings.AgentSettings)
    provider, _, name = str(getattr(configuration, f"{role}_model")).partition(":")
    configured = BY_SETTING[provider]
    return Model(configured, name or _standard(configured))


def _standard(provider: ProviderName) -> str:
    if provider == "OpenAI":
        return settings.load(settings.ModelSettings).chat_model
    return settings.load(settings.GeminiSettings).gemini_model
