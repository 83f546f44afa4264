"""Writes the contract from the code: `python -m infra.openapi [--check]`.

The routers of all functions make one OpenAPI 3.1 document; the socket has an AsyncAPI document; events and errors have
a page each.
"""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import APIRouter

from infra.contract import asyncapi, events_page, problems
from infra.contract.examples import add_examples
from infra.contract.headers import add_headers
from infra.contract.shape import shape
from infra.contract.typed import replace, type_members, typed_schemas

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

    app = create_app(*routers())
    app.description = DESCRIPTION
    described = app.openapi()
    schemas = described["components"]["schemas"]
    for item in described["paths"].values():
        for operation in item.values():
            _describe_validation_as_problem(operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    replace(schemas, typed_schemas())
    type_members(schemas)
    add_headers(described)
    add_examples(described)
    return shape(described)


def _describe_validation_as_problem(operation: dict[str, Any]) -> None:
    """FastAPI adds its own form of 422, which this API never answers."""
    found = operation["responses"].get("422", {}).get("content", {})
    found.pop("application/json", None)


def files() -> dict[Path, str]:
    """What is written, and where."""
    return {
        DOCUMENT: _json(document()),
        ROOT / "infra" / "asyncapi.json": _json(asyncapi.document()),
        ROOT / "docs" / "errors.md": problems.page(),
        ROOT / "docs" / "events.md": events_page.page(),
    }


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a file is not what the code says")
    check = parser.parse_args().check
    drifted = {path: text for path, text in files().items() if not path.exists() or path.read_text() != text}
    for path, text in drifted.items():
        if check:
            sys.stderr.write(f"{path.relative_to(ROOT)} has drifted from the code: run `make openapi`\n")
        else:
            path.write_text(text)
    return int(check and bool(drifted))


if __name__ == "__main__":
    sys.exit(main())
