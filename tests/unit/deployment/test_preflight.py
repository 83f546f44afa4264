"""What is found before anything is uploaded, asked of AWS as moto has it and of a project that is a stub."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.deployment.account import Account
from infra.deployment.preflight import STORE, faults, too_large
from infra.local.processes import ROOT
from infra.packaging.generated import schema_version
from infra.packaging.stages import Stage
from tests.support.stub_server import StubServer, stub_server

ACCOUNT = "123456789012"  # moto's
REGION = "eu-central-1"


@pytest.fixture
def project() -> Iterator[StubServer]:
    """A Supabase project at the version of the schema that is needed."""
    with stub_server() as server:
        server.says(json.dumps(schema_version(ROOT)).encode())
        yield server


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account with the two secrets that every stage needs."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    def client(service: str) -> Any:
        return boto3.Session(region_name=REGION).client(service)  # type: ignore[call-overload]

    with mock_aws():
        for name in ("supabase-service-key", "openai-api-key"):
            client("ssm").put_parameter(Name=f"/hercules/prod/{name}", Value="sb_secret", Type="SecureString")
        yield Account(client)


@pytest.fixture
def stage(project: StubServer) -> Stage:
    return Stage("prod", ACCOUNT, REGION, {"SUPABASE_URL": project.url, "SUPABASE_ANON_KEY": "anon"})


def test_where_all_is_well_nothing_is_said(stage: Stage, account: Account, project: StubServer) -> None:
    assert faults(ROOT, stage, account) == []
    (asked,) = project.asked
    assert (asked.path, asked.headers["apikey"]) == ("/rest/v1/rpc/schema_version", "sb_secret")
    assert "authorization" not in asked.headers


def test_credentials_of_another_account_deploy_nothing(stage: Stage, account: Account) -> None:
    (fault,) = faults(ROOT, replace(stage, account="999999999999"), account)

    assert fault == f"These credentials are of account {ACCOUNT}; prod is in 999999999999."


def test_a_stage_that_does_not_say_where_it_is_deploys_nothing(stage: Stage, account: Account) -> None:
    assert "into which account" in faults(ROOT, replace(stage, account=""), account)[0]


def test_every_secret_that_the_settings_need_is_in_the_region_or_said_how_to_put_there(
    stage: Stage, account: Account
) -> None:
    more = {"WEBHOOK_ENDPOINTS": "a=https://a.example", "GEMINI_API_KEY_PARAMETER": "/hercules/prod/gemini-api-key"}
    found = faults(ROOT, replace(stage, settings={**stage.settings, **more}), account)

    missing = ("/hercules/prod/gemini-api-key", "/hercules/prod/webhook-secret")
    assert [fault.partition(": ")[2] for fault in found] == [STORE.format(region=REGION, name=name) for name in missing]


def test_a_schema_of_another_version_deploys_nothing(stage: Stage, account: Account, project: StubServer) -> None:
    project.says(b'"20200101000000"')
    (fault,) = faults(ROOT, stage, account)

    assert f"is at 20200101000000, this version needs {schema_version(ROOT)}" in fault


@pytest.mark.parametrize(
    ("status", "said"), [(404, "has no schema yet"), (401, "answers 401 to the service key"), (503, "answers 503")]
)
def test_a_project_that_does_not_tell_its_version_deploys_nothing(
    stage: Stage, account: Account, project: StubServer, status: int, said: str
) -> None:
    project.says(b"{}", status)
    (fault,) = faults(ROOT, stage, account)

    assert said in fault


def test_a_model_that_nobody_knows_deploys_nothing(stage: Stage, account: Account) -> None:
    found = faults(ROOT, replace(stage, settings={**stage.settings, "CHAT_MODEL": "gpt-9-nova"}), account)

    assert "gpt-9-nova" in found[0]


@pytest.mark.parametrize("missing", ["SUPABASE_URL", "SUPABASE_ANON_KEY"])
def test_a_setting_without_which_nothing_works_is_missed(stage: Stage, account: Account, missing: str) -> None:
    found = faults(ROOT, replace(stage, settings={**stage.settings, missing: ""}), account)

    assert found == [f"infra/stages/prod.yml has no {missing}."]


def test_no_more_is_reserved_than_the_account_can_spare(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "concurrency", lambda _: 10)
    from infra.deployment.preflight import _overbooked

    assert list(_overbooked(replace(stage, concurrency={"send_message": 5}), Account(print)))
    assert not list(_overbooked(stage, Account(print)))


def test_a_stack_that_could_not_grow_is_too_large() -> None:
    assert not too_large({"Resources": dict.fromkeys(map(str, range(450)))})
    assert too_large({"Resources": dict.fromkeys(map(str, range(451)))})
