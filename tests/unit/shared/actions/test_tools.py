"""The tools that are offered to the model."""

import json
from typing import Any

import pytest

from infra.local.offline_models.protocol.strict_schema import strictness_fault
from shared.actions.registry import TYPES
from shared.actions.tools import tools
from shared.llm.strict_schema import UNSUPPORTED, strict

OFFERED = {"update_profile", "create_workout_plan", "change_workout_plan", "log_workout", "remember", "open_room"}


def test_each_type_that_can_be_carried_out_is_one_strict_tool() -> None:
    functions = [tool["function"] for tool in tools()]
    assert {function["name"] for function in functions} == OFFERED
    assert all(function["strict"] is True for function in functions)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_schema_is_one_that_openai_takes(name: str) -> None:
    schema = strict(TYPES[name].payload.model_json_schema())
    assert strictness_fault(schema) is None
    assert not [word for word in UNSUPPORTED if f'"{word}":' in json.dumps(schema)]


def test_a_property_may_be_called_like_a_keyword() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"title": {"type": "string", "title": "Title"}}}
    assert strict(schema) == {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
        "additionalProperties": False,
    }


def test_the_tools_are_always_in_one_order() -> None:
    assert [tool["function"]["name"] for tool in tools()] == [name for name in TYPES if name in OFFERED]
