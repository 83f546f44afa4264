"""Holds every answer of the API against the contract: its status, its headers, each member of its body."""

import json
import re
from functools import cached_property
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from infra.openapi import DOCUMENT

ROOT = "urn:contract"
OF_THE_GATEWAY = {404, 413, 429, 503}  # which it answers itself, in its own form: docs/errors.md


class Contract:
    """The committed OpenAPI document. `answered` has what was seen of each operation."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = json.loads(DOCUMENT.read_text())
        resource = DRAFT202012.create_resource(self._document)
        self._registry: Registry[Any] = Registry().with_resource(ROOT, resource)
        self._validators: dict[str, Draft202012Validator] = {}

    @cached_property
    def _operations(self) -> list[tuple[str, re.Pattern[str], str, dict[str, Any]]]:
        """By method and path, those without parameters first."""
        found = [
            (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path, operation)
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
        ]
        return sorted(found, key=lambda one: one[2].count("{"))

    def check(self, method: str, path: str, answer: httpx.Response) -> tuple[str, Any]:
        """The operation's id and the body. Raises AssertionError where the contract says something else."""
        if method == "OPTIONS":  # a browser's preflight, which the gateway answers
            return "", None
        matches = [one for one in self._operations if one[0] == method and one[1].fullmatch(path)]
        if answer.status_code in OF_THE_GATEWAY and set(_json(answer)) == {"message"}:
            return "", None
        if not matches:
            assert answer.status_code in (204, 404, 405), f"{method} {path} is in no contract"
            return "", None
        _, _, template, operation = matches[0]
        name, status = operation["operationId"], str(answer.status_code)
        assert status in operation["responses"], f"{name} answered {status}: {answer.text[:300]}"
        place = ["paths", template, method.lower(), "responses", status]
        self._check_headers(name, operation["responses"][status], answer)
        return name, self._check_body(name, place, operation["responses"][status], answer)

    def _check_headers(self, name: str, response: dict[str, Any], answer: httpx.Response) -> None:
        for header, told in response["headers"].items():
            schema = self._document["components"]["headers"][told["$ref"].rpartition("/")[2]]
            assert header in answer.headers or not schema.get("required"), f"{name} lacks {header}"
        known = {header.lower() for header in response["headers"]}
        all_known = {header.lower() for item in self._each_response() for header in item["headers"]}
        unknown = {header for header in answer.headers if header in all_known} - known
        assert not unknown, f"{name} {answer.status_code} has {unknown}, of which the contract says nothing"

    def _each_response(self) -> list[dict[str, Any]]:
        return [response for one in self._operations for response in one[3]["responses"].values()]

    def _check_body(self, name: str, place: list[str], response: dict[str, Any], answer: httpx.Response) -> Any:
        if "content" not in response:
            assert not answer.content, f"{name} answered something, where the contract has nothing"
            return None
        (media_type,) = response["content"]
        told = answer.headers["content-type"].partition(";")[0]
        assert told == media_type, f"{name} answered {told}"
        body = answer.json()
        faults = [
            f"{error.json_path}: {error.message[:300]}"
            for error in self._validator([*place, "content", media_type, "schema"]).iter_errors(body)
        ]
        assert not faults, f"{name} {answer.status_code}: {faults}"
        return body

    def _validator(self, place: list[str]) -> Draft202012Validator:
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
        if pointer not in self._validators:
            schema = {"$ref": f"{ROOT}#/{pointer}"}
            self._validators[pointer] = Draft202012Validator(
                schema, registry=self._registry, format_checker=FormatChecker()
            )
        return self._validators[pointer]


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
