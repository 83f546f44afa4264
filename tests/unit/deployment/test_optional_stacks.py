"""The stacks that a deployment may have beside its own: a domain with a firewall, and the console's files."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from infra.local.console.app import create_app, policy
from infra.local.processes import ROOT
from infra.packaging.template import lint

REACHED = ("https://api.example.com", "wss://live.example.com")


@pytest.fixture(scope="module")
def console() -> dict[str, Any]:
    """The resources of the console's stack, its functions as the strings that they are given."""
    resources: dict[str, Any] = yaml.safe_load(re.sub(r"!\w+", "", (ROOT / "infra" / "console.yml").read_text()))
    return resources["Resources"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["edge", "console"])
def test_cfn_lint_has_nothing_to_say(name: str) -> None:
    lint(ROOT / "infra" / f"{name}.yml")


def test_the_console_says_of_itself_behind_cloudfront_what_it_says_on_a_laptop(
    console: dict[str, Any], tmp_path: Path
) -> None:
    config = console["Headers"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    told = config["ContentSecurityPolicy"]["ContentSecurityPolicy"].replace("${Reached}", " ".join(REACHED))
    (tmp_path / "index.html").write_text("<h1>Hello</h1>")
    answer = TestClient(create_app(tmp_path, {}, REACHED)).get("/")

    assert answer.headers["content-security-policy"] == policy(REACHED) == told
    assert answer.headers["referrer-policy"] == config["ReferrerPolicy"]["ReferrerPolicy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "ContentTypeOptions" in config


def test_nobody_but_its_cloudfront_reads_the_bucket(console: dict[str, Any]) -> None:
    assert set(console["Files"]["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    statements = console["FilesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (allowed,) = [each for each in statements if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    assert allowed["Condition"]["StringEquals"]["aws:SourceArn"].endswith(":distribution/${Distribution}")
