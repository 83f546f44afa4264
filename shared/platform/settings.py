"""Settings from environment variables. A function names the classes it needs and demands no others."""

import json
import os
import re
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.platform.process import keep
from shared.platform.text import JsonObject

_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?(/[!-~]*)?")  # neither userinfo nor spaces
_EVENT = r"^[a-z][a-z0-9_.]{0,49}$"
WEBHOOK_EVENT = "coach.message"  # the one event of an endpoint that names none
_LOOPBACK = re.compile(r"http://127\.0\.0\.1:\d{1,5}(/[!-~]*)?")


class EnvironmentSettings(BaseModel):
    """Reads each field from the variable of the same name in capitals.

    Plain Pydantic: pydantic-settings would add some 180 ms to every cold start.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def from_environment(cls) -> Self:
        """Raises pydantic.ValidationError when a variable is missing or malformed. Empty counts as unset."""
        names = cls.model_fields
        return cls.model_validate({name: value for name in names if (value := os.environ.get(name.upper()))})


class PlatformSettings(EnvironmentSettings):
    stage: str = "local"
    service_version: str = "dev"
    cors_allowed_origins: str = ""  # separated by commas

    @property
    def origins(self) -> list[str]:
        return [origin.strip() for origin in self.cors_allowed_origins.split(",") if origin.strip()]


class SupabaseSettings(EnvironmentSettings):
    """What every caller of Supabase knows. The anon key is public."""

    supabase_url: str
    supabase_anon_key: str


class ServiceKeySettings(SupabaseSettings):
    supabase_service_key_parameter: str


class AuthSettings(EnvironmentSettings):
    """How tokens are verified. A JWT secret is only for projects that still sign with HS256."""

    supabase_url: str
    supabase_jwt_issuer: str = ""
    supabase_jwt_audience: str = "authenticated"
    supabase_jwt_secret_parameter: str = ""

    @property
    def issuer(self) -> str:
        return self.supabase_jwt_issuer or f"{self.supabase_url.rstrip('/')}/auth/v1"

    @property
    def jwks_url(self) -> str:
        return f"{self.supabase_url.rstrip('/')}/auth/v1/.well-known/jwks.json"


class ModelSettings(EnvironmentSettings):
    """Which models, and where. Any OpenAI-compatible server will do."""

    openai_base_url: str = "https://api.openai.com/v1"
    openai_api_key_parameter: str
    openai_dialect: Literal["", "responses", "chat_completions"] = ""  # empty: the model's, else the host's
    openai_moderation: Literal["", "on", "off"] = ""  # of questions, for self-harm; empty: where OpenAI itself answers
    chat_model: str = "gpt-6-luna"
    coach_model: str = "openai"  # "provider:model", as the agents' are: the other provider stands in
    chat_reasoning_effort: str = "low"  # of it, the nearest that a model knows is asked for
    answer_tokens: int = Field(2500, ge=64, le=32_000)  # that a user sees; a plan of four sessions has some 1,800
    first_token_seconds: float = Field(600, gt=0)  # a laptop reads a prompt for half a minute; the turn ends first
    stall_seconds: float = Field(10, gt=0)  # between two signs of life; a working model gives several a second
    model_figures: str = ""  # of models that the catalogue does not have, as JSON: see shared.llm.catalogue
    embedding_model: str = "text-embedding-3-small"
    embedding_dimensions: int = 512  # the width of ai_kb_docs.embedding: a test compares them


class KnowledgeSettings(EnvironmentSettings):
    """The knowledge bucket and the queue of its events."""

    knowledge_bucket: str
    ingest_queue_url: str = ""


class BacklogSettings(EnvironmentSettings):
    """Where documents wait to be read, and where those are that could not be."""

    ingest_queue_url: str
    ingest_dead_letter_queue_url: str


class OcrSettings(EnvironmentSettings):
    """What reads the pages of documents that are pictures."""

    ocr: Literal["off", "tesseract", "textract"] = "off"
    ocr_languages: str = Field("eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$")  # of Tesseract, by its names

    @property
    def is_on(self) -> bool:
        return self.ocr != "off"


class GeminiSettings(EnvironmentSettings):
    """The second provider, through its OpenAI-compatible endpoint. Without a key's parameter there is none."""

    gemini_base_url: str = "https://generativelanguage.googleapis.com/v1beta/openai/"
    gemini_api_key_parameter: str = ""
    gemini_model: str = "gemini-3.8-flash"  # what stands in when the other provider is down


