"""Which models may be deployed, and what an operator is told of others."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.catalogue import faults
from infra.packaging import osls
from shared.llm.catalogue import catalogue
from tests.unit.packaging.compiled_template import Template

ROOT = Path(__file__).parents[3]
FIGURES: dict[str, object] = {
    "dialect": None,
    "efforts": [],
    "default_effort": None,
    "context": 32_768,
    "most_output": 4_096,
    "headroom": {"": 0},
    "prices": [{"effective": "2026-01-01", "input": 0, "cached_input": 0, "output": 0}],
}
GEMINI = {"GEMINI_API_KEY_PARAMETER": "/hercules/dev/gemini-api-key"}
LOCAL = {"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}


def said(model: str, **changes: object) -> dict[str, str]:
    return {"MODEL_FIGURES": json.dumps({model: FIGURES | changes})}


def defaults() -> dict[str, str]:
    """What serverless.yml takes where the environment says nothing."""
    params = yaml.safe_load(re.sub(r"!\w+", "", (ROOT / "serverless.yml").read_text()))["params"]["default"]
    found = {name: re.fullmatch(r"\$\{env:(\w+), '([^']*)'\}", str(value)) for name, value in params.items()}
    return {name: match[2] for name, match in found.items() if match}


def test_what_is_deployed_when_nothing_is_said_is_known() -> None:
    assert faults({}) == []
    assert faults(defaults()) == []
    assert faults(defaults() | GEMINI) == []


def test_the_check_takes_the_defaults_that_the_deployment_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no model known, it names the default of each variable."""
    monkeypatch.setattr("infra.catalogue.catalogue", dict)
    said = defaults()

    assert [line for line in faults(GEMINI) if "which is unknown" in line] == [
        f"{variable} is {said[variable]!r}, which is unknown."
        for variable in ("CHAT_MODEL", "GEMINI_MODEL", "EMBEDDING_MODEL")
    ]


@pytest.mark.parametrize(
    ("variable", "value", "model"),
    [
        ("CHAT_MODEL", "gpt-9-nova", "gpt-9-nova"),
        ("GEMINI_MODEL", "gemini-9", "gemini-9"),
        ("EMBEDDING_MODEL", "nomic-embed-text", "nomic-embed-text"),
        ("COACH_MODEL", "gemini:gemini-9", "gemini-9"),
        ("ORCHESTRATOR_MODEL", "openai:gpt-9-nova", "gpt-9-nova"),
        ("RESEARCHER_MODEL", "openai:gpt-9-nova", "gpt-9-nova"),
        ("WRITER_MODEL", "gemini:gemini-9", "gemini-9"),
        ("CODER_MODEL", "openai:qwen3:8b", "qwen3:8b"),  # names of Ollama's have a colon
    ],
)
def test_a_model_that_nobody_knows_is_named_with_what_to_state_of_it(variable: str, value: str, model: str) -> None:
    named, how = faults({variable: value} | GEMINI)

    assert named == f"{variable} is {model!r}, which is unknown."
    (example,) = re.findall(r"^  (\{.*\})$", how, re.MULTILINE)
    assert list(json.loads(example)) == [model]
    assert faults({variable: value, "MODEL_FIGURES": example} | GEMINI) == []


def test_every_parameter_that_names_a_model_is_looked_at() -> None:
    parameters = [name for name in defaults() if name.endswith("_MODEL")]

    assert len(parameters) >= 8
    for parameter in parameters:
        found = faults({parameter: "openai:nobodys"} | GEMINI)
        assert [fault for fault in found if fault.startswith(f"{parameter} is ")], parameter


def test_several_unknown_models_are_stated_together() -> None:
    environment = {"CHAT_MODEL": "one", "WRITER_MODEL": "openai:two", "CODER_MODEL": "openai:one", **LOCAL}

    *named, how = faults(environment)

    assert named == ["CHAT_MODEL is 'one', which is unknown.", "WRITER_MODEL is 'two', which is unknown."]
    assert '"one": {' in how
    assert '"two": {' in how


def test_a_second_provider_without_a_key_is_not_asked_about() -> None:
    assert faults({"GEMINI_MODEL": "gemini-9"}) == []


def test_malformed_figures_stop_a_deployment_that_needs_none_and_say_where() -> None:
    (fault,) = faults(said("my-model", context="much"))

    assert fault.startswith("MODEL_FIGURES is malformed: my-model.context: ")


