"""The template that would go to AWS, compiled once."""

import json
from pathlib import Path

import pytest

from infra.packaging.template import compile_template
from tests.unit.packaging.compiled_template import Template

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def template_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_template(ROOT, tmp_path_factory.mktemp("cloudformation") / "template.json")


@pytest.fixture(scope="session")
def template(template_path: Path) -> Template:
    return Template(json.loads(template_path.read_text())["Resources"])
