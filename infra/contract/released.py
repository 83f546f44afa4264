"""Compares the contract with that of the last release: `python -m infra.contract.released [--write]`.

A contract is written as facts, one a line, that apps rely on. One that is gone breaks them, and so does a new demand on
what they send. Below 1.0.0 a new minor version may break apps, then only a new major one may. `--write` belongs to a
release: what is then becomes what apps rely on, and the workflow of rooms what those that run during the next
deployment go on with (tests/e2e/test_rooms_deployed.py).
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from infra.contract.shape import REFERENCE, Json, reached, sent
from infra.openapi import DOCUMENT, ROOT
from infra.packaging.table import read

RELEASED = Path(__file__).with_name("released.txt")
WORKFLOW = Path(__file__).with_name("released_workflow.json")
SENT, ANSWERED = "sent", "answered"


def facts(document: Json) -> set[str]:
    """What an app relies on: operations, parameters, answers, members of what is sent and answered, their types."""
    found: set[str] = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            found.update(_operation(f"{method.upper()} {path}", operation))
    for way in (SENT, ANSWERED):
        for name in _reached(document, way):
            found.update(_members(way, name, document["components"]["schemas"][name]))
    return found


def broken(before: set[str], now: set[str]) -> list[str]:
    """What an app that relies on `before` would miss, or be asked for, now."""
    gone = {fact for fact in before - now if not _is_looser(fact, now)}
    known = {fact.rpartition(" ")[0] for fact in before}
    places = {fact.split(" ", 2)[1].partition(".")[0] for fact in before}
    asked = {
        fact
        for fact in now - before
        if fact.startswith((SENT, "parameter")) and fact.endswith(" required")
        if fact.rpartition(" ")[0] not in known and fact.split(" ", 2)[1].partition(".")[0] in places
    }
    return sorted([f"gone: {fact}" for fact in gone] + [f"asked for: {fact}" for fact in asked])


def _is_looser(fact: str, now: set[str]) -> bool:
    """What had to be sent may be left out; what may be left out of an answer is always there."""
    if fact.startswith((SENT, "parameter")) and fact.endswith(" required"):
        return fact.removesuffix("required") + "optional" in now
    return (
        fact.startswith(ANSWERED) and fact.endswith(" optional") and fact.removesuffix("optional") + "required" in now
    )


def _operation(place: str, operation: Json) -> Iterator[str]:
    yield f"operation {operation['operationId']} {place}"
    for parameter in operation.get("parameters", []):
        need = "required" if parameter.get("required") else "optional"
        yield f"parameter {operation['operationId']}.{parameter['name'].lower()} {parameter['in']} {need}"
    for status, response in operation["responses"].items():
        if status[0] == "2":
            told = [_type(content["schema"]) for content in response.get("content", {}).values()]
            yield f"answer {operation['operationId']} {status} {' '.join(told)}".rstrip()


def _members(way: str, name: str, schema: Json) -> Iterator[str]:
    for member, part in schema.get("properties", {}).items():
        need = "required" if member in schema.get("required", []) else "optional"
        yield f"{way} {name}.{member} {_type(part)} {need}"
        for value in part.get("enum", []) if way == SENT else ():
            yield f"{way} {name}.{member} accepts {json.dumps(value)}"
    for one in schema.get("oneOf", []):
        yield f"{way} {name} may be {_type(one)}"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REFERENCE)
    if "anyOf" in schema:
        return "|".join(sorted(_type(one) for one in schema["anyOf"]))
    kind = schema.get("type", "any")
    names = sorted(kind) if isinstance(kind, list) else [kind]
    inner = f"<{_type(schema['items'])}>" if "items" in schema else ""
    return "|".join(f"{one}{inner}" if one == "array" else one for one in names)


def _reached(document: Json, way: str) -> list[str]:
    """The schemas of what is sent, or answered."""
    operations = (operation for item in document["paths"].values() for operation in item.values())
    return sorted(sent(document) if way == SENT else reached(document, [each["responses"] for each in operations]))


def workflow() -> Json:
    """The definition of the state machine that runs rooms; functions are named in it by its substitutions."""
    resources = read(ROOT / "infra" / "resources" / "rooms.yml")["Resources"]
    definition: Json = resources["RoomWorkflow"]["Properties"]["Definition"]
    return definition


def may_break(released: str, version: str) -> bool:
    """Whether a version may break apps of the released one."""
    before, now = ([int(part) for part in each.split(".")] for each in (released, version))
    return now[0] > before[0] or (before[0] == 0 and now[:2] > before[:2])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="a release: what is now is what apps rely on")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    now = facts(json.loads(DOCUMENT.read_text()))
    if parser.parse_args().write:
        RELEASED.write_text("\n".join([version, *sorted(now)]) + "\n")
        WORKFLOW.write_text(json.dumps(workflow(), indent=1) + "\n")
        return 0
    released, *known = RELEASED.read_text().splitlines()
    breaks = broken(set(known), now)
    if breaks and not may_break(released, version):
        sys.stderr.write("\n".join([f"{version} breaks apps of {released}:", *breaks]) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
