from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from infra.local.offline_models.pretend.schema_filling import SchemaError, fill
from infra.local.offline_models.protocol.strict_schema import strictness_fault

QUESTION = "How often should I take a deload week?"


class Level(StrEnum):
    BEGINNER = "beginner"
    ADVANCED = "advanced"


class Exercise(BaseModel):
    name: str = Field(max_length=12)
    sets: int = Field(ge=1, le=10)
    load: float | None
    notes: str = ""


class Plan(BaseModel):
    id: UUID
    title: str = Field(min_length=60)
    kind: Literal["strength", "running"]
    level: Level
    start: date
    public: bool
    step: int = Field(ge=7)
    below: int = Field(le=-3)
    exercises: list[Exercise] = Field(min_length=2)
    labels: dict[str, str]
    anything: Any
    price: Decimal


class Tree(BaseModel):
    label: str
    left: "Tree | None"
    children: list["Tree"]


def test_a_pydantic_model_is_filled_with_values_it_accepts() -> None:
    plan = Plan.model_validate(fill(Plan.model_json_schema(), QUESTION))
    assert plan.exercises == [Exercise(name=QUESTION[:12], sets=1, load=0)] * 2
    assert plan.title == QUESTION.ljust(60, ".")
    assert (plan.kind, plan.level, plan.public) == ("strength", Level.BEGINNER, False)
    assert (plan.step, plan.below) == (7, -3)


def test_only_what_is_required_is_filled() -> None:
    assert "notes" not in fill(Exercise.model_json_schema(), QUESTION)


def test_a_recursive_model_ends_at_its_first_way_out() -> None:
    tree = Tree.model_validate(fill(Tree.model_json_schema(), "oak"))
    assert tree == Tree(label="oak", left=None, children=[])


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/Missing"},
        {"$ref": "https://example.com/schema.json"},
        {"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"},
        {"type": "string", "pattern": "^[0-9]{3}$"},
        {"type": "integer", "multipleOf": 5},
        {"type": "number", "exclusiveMinimum": 0},
        {"enum": []},
        {"type": "object", "properties": ["not", "a", "mapping"]},
    ],
)
def test_what_cannot_be_filled_is_said_to_be_so(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        fill(schema, "word")


def test_a_strict_schema_requires_and_closes_everything() -> None:
    loose = Exercise.model_json_schema()
    assert "additionalProperties" in str(strictness_fault(loose))
    closed = {**loose, "additionalProperties": False}
    closed["properties"]["name"].pop("maxLength")
    closed["properties"]["notes"].pop("default")
    assert "'notes'" in str(strictness_fault(closed))
    assert strictness_fault({**closed, "required": list(Exercise.model_fields)}) is None
    nested = {"type": "object", "additionalProperties": False, "properties": {"x": loose}, "required": ["x"]}
    assert "('properties', 'x')" in str(strictness_fault(nested))
