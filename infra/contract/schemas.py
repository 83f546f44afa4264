"""JSON Schemas of what the API answers and pushes, by plain names."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import SerSchema

from infra.contract.shape import REFERENCE, Json, nodes

# By the models of shared/training/plan.py, whose names say too little among all others.
RENAMED = {"Plan": "WorkoutPlan", "Session": "PlannedSession", "Exercise": "PlannedExercise", "Entry": "WebhookEntry"}


class _AsStored(GenerateJsonSchema):
    def ser_schema(self, schema: SerSchema) -> JsonSchemaValue | None:
        """A serializer that makes some object of a model's fields says less than the fields."""
        returned: Any = schema.get("return_schema") or {}
        return None if returned.get("type") == "dict" else super().ser_schema(schema)


def schemas_of(models: Sequence[type[BaseModel]]) -> dict[str, Json]:
    """The schemas of models as they are sent, and of all that they are made of."""
    _, made = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template=REFERENCE + "{model}",
        schema_generator=_AsStored,
    )
    schemas: dict[str, Json] = made["$defs"]
    for node in nodes(schemas):
        if isinstance(reference := node.get("$ref"), str):
            node["$ref"] = REFERENCE + _plain(reference.removeprefix(REFERENCE))
    return {_plain(name): schema for name, schema in schemas.items()}


def _plain(name: str) -> str:
    if "__" in name:
        raise ValueError(f"two models have the name of {name}")
    return RENAMED.get(name, name)


def union_of(names: Mapping[str, str], description: str, member: str) -> Json:
    """One of several schemas, by the value of a member."""
    mapping = {value: REFERENCE + name for value, name in names.items()}
    return {
        "description": description,
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": member, "mapping": mapping},
    }