def test_figures_of_a_model_that_is_known_are_not_passed_over_in_silence() -> None:
    assert faults(said("gpt-6-luna")) == ["MODEL_FIGURES states gpt-6-luna, which is known: leave it out."]


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"CHAT_MODEL": "gpt-6-astra", "OPENAI_DIALECT": "chat_completions"}, "takes no tools in Chat Completions"),
        (
            {"WRITER_MODEL": "openai:gpt-6.1-sol", "CHAT_MODEL": "gpt-6-luna", "OPENAI_DIALECT": "chat_completions"},
            "takes no tools in Chat Completions",
        ),
        (
            {"CHAT_MODEL": "gpt-9", "OPENAI_BASE_URL": "https://eu.api.openai.com/v1"}
            | said("gpt-9", dialect="chat_completions", efforts=["low"], headroom={"": 0, "low": 0}),
            "takes no tools in Chat Completions",
        ),
        ({"GEMINI_MODEL": "gpt-6-luna"}, "is asked through Responses"),
        ({"CHAT_MODEL": "text-embedding-3-small"}, "only embeds"),
        ({"EMBEDDING_MODEL": "gpt-6-luna"}, "which writes"),
        ({"CODER_MODEL": "mistral:large"}, "names the provider 'mistral': it is one of openai, gemini"),
        ({"CHAT_REASONING_EFFORT": "lots"}, "is 'lots': it is one of none, minimal, low"),
        ({"OPENAI_MODERATION": "yes"}, "is 'yes': it is on, off, or empty"),
        ({"OPENAI_DIALECT": "completions"}, "is 'completions': it is one of responses, chat_completions"),
    ],
)
def test_a_model_that_could_not_be_talked_to_is_a_fault(environment: dict[str, str], told: str) -> None:
    found = faults(environment | GEMINI)

    assert len([fault for fault in found if told in fault]) == 1


@pytest.mark.parametrize(
    "environment",
    [
        {"CHAT_MODEL": "gpt-6-astra"},
        {"CHAT_MODEL": "gpt-6-luna", "OPENAI_DIALECT": "chat_completions"},  # without thinking
        {"CHAT_MODEL": "gpt-6-astra", "OPENAI_DIALECT": "chat_completions", **LOCAL},  # a gateway has its own rules
        {"CHAT_MODEL": "qwen3:8b", **LOCAL, **said("qwen3:8b")},
        {"ORCHESTRATOR_MODEL": "gemini", "WRITER_MODEL": "gemini:gemini-4-argon", **GEMINI},
        {"CHAT_MODEL": "", "MODEL_FIGURES": "", "CHAT_REASONING_EFFORT": ""},
    ],
)
def test_a_model_that_can_be_talked_to_is_none(environment: dict[str, str]) -> None:
    assert faults(environment) == []


def test_a_function_is_imported_whatever_is_configured() -> None:
    unfit = {"CHAT_MODEL": "gpt-9-nova", "MODEL_FIGURES": "{", "STAGE": "dev", "PATH": os.environ["PATH"]}
    code = "import functions.send_message.handler, functions.run_agent.handler"

    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=unfit, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr


@pytest.mark.xdist_group("template")
def test_every_function_that_asks_a_model_is_told_what_was_stated(template: Template) -> None:
    variables = {name: function["Environment"]["Variables"] for name, function in template.functions().items()}
    asking = {name for name, told in variables.items() if "CHAT_MODEL" in told}

    # Whoever shows what a room will cost asks none, but has to know its price.
    assert asking == {"send_message", "plan_room", "run_agent", "review_room", "create_room", "change_plan"}
    assert {name for name, told in variables.items() if "MODEL_FIGURES" in told} == asking


def test_what_was_stated_reaches_a_deployment_as_it_is(tmp_path: Path) -> None:
    environment = {"SUPABASE_URL": "https://x", "SUPABASE_ANON_KEY": "x"} | said("qwen3:8b")
    osls.lay_out(ROOT, tmp_path)
    lines: list[str] = []

    osls.run(tmp_path, "print", stage="dev", environment=environment, progress=lines.append)

    printed = yaml.safe_load(re.sub(r"!\w+", "", "\n".join(lines[lines.index("service: hercules") :])))
    told = printed["functions"]["send_message"]["environment"]["MODEL_FIGURES"]
    assert json.loads(told) == json.loads(environment["MODEL_FIGURES"])


def test_every_model_of_the_catalogue_that_writes_can_be_deployed() -> None:
    models = {name: model for name, model in catalogue().items() if model.most_output}

    assert models
    for name in models:
        gemini = name.startswith("gemini-")
        assert faults({"GEMINI_MODEL" if gemini else "CHAT_MODEL": name} | GEMINI) == []
