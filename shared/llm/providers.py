"""Which model of which provider plays a role, and which stands in when that provider is down."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shared.llm.catalogue import Dialect, Figures, UnknownModelError, figures
from shared.llm.client import client, connect, is_openai_itself
from shared.llm.request import Request
from shared.platform import settings
from shared.platform.process import keep

if TYPE_CHECKING:
    import openai

Role = Literal["coach", "orchestrator", "researcher", "writer", "coder"]
ProviderName = Literal["OpenAI", "Gemini"]
Choice = Literal["OpenAI", "Gemini", "Mixed"]

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
        return max(
            request.visible_tokens, min(request.visible_tokens + known.room(self.effort(request)), known.most_output)
        )


def is_available(provider: ProviderName) -> bool:
    """Whether this deployment has a key for it."""
    return provider == "OpenAI" or bool(settings.load(settings.GeminiSettings).gemini_api_key_parameter)


def candidates(role: Role, choice: Choice | None = None) -> list[Model]:
    """The models for a role, the preferred one first.

    Whoever chose one provider gets no other; else the other one stands in.
    """
    own = _own(role)
    other: ProviderName = "Gemini" if own.provider == "OpenAI" else "OpenAI"
    models = [own, Model(other, _standard(other))]
    wanted = (choice,) if choice in ("OpenAI", "Gemini") else ("OpenAI", "Gemini")
    return [model for model in models if model.provider in wanted and is_available(model.provider)]


def client_of(provider: ProviderName) -> "openai.OpenAI":
    return client() if provider == "OpenAI" else gemini_client()


@keep
def gemini_client() -> "openai.OpenAI":
    """Made at first use and kept, as `client` is."""
    gemini = settings.load(settings.GeminiSettings)
    return connect(gemini.gemini_base_url, gemini.gemini_api_key_parameter)


def _own(role: Role) -> Model:
    configuration = settings.load(settings.ModelSettings if role == "coach" else settings.AgentSettings)
    provider, _, name = str(getattr(configuration, f"{role}_model")).partition(":")
    configured = BY_SETTING[provider]
    return Model(configured, name or _standard(configured))


def _standard(provider: ProviderName) -> str:
    if provider == "OpenAI":
        return settings.load(settings.ModelSettings).chat_model
    return settings.load(settings.GeminiSettings).gemini_model