class AgentSettings(EnvironmentSettings):
    """Which model plays which role in a room, as "provider:model"; a provider alone means its standard model."""

    orchestrator_model: str = "openai"
    researcher_model: str = "openai"
    writer_model: str = "openai"
    coder_model: str = "openai"
    # Of an agent's silence, after which another worker may take its task; it is renewed while a model is asked.
    task_lease_seconds: float = 20.0


class RoomSettings(EnvironmentSettings):
    """Where rooms keep their files."""

    rooms_bucket: str


class WorkflowSettings(EnvironmentSettings):
    """The state machine that runs rooms."""

    room_workflow_arn: str


class RealtimeSettings(EnvironmentSettings):
    """Where frames for sockets are posted to. Without an API's id nothing is pushed."""

    websocket_api_id: str = ""
    stage: str = "local"
    aws_region: str = ""
    aws_endpoint_url: str = ""  # set on a laptop only

    @property
    def connections_url(self) -> str:
        return f"{self._api('http')}/@connections"

    @property
    def socket_url(self) -> str | None:
        return self._api("ws") if self.websocket_api_id else None

    def _api(self, scheme: str) -> str:
        if self.aws_endpoint_url:
            place = self.aws_endpoint_url.rstrip("/").removeprefix("http")
            return f"{scheme}{place}/_aws/execute-api/{self.websocket_api_id}/{self.stage}"
        return f"{scheme}s://{self.websocket_api_id}.execute-api.{self.aws_region}.amazonaws.com/{self.stage}"


class WebhookEndpoint(BaseModel):
    """Whom webhooks may be sent to, and of what they may tell."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    events: tuple[Annotated[str, StringConstraints(pattern=_EVENT)], ...] = Field((WEBHOOK_EVENT,), min_length=1)
    description: str = ""  # for the model: who it is, and what its events are


def _endpoints(text: str) -> JsonObject:
    """`name=url, name=url`, or an object of JSON by name, as a dictionary. ValueError for what is neither."""
    if text.lstrip().startswith("{"):
        return _json_object(text)
    pieces = [piece.strip().split("=", 1) for piece in text.split(",") if piece.strip()]
    return _each_once([(piece[0], {"url": piece[-1]}) for piece in pieces])


def _json_object(text: str) -> JsonObject:
    try:
        found: JsonObject = json.loads(text, object_pairs_hook=_each_once)
    except json.JSONDecodeError:
        raise ValueError("must be JSON, or name=https://host/path, separated by commas") from None
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("must have each name once")
    return found


class WebhookSettings(EnvironmentSettings):
    """Where webhooks may be sent to, by the name that the coach knows it by. Without any, none is proposed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)  # a path may be a secret

    stage: str = ""
    webhook_endpoints: Annotated[dict[str, WebhookEndpoint], BeforeValidator(_endpoints)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _are_allowed(self) -> Self:
        for name, endpoint in self.webhook_endpoints.items():
            if not _NAME.fullmatch(name):
                raise ValueError("must be name=https://host/path, separated by commas, or JSON by name")
            on_laptop = self.stage == "local" and _LOOPBACK.fullmatch(endpoint.url)
            if not on_laptop and not _HTTPS.fullmatch(endpoint.url):
                raise ValueError(f"the URL of {name} must begin with https:// and a host")
            if urlsplit(endpoint.url).port == 0:  # ValueError for a port beyond 65535
                raise ValueError(f"the URL of {name} has no such port")
        return self


class WebhookSecretSettings(EnvironmentSettings):
    webhook_secret_parameter: str


SettingsT = TypeVar("SettingsT", bound=EnvironmentSettings)


@keep
def load(settings: type[SettingsT]) -> SettingsT:
    """The settings of this process, read once."""
    return settings.from_environment()
