"""What a scanner says against the template is mended or explained; `make check` runs it."""

import pytest
import yaml

from infra.packaging.findings import EXPLAINED, unexplained
from tests.unit.packaging.compiled_template import Template

WHY = {"CKV_1": {"why": "…"}, "CKV_2": {"of": "Alarm.*", "why": "…"}}
ONE, TWO = ("CKV_1", "Queue", "is open"), ("CKV_2", "AlarmTopic", "is open")


def test_what_is_explained_passes() -> None:
    assert unexplained([ONE, TWO], WHY) == []


@pytest.mark.parametrize("finding", [("CKV_3", "Queue", "is open"), ("CKV_2", "Queue", "is open")], ids=str)
def test_what_nobody_explained_is_named(finding: tuple[str, str, str]) -> None:
    assert unexplained([ONE, TWO, finding], WHY) == [f"{finding[0]} Queue: is open"]


def test_an_explanation_of_what_is_not_said_is_named() -> None:
    assert unexplained([ONE], WHY) == ["CKV_2 is explained in findings.yml and not said"]


def test_every_explanation_has_a_reason() -> None:
    known = yaml.safe_load(EXPLAINED.read_text())
    assert all(len(each["why"]) > 40 for each in known.values())


@pytest.mark.xdist_group("template")
def test_only_its_own_api_may_invoke_a_function(template: Template) -> None:
    permissions = template.of_type("Lambda::Permission").values()
    assert len(permissions) > 50
    assert [each for each in permissions if "SourceArn" not in each] == []
