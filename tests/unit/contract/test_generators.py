"""Clients that generators make of the contract: they type every operation, and lose no member that may be null."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.openapi import DOCUMENT, ROOT
from tests.support.typescript_usage import usage

pytestmark = pytest.mark.xdist_group("generators")
CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]
NPM = ROOT / "clients" / "typescript" / "node_modules"
# What openapi-generator says of any document of 3.1 with a schema, and of a member that is called `type`
# or a parameter that is called `source`: neither is renamed in what it writes.
OF_THE_GENERATOR = (
    "OpenAPI 3.1 support is still in beta",
    "Failed to get the schema name: null",
    "Type (reserved word) cannot be used as model name",
    "Source (reserved word) cannot be used as model name",
)


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command says. Fails where it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path}
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr


def test_typescript_types_every_operation_event_and_action(tmp_path: Path) -> None:
    run(
        NPM / ".bin" / "openapi-typescript", DOCUMENT, "--default-non-nullable", "false", "-o", tmp_path / "contract.ts"
    )
    (tmp_path / "usage.ts").write_text(usage(CONTRACT))
    options = {
        "strict": True,
        "exactOptionalPropertyTypes": False,
        "noEmit": True,
        "module": "esnext",
        "moduleResolution": "bundler",
        "target": "es2022",
        "lib": ["es2022", "dom"],
        "types": [],
        "paths": {"openapi-fetch": [str(NPM / "openapi-fetch")]},
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["usage.ts"]}))
    run(NPM / ".bin" / "tsc", "--project", tmp_path)


def test_python_has_a_typed_client_without_a_warning(tmp_path: Path) -> None:
    client = tmp_path / "hercules_api"
    said = run("openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", client, "--meta", "none")
    assert "arning" not in said

    # The generator's own part, the same for every document, passes `*args: object` on.
    (tmp_path / "mypy.ini").write_text("[mypy]\n[mypy-hercules_api.client]\nignore_errors = True\n")
    run("mypy", "--cache-dir", tmp_path / "cache", client, cwd=tmp_path)
    modules = {path.stem for path in (client / "api").rglob("*.py")}
    assert {_snake(name) for name in operations()} <= modules


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder with the client in a language. Skipped where there is no Java, but not in CI."""
    if not shutil.which("java") and not os.environ.get("CI"):
        pytest.skip("openapi-generator needs Java, which is not installed")

    def generate(language: str) -> Path:
        folder = tmp_path_factory.mktemp(language)
        said = run("openapi-generator-cli", "generate", "-g", language, "-i", DOCUMENT, "-o", folder)
        told = [line for line in said.splitlines() if re.search(r"\b(WARN|ERROR)\b", line)]
        assert not [line for line in told if not any(known in line for known in OF_THE_GENERATOR)]
        return folder

    return generate


@pytest.mark.parametrize(
    ("language", "apis", "models", "member"),
    [
        (
            "kotlin",
            "src/main/kotlin/org/openapitools/client/apis/*.kt",
            "src/main/kotlin/org/openapitools/client/models/{}.kt",
            r"val {}: [\w.<>, ]+\?",
        ),
        (
            "swift6",
            "Sources/OpenAPIClient/APIs/*.swift",
            "Sources/OpenAPIClient/Models/{}.swift",
            r"var {}: [\w\[\]:. ]+\?",
        ),
        ("dart", "lib/api/*.dart", "lib/model/{}.dart", r"[\w<>, ]+\?? {};"),
    ],
)
def test_a_language_of_phones_has_every_operation_and_member_and_knows_which_may_be_null(
    generated: Callable[[str], Path], language: str, apis: str, models: str, member: str
) -> None:
    folder = generated(language)
    calls = {name for file in folder.glob(apis) for name in re.findall(r"\b(\w+)\(", file.read_text())}
    assert set(operations()) <= calls
    lost = []
    for name in SCHEMAS:
        file = folder / models.format(_snake(name) if language == "dart" else name)
        for part in nullable(name):
            text = file.read_text() if file.exists() else ""
            if not re.search(member.format(rf"`?{_camel(part)}_?`?"), text):
                lost.append(f"{name}.{part}")
    assert not lost


def test_there_are_members_that_may_be_null() -> None:
    assert sum(len(nullable(name)) for name in SCHEMAS) > 100


def operations() -> list[str]:
    return [operation["operationId"] for item in CONTRACT["paths"].values() for operation in item.values()]


def nullable(name: str) -> list[str]:
    """The members of a schema that may be null."""
    members: dict[str, Any] = SCHEMAS[name].get("properties", {})
    return [
        member
        for member, part in members.items()
        if "null" in part.get("type", []) or {"type": "null"} in part.get("anyOf", [])
    ]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
