"""Settings from environment variables. A function names the classes it needs and demands no others."""

import os
from typing import ClassVar, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict


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
    chat_model: str = "gpt-6-luna"
    chat_reasoning_effort: str = "low"  # sent to OpenAI only; reasoning counts as answer tokens
    embedding_model: str = "text-embedding-3-small"
    embedding_dimensions: int = 512  # the width of ai_kb_docs.embedding


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


SettingsT = TypeVar("SettingsT", bound=EnvironmentSettings)
_loaded: dict[type[EnvironmentSettings], EnvironmentSettings] = {}


def load(settings: type[SettingsT]) -> SettingsT:
    """The settings of this process, read once."""
    if settings not in _loaded:
        _loaded[settings] = settings.from_environment()
    return cast(SettingsT, _loaded[settings])
