"""Starts the whole cloud and ends it."""

import base64
import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra import catalogue
from infra.local.aws_emulator.deploy import Outputs, deploy, put_secrets
from infra.local.aws_emulator.environment import STAGE
from infra.local.cloud import interrupted, services
from infra.local.cloud.description import Cloud
from infra.local.cloud.place import Place, SettingsError, web_origins

# Settings that mean the same here and on AWS.
PASSED_ON = (
    "CORS_ALLOWED_ORIGINS",
    "CHAT_REASONING_EFFORT",
    "MODEL_FIGURES",
    "ANSWER_TOKENS",
    "FIRST_TOKEN_SECONDS",
    "STALL_SECONDS",
    "COACH_MODEL",
    "ORCHESTRATOR_MODEL",
    "RESEARCHER_MODEL",
    "WRITER_MODEL",
    "CODER_MODEL",
    "SUPABASE_JWT_ISSUER",
    "OTLP_ENDPOINT",
    "WEB_HOSTS",
    "WEB_SEARCH_URL",
    "WEB_SEARCH_DOLLARS",
    "WEBHOOK_ENDPOINTS",
    "OCR",
    "OCR_LANGUAGES",
    "LOG_LEVEL",
)

Report = Callable[[str, float], None]  # what is done, and the seconds it took


@contextlib.contextmanager
def running_cloud(
    report: Report = lambda *_: None,
    environment: Mapping[str, str] = os.environ,
    place: Place | None = None,
    aws: Sequence[str] = (),
) -> Iterator[Cloud]:
    """A cloud at `place`, or an empty one on free ports, for once. Every process ends with the block.

    `environment` may name real services, and settings of the functions; `aws` are options of the emulator. Raises
    SettingsError for settings that cannot work.
    """
    check_models(environment)
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hercules-cloud-")))
        place = place or Place.for_once(directory)
        environment = {**environment, "CORS_ALLOWED_ORIGINS": web_origins(place, environment)}
        started = time.monotonic()
        supabase, models, endpoint = _enter_together(
            stack,
            services.supabase(place, directory, environment),
            services.models(directory, environment),
            services.aws(place, directory, *aws),
        )
        report("PostgreSQL, Supabase gateway, models and AWS emulator are up", time.monotonic() - started)
        if supabase.migrations:
            report(f"{supabase.migrations} migrations have brought the kept data to the new schema", 0.0)
        started = time.monotonic()
        webhook_secret = place.secret("webhook-secret", _new_webhook_secret)
        put_secrets(endpoint, {"webhook-secret": webhook_secret})
        outputs = _deploy(endpoint, supabase, models, environment)
        report("serverless.yml is deployed", time.monotonic() - started)
        cloud = _cloud(supabase, models, endpoint, outputs, webhook_secret, place.console_url)
        if place.kept and not environment.get("SUPABASE_URL"):
            interrupted.take_up(cloud)
        yield cloud


def _new_webhook_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def check_models(environment: Mapping[str, str]) -> None:
    """Raises SettingsError where nobody knows what a model takes and costs: no limit may be blind."""
    if faults := catalogue.faults(services.chosen_models(environment).settings | _passed_on(environment)):
        raise SettingsError("\n".join(faults))


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in PASSED_ON if environment.get(name)}


def _enter_together(stack: contextlib.ExitStack, *blocks: contextlib.AbstractContextManager[Any]) -> list[Any]:
    """Enter blocks at the same time; when one fails, those that did come up are left again."""
    with ThreadPoolExecutor(len(blocks)) as pool:
        entering = [pool.submit(block.__enter__) for block in blocks]
    for block, entered in zip(blocks, entering, strict=True):
        if entered.exception() is None:
            stack.push(block)
    return [entered.result() for entered in entering]


def _deploy(
    endpoint: str, supabase: services.Supabase, models: services.Models, environment: Mapping[str, str]
) -> Outputs:
    put_secrets(endpoint, {"supabase-service-key": supabase.service_key, "openai-api-key": models.api_key})
    settings = {"SUPABASE_URL": supabase.url, "SUPABASE_ANON_KEY": supabase.anon_key, **models.settings}
    if models.gemini:
        put_secrets(endpoint, {"gemini-api-key": models.gemini.api_key})
    if supabase.jwt_secret:
        put_secrets(endpoint, {"supabase-jwt-secret": supabase.jwt_secret})
        settings["SUPABASE_JWT_SECRET_PARAMETER"] = f"/hercules/{STAGE}/supabase-jwt-secret"
    if key := environment.get("BRAVE_API_KEY"):
        put_secrets(endpoint, {"brave-api-key": key})
        settings["WEB_SEARCH_KEY_PARAMETER"] = f"/hercules/{STAGE}/brave-api-key"
    return deploy(endpoint, settings | _passed_on(environment))


def _cloud(
    supabase: services.Supabase,
    models: services.Models,
    endpoint: str,
    outputs: Outputs,
    webhook_secret: str,
    console_url: str,
) -> Cloud:
    return Cloud(
        **asdict(outputs),
        supabase_url=supabase.url,
        anon_key=supabase.anon_key,
        service_key=supabase.service_key,
        database_url=supabase.database_url,
        openai_base_url=models.base_url,
        gemini_base_url=models.gemini.base_url if models.gemini else "",
        aws_endpoint_url=endpoint,
        webhook_secret=webhook_secret,
        console_url=console_url,
    )
