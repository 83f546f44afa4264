"""What would keep a deployment from working, found before anything is uploaded."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from infra import catalogue
from infra.deployment.account import Account
from infra.packaging.generated import schema_version
from infra.packaging.stages import Stage

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html has 500: there must be room.
MOST_RESOURCES = 450
UNRESERVED = 100  # that Lambda keeps for functions without a reservation
STORE = "aws ssm put-parameter --region {region} --type SecureString --name {name} --value file:///dev/stdin"


def faults(root: Path, stage: Stage, account: Account) -> list[str]:
    """Each in words for the one who deploys; none where all is well."""
    return [
        *_misplaced(stage, account),
        *catalogue.faults(stage.settings),
        *_missing_settings(stage),
        *_missing_secrets(stage, account),
        *_unknown_schema(root, stage, account),
        *_overbooked(stage, account),
    ]


def too_large(template: Mapping[str, Any]) -> list[str]:
    """Whether the stack has too many resources to grow."""
    count = len(template["Resources"])
    return [f"The stack has {count} resources: {MOST_RESOURCES} at most."] if count > MOST_RESOURCES else []


def secrets_of(stage: Stage) -> dict[str, str]:
    """The SSM parameters that this stage's functions read, and what is in each."""
    place, settings = f"/hercules/{stage.name}", stage.settings
    needed = {f"{place}/supabase-service-key": "the Supabase service key", f"{place}/openai-api-key": "the OpenAI key"}
    if name := settings.get("GEMINI_API_KEY_PARAMETER"):
        needed[name] = "the Gemini key"
    if name := settings.get("WEB_SEARCH_KEY_PARAMETER"):
        needed[name] = "the key of Brave's search"
    if name := settings.get("SUPABASE_JWT_SECRET_PARAMETER"):
        needed[name] = "the project's JWT secret"
    if name := settings.get("OTLP_HEADERS_PARAMETER"):
        needed[name] = "the headers for the collector of spans"
    if settings.get("WEBHOOK_ENDPOINTS"):
        needed[f"{place}/webhook-secret"] = "the secret that webhooks are signed with"
    return needed


def _misplaced(stage: Stage, account: Account) -> Iterator[str]:
    if not stage.account or not stage.region:
        yield f"infra/stages/{stage.name}.yml does not say into which account and region."
    elif (number := account.number()) != stage.account:
        yield f"These credentials are of account {number}; {stage.name} is in {stage.account}."


def _missing_settings(stage: Stage) -> Iterator[str]:
    for name in ("SUPABASE_URL", "SUPABASE_ANON_KEY"):
        if not stage.settings.get(name):
            yield f"infra/stages/{stage.name}.yml has no {name}."


def _missing_secrets(stage: Stage, account: Account) -> Iterator[str]:
    needed = secrets_of(stage)
    for name in account.missing_parameters(list(needed)):
        yield f"{needed[name]} is not in {stage.region}: {STORE.format(region=stage.region, name=name)}"


def _unknown_schema(root: Path, stage: Stage, account: Account) -> Iterator[str]:
    """Asks the project with the service key, if both are there: else that has been said already."""
    key = account.parameter(f"/hercules/{stage.name}/supabase-service-key")
    url = stage.settings.get("SUPABASE_URL")
    if not key or not url:
        return
    headers = {"apikey": key} if key.startswith("sb_") else {"apikey": key, "Authorization": f"Bearer {key}"}
    wanted = schema_version(root)
    try:
        answer = httpx.post(f"{url}/rest/v1/rpc/schema_version", headers=headers, json={}, timeout=20)
    except httpx.HTTPError as error:
        yield f"{url} does not answer: {type(error).__name__}."
        return
    if answer.status_code == 404:
        yield f"{url} has no schema yet: supabase db push."
    elif answer.is_error:
        yield f"{url} answers {answer.status_code} to the service key."
    elif (found := answer.json()) != wanted:
        yield f"The schema of {url} is at {found or 'nothing'}, this version needs {wanted}: supabase db push."


def _overbooked(stage: Stage, account: Account) -> Iterator[str]:
    reserved = sum(stage.concurrency.values())
    if reserved and reserved > account.concurrency() - UNRESERVED:
        yield f"{reserved} concurrent functions are to be reserved: the account may run {account.concurrency()}."
