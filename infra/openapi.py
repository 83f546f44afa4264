"""Composes the routers of all functions into one OpenAPI 3.1 document: `python -m infra.openapi [--check]`."""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import APIRouter

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "infra" / "openapi.json"
# Importing a handler builds its app, which reads only these; nothing is called.
ENVIRONMENT = {"STAGE": "openapi", "SERVICE_VERSION": "1"}
DESCRIPTION = (
    "An AI fitness coach and its task rooms. Errors are RFC 9457 problem documents; `code` is the member to act on. "
    "Lists are paged by opaque cursors."
)


def routers() -> list[APIRouter]:
    """The router of every HTTP function, in the order of their names."""
    names = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
    with patch.dict(os.environ, ENVIRONMENT):  # and not for whatever else this process does
        modules = [importlib.import_module(f"functions.{name}.handler") for name in names]
    return [module.router for module in modules if hasattr(module, "router")]


def document() -> dict[str, Any]:
    """The API as clients see it."""
    from shared.api.app import create_app
    from shared.api.problems import Problem

    app = create_app(*routers())
    app.description = DESCRIPTION
    described = app.openapi()
    schemas = described["components"]["schemas"]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    for item in described["paths"].values():
        for operation in item.values():
            _describe_validation_as_problem(operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return described


def _describe_validation_as_problem(operation: dict[str, Any]) -> None:
    """FastAPI adds its own form of 422, which this API never answers."""
    found = operation["responses"].get("422", {}).get("content", {})
    found.pop("application/json", None)


def rendered() -> str:
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when infra/openapi.json is not what the code says")
    arguments = parser.parse_args()
    text = rendered()
    if not arguments.check:
        DOCUMENT.write_text(text)
    elif DOCUMENT.read_text() != text:
        sys.stderr.write("infra/openapi.json has drifted from the code: run `make openapi`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
