"""Answers of a real API, as the contract's examples: `pytest tests/e2e --write-examples` keeps a laptop cloud's."""

import json
from pathlib import Path
from typing import Any

from infra.contract.shape import Json
from shared.coach.training_log import NewWorkout

WITH_NULL = (NewWorkout,)  # FastAPI leaves out what is null in an example
EXAMPLES = Path(__file__).with_name("examples.json")


def add_examples(document: Json) -> None:
    """Give each answer of which there is an example that."""
    for model in WITH_NULL:
        example: Any = model.model_config["json_schema_extra"]
        document["components"]["schemas"][model.__name__]["example"] = example["example"]
    examples: dict[str, dict[str, Any]] = json.loads(EXAMPLES.read_text())
    for item in document["paths"].values():
        for operation in item.values():
            for status, body in examples.get(operation["operationId"], {}).items():
                if status in operation["responses"]:
                    for content in operation["responses"][status].get("content", {}).values():
                        content["example"] = body
