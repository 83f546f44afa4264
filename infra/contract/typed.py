"""What handlers hand on as JSON, because the database has made or checked it, as the schemas that it has."""

from infra.contract.actions import ACTIONS
from infra.contract.events import EVENTS
from infra.contract.problems import Problem
from infra.contract.schemas import schemas_of, union_of
from infra.contract.shape import REFERENCE, Json
from shared.actions.registry import TYPES

UNKNOWN = "A type that a client does not know is to be passed over: there may be more in a later version."
# Members that are typed here: schema, member, the schema that it has.
TYPED = (
    ("ActionData", "action", "Action"),
    ("Problem", "action", "Action"),
    ("StoredPlan", "content", "WorkoutPlan"),
    ("LoggedWorkout", "content", "Workout"),
)


def typed_schemas() -> dict[str, Json]:
    """By name."""
    actions = {name: model.__name__ for name, model in ACTIONS.items()}
    events = {name: model.__name__ for name, model in EVENTS.items()}
    schemas = schemas_of([*EVENTS.values(), *ACTIONS.values(), Problem])
    schemas["Action"] = union_of(actions, f"A proposal and what became of it, by its type. {UNKNOWN}", "action_type")
    schemas["Event"] = union_of(events, f"An event of a stream, by its type. {UNKNOWN}", "type")
    return schemas


def replace(schemas: dict[str, Json], typed: dict[str, Json]) -> None:
    """Put what is typed in the place of what FastAPI says of the same. Raises ValueError: two models have one name."""
    for name, schema in typed.items():
        said = schemas.get(name, {}).get("properties", {}).keys()
        if "properties" in schema and said and said != schema["properties"].keys():
            raise ValueError(f"two models have the name of {name}")
        schemas[name] = schema


def type_members(schemas: dict[str, Json]) -> None:
    """Give members that FastAPI knows only as JSON the schemas that they have."""
    for owner, member, name in TYPED:
        if owner in schemas:
            _retype(schemas[owner]["properties"], member, {"$ref": REFERENCE + name})
    if "Approval" in schemas:
        payloads = [schemas[ACTIONS[kind].__name__]["properties"]["payload"]["$ref"] for kind in TYPES]
        ways = [*({"$ref": reference} for reference in dict.fromkeys(payloads)), {"type": "null"}]
        _retype(schemas["Approval"]["properties"], "edited_payload", {"anyOf": ways})


def _retype(members: Json, name: str, schema: Json) -> None:
    said = {"description": members[name]["description"]} if "description" in members[name] else {}
    members[name] = {**schema, **said}
