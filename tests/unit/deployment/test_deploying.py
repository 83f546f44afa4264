"""What the deployment tool sees of whoever runs it, and what it does when somebody says no."""

from typing import Any

import pytest

from infra.deployment import __main__ as deployment
from infra.deployment import preflight
from infra.deployment.account import Account
from infra.packaging import osls
from infra.packaging.stages import Stage

STAGE = Stage("prod", "123456789012", "eu-west-1", {"CHAT_MODEL": "gpt-6-luna"})


@pytest.fixture
def uploaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    done: list[Any] = []
    monkeypatch.setattr(osls, "run", lambda *arguments, **_: done.append(arguments))
    return done


def test_settings_come_from_the_file_and_credentials_from_whoever_deploys() -> None:
    own = {
        "AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "t", "HOME": "/home/a", "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "CHAT_MODEL": "gpt-6-sol", "WEBHOOK_ENDPOINTS": "x=https://x",
    }  # fmt: skip

    assert deployment.environment_of(STAGE, own) == {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "t",
        "HOME": "/home/a",
        "AWS_REGION": "eu-west-1",
        "CHAT_MODEL": "gpt-6-luna",
    }


def test_nothing_is_built_or_uploaded_where_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, uploaded: list[Any]
) -> None:
    monkeypatch.setattr(preflight, "faults", lambda *_: ["The OpenAI key is not there."])
    with pytest.raises(deployment.StoppedError, match=r"Nothing is deployed:\nThe OpenAI key"):
        deployment.deploy(STAGE, Account(print), asks=True)

    assert uploaded == []


def test_nothing_is_uploaded_without_a_yes(
    monkeypatch: pytest.MonkeyPatch, uploaded: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preflight, "faults", lambda *_: [])
    monkeypatch.setattr(deployment, "compile_template", lambda _, target, __: target)
    monkeypatch.setattr(deployment, "lint", lambda _: None)
    monkeypatch.setattr(deployment, "_compiled", lambda: {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    monkeypatch.setattr(Account, "template", lambda *_: None)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(deployment.StoppedError, match="Nothing is deployed"):
        deployment.deploy(STAGE, Account(print), asks=True)

    assert uploaded == []
    assert "+ AWS::SNS::Topic Topic" in capsys.readouterr().out
