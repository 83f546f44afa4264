"""Which model of which provider plays a role, and which stands in when that provider is down."""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from shared.llm.client import client, connect, provider_parameters
from shared.platform import settings

if TYPE_CHECKING:
    import openai

Role = Literal["orchestrator", "researcher", "writer", "coder"]
ProviderName = Literal["OpenAI", "Gemini"]
Choice = Literal["OpenAI", "Gemini", "Mixed"]

BY_SETTING: dict[str, ProviderName] = {"openai": "OpenAI", "gemini": "Gemini"}
# What Gemini takes for the signature of a call that another provider's model made; without one it answers 400.
# https://ai.google.dev/gemini-api/docs/thought-signatures
UNSIGNED = {"google": {"thought_signature": "skip_thought_signature_validator"}}


@dataclass(frozen=True)
class Model:
    provider: ProviderName
    name: str


def is_available(provider: ProviderName) -> bool:
    """Whether this deployment has a key for it."""
    return provider == "OpenAI" or bool(settings.load(settings.GeminiSettings).gemini_api_key_parameter)


def candidates(role: Role, choice: Choice | None = None) -> list[Model]:
    """The models for a role, the preferred one first.

    Whoever chose one provider gets no other; else the other one stands in.
    """
    provider, _, name = str(getattr(settings.load(settings.AgentSettings), f"{role}_model")).partition(":")
    configured = BY_SETTING[provider]
    own = Model(configured, name or _standard(configured))
    other: ProviderName = "Gemini" if configured == "OpenAI" else "OpenAI"
    models = [own, Model(other, _standard(other))]
    wanted = (choice,) if choice in ("OpenAI", "Gemini") else ("OpenAI", "Gemini")
    return [model for model in models if model.provider in wanted and is_available(model.provider)]


def client_of(provider: ProviderName) -> "openai.OpenAI":
    return client() if provider == "OpenAI" else gemini_client()


@functools.cache
def gemini_client() -> "openai.OpenAI":
    """Made at first use and kept, as `client` is."""
    gemini = settings.load(settings.GeminiSettings)
    return connect(gemini.gemini_base_url, gemini.gemini_api_key_parameter)


def own_parameters(provider: ProviderName, user_id: UUID) -> dict[str, object]:
    """What only this provider understands."""
    return provider_parameters(user_id) if provider == "OpenAI" else {}


def in_its_words(provider: ProviderName, messages: list[dict[str, object]]) -> list[dict[str, object]]:
    """Messages as this provider takes them: signatures of Gemini's go back to Gemini unchanged, and to nobody else."""
    return [_signed(message, provider) if message.get("tool_calls") else message for message in messages]


def _signed(message: dict[str, object], provider: ProviderName) -> dict[str, object]:
    calls = message["tool_calls"]
    assert isinstance(calls, list)  # noqa: S101 - of our own making
    if provider == "OpenAI":
        bare = [{name: part for name, part in call.items() if name != "extra_content"} for call in calls]
        return message | {"tool_calls": bare}
    # Of calls made at once only the first carries a signature.
    if "extra_content" in calls[0]:
        return message
    return message | {"tool_calls": [calls[0] | {"extra_content": UNSIGNED}, *calls[1:]]}


def _standard(provider: ProviderName) -> str:
    if provider == "OpenAI":
        return settings.load(settings.ModelSettings).chat_model
    return settings.load(settings.GeminiSettings).gemini_model
