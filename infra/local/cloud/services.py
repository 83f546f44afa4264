"""The services behind the functions: ours on this machine, or real ones that environment variables name."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.aws_emulator.environment import STAGE
from infra.local.cloud import schema
from infra.local.cloud.place import Place, SettingsError
from infra.local.postgres.server import PostgresServer
from infra.local.processes import free_port, running
from infra.local.supabase_gateway.keys import Keys

OFFLINE_CHAT_MODEL = "hercules-extractive-1"
OFFLINE_EMBEDDING_MODEL = "minilm-l6-int8"


@dataclass(frozen=True)
class Supabase:
    url: str
    anon_key: str
    service_key: str
    database_url: str
    jwt_secret: str = ""  # of a project that still signs with HS256
    migrations: int = 0  # that kept data have been brought forward by


@dataclass(frozen=True)
class Gemini:
    base_url: str
    api_key: str
    model: str


@dataclass(frozen=True)
class Models:
    base_url: str
    api_key: str
    chat_model: str
    embedding_model: str
    gemini: Gemini | None  # the second provider
    dialect: str = ""  # empty: by the host
    moderation: str = ""  # empty: by the host
    offline_port: int = 0  # where the offline models are to listen; 0: others answer

    @property
    def settings(self) -> dict[str, str]:
        """As serverless.yml reads them; without the keys, which are in SSM."""
        named = {
            "OPENAI_BASE_URL": self.base_url,
            "OPENAI_DIALECT": self.dialect,
            "OPENAI_MODERATION": self.moderation,
            "CHAT_MODEL": self.chat_model,
            "EMBEDDING_MODEL": self.embedding_model,
        }
        if self.gemini:
            named |= {
                "GEMINI_API_KEY_PARAMETER": f"/hercules/{STAGE}/gemini-api-key",
                "GEMINI_BASE_URL": self.gemini.base_url,
                "GEMINI_MODEL": self.gemini.model,
            }
        return named


@contextlib.contextmanager
def supabase(place: Place, logs: Path, environment: Mapping[str, str] = os.environ) -> Iterator[Supabase]:
    """The project of SUPABASE_URL, or PostgreSQL with a gateway of our own, migrated."""
    if environment.get("SUPABASE_URL"):
        yield Supabase(
            environment["SUPABASE_URL"],
            _required(environment, "SUPABASE_ANON_KEY"),
            _required(environment, "SUPABASE_SERVICE_KEY"),
            environment.get("DATABASE_URL", ""),
            environment.get("SUPABASE_JWT_SECRET", ""),
        )
        return
    schema.check(place)
    password = place.secret("database-password")
    with PostgresServer(place.ports.database, data=place.database, password=password) as server:
        migrated = schema.bring_forward(place, server)
        path, log = place.data / "keys.json", logs / "supabase.log"
        keys, environment = Keys.load(path), {"DATABASE_URL": server.url()}  # no argument: those are for all to see
        gateway = ("infra.local.supabase_gateway", "--keys", str(path), "--host", place.host)
        served = running(
            *gateway, ready="/health", log=log, port=place.ports.supabase, host=place.host, environment=environment
        )
        with served as url:
            yield Supabase(url, keys.anon_key, keys.service_key, server.url(), migrations=migrated)


@contextlib.contextmanager
def models(logs: Path, environment: Mapping[str, str] = os.environ) -> Iterator[Models]:
    """OpenAI where its key is set, the server of OPENAI_BASE_URL, or the offline models; Gemini where its key is set.

    Offline models alone play both providers, at two addresses.
    """
    chosen = chosen_models(environment)
    if not chosen.offline_port:
        yield chosen
        return
    log = logs / "models.log"
    with running("infra.local.offline_models", port=chosen.offline_port, ready="/health", log=log):
        yield chosen


def chosen_models(environment: Mapping[str, str]) -> Models:
    """Whom the environment names; else the offline models, at an address that is free."""
    if environment.get("OPENAI_API_KEY") or environment.get("OPENAI_BASE_URL"):
        return Models(
            environment.get("OPENAI_BASE_URL") or "https://api.openai.com/v1",
            environment.get("OPENAI_API_KEY") or "none",
            environment.get("CHAT_MODEL") or "gpt-6-luna",
            environment.get("EMBEDDING_MODEL") or "text-embedding-3-small",
            _gemini(environment),
            environment.get("OPENAI_DIALECT", ""),
            environment.get("OPENAI_MODERATION", ""),
        )
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    second = _gemini(environment) or Gemini(f"{url}/gemini/v1", "offline", OFFLINE_CHAT_MODEL)
    # As OpenAI itself is asked, so that the laptop runs what AWS does.
    dialect, moderation = environment.get("OPENAI_DIALECT") or "responses", environment.get("OPENAI_MODERATION") or "on"
    return Models(
        f"{url}/v1", "offline", OFFLINE_CHAT_MODEL, OFFLINE_EMBEDDING_MODEL, second, dialect, moderation, port
    )


def aws(place: Place, logs: Path, *more: str) -> contextlib.AbstractContextManager[str]:
    """The AWS emulator, by its endpoint; `more` are options of its command."""
    options = [*more, "--host", place.host, *(("--objects", str(place.objects)) if place.objects else ())]
    ready, log = "/_ministack/health", logs / "aws.log"
    return running("infra.local.aws_emulator", *options, ready=ready, log=log, port=place.ports.aws, host=place.host)


def _gemini(environment: Mapping[str, str]) -> Gemini | None:
    key = environment.get("GEMINI_API_KEY")
    url = environment.get("GEMINI_BASE_URL") or "https://generativelanguage.googleapis.com/v1beta/openai/"
    return Gemini(url, key, environment.get("GEMINI_MODEL") or "gemini-3.8-flash") if key else None


def _required(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise SettingsError(f"SUPABASE_URL is set, so {name} is needed too")
    return environment[name]
